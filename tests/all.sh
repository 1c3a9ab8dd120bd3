#!/usr/bin/env bash
# Is everything as it should be? `make test` and CI run this; it stops at the first step that fails and shows its output.
#   tests/all.sh         everything, on real Docker, real Git servers and a real browser
#   tests/all.sh lint    only what needs no Docker and runs nothing
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin
# An incremental cache is only worth its disk where somebody edits.
if [ "${CI:-}" = true ]; then export CARGO_INCREMENTAL=0; fi

logs=target/test-logs
mkdir -p "$logs"
started=$SECONDS
number=0

# step NAME COMMAND...: quiet when it passes, all its output when it fails.
step() {
    local name=$1 from=$SECONDS log
    shift
    number=$((number + 1))
    log=$logs/$(printf %02d "$number").log
    printf '%-58s' "$number. $name"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%4d s\n' $((SECONDS - from))
    else
        printf 'failed after %d s\n\n' $((SECONDS - from))
        cat "$log"
        printf '\nFailed: %s\n' "$name"
        exit 1
    fi
}

# step_shown NAME COMMAND...: the same, but one sees its output while it runs.
step_shown() {
    local name=$1 from=$SECONDS
    shift
    number=$((number + 1))
    printf '%s\n' "$number. $name"
    if ! "$@" </dev/null 2>&1 | tee "$logs/$(printf %02d "$number").log"; then
        printf '\nFailed: %s\n' "$name"
        exit 1
    fi
    printf '%-58s%4d s\n' "$number. $name" $((SECONDS - from))
}

in_ui() { (cd ui && "$@"); }
# Clippy, documentation, tests and binary ask for the same features (--examples, of which there are none, brings those of
# dev-dependencies): each dependency is then checked once and compiled once.
rust_documents() { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --lib --examples --locked; }
shell_scripts() {
    git ls-files --cached --others --exclude-standard -z | xargs -0 -r grep -lIE '^#!(/usr)?/bin/(env )?(ba)?sh' -- | xargs shellcheck
}

lint() {
    step "dashboard: packages from the lock file, built" make ui
    step "Rust: format" cargo fmt --check
    step "Rust: clippy" cargo clippy --all-targets --locked -- -D warnings
    step "Rust: documentation" rust_documents
    step "shell scripts" shell_scripts
    step "dashboard: types" in_ui npm run typecheck
    step "dashboard: lint" in_ui npm run lint
}

if [ "${1:-}" = lint ]; then
    lint
    exit 0
fi
step_shown "what the tests need" installers/installer-dev.sh --tests
step_shown "base images" installers/base-images.sh
trap 'tests/untouched.sh clear' EXIT
step "what is not Kraken's: listed, a stranger's things planted" tests/untouched.sh begin "$logs/untouched"
lint
step "dashboard: unit tests" in_ui npm test
step "the binary and the tests" cargo test --no-run --locked
step "dashboard: its views of the API are current" in_ui npm run schema -- --check
step "kraken.service" tests/verify-service.sh target/debug/kraken
step_shown "Rust: tests" cargo test --locked
# A package override keeps the dependencies that are there: only kraken itself is built again, optimised.
step_shown "simulation: 20,000 histories of the election" env KRAKEN_SIM_SEEDS=20000 cargo test --locked \
    --config profile.dev.package.kraken.opt-level=2 --test sim -- --nocapture
step "API: schemathesis finds no 500" tests/schemathesis.sh
step_shown "browser: the dashboard against a real agent" in_ui npm run e2e
step_shown "the demo, once" make demo ONCE=1 PROFILE=dev
step_shown "what is not Kraken's is as it was" tests/untouched.sh end "$logs/untouched"
printf '\nEverything passed in %d min %d s.\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))
