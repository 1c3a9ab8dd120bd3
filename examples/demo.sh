#!/usr/bin/env bash
# What does Kraken do? `make demo` shows it: one node, one app, from a Git address to a page in the browser.
#
#   make demo           stays up until Ctrl-C
#   make demo ONCE=1    fetches the app, shows its answer, stops everything
#   PROFILE=dev         a quicker build of a slower program
#
# Everything it starts lives in one scratch folder and is stopped by its own pid; the node's containers and volumes go with it.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin

app=hello-node
profile=${PROFILE:-release}
kraken=target/$([ "$profile" = dev ] && echo debug || echo "$profile")/kraken
deadline_agent=30   # seconds until the agent answers
deadline_answer=60  # and until the app does, once it is deployed
started=$SECONDS
scratch=
agent=
node=
git_host=
deployed=no

say() { printf '%s\n' "$*"; }
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() {
    printf '\n%s\n' "The demo failed: $*" >&2
    if [ -n "$scratch" ] && [ -s "$scratch/agent.log" ]; then
        printf '%s\n' "The last lines of the agent's log:" >&2
        tail -n 30 "$scratch/agent.log" >&2
    fi
    exit 1
}
ask() { "$kraken" --data "$scratch/data" "$@"; }

# json KEY...: the value below these keys, each at any depth below the one before; nothing where there is none.
json() {
    python3 -c '
import json, sys
def find(value, key):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and value.get(key) is not None:
        return value[key]
    return next((found for found in (find(one, key) for one in inner) if found is not None), None)
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = find(value, key)
print("" if value is None else value)' "$@"
}

# end PID SECONDS: asks it to stop, and insists after so many seconds.
end() {
    local deadline=$((SECONDS + $2))
    kill -TERM "$1" 2>/dev/null || return 0
    while kill -0 "$1" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then kill -KILL "$1" 2>/dev/null || true; fi
        sleep 0.1
    done
    wait "$1" 2>/dev/null || true
}

# The node is gone for good: so is what it left in Docker, found by its own label.
forget_node() {
    local own="label=kraken.node=$node"
    docker ps --all --quiet --filter "$own" | xargs -r docker rm --force >/dev/null || true
    docker network ls --quiet --filter "$own" | xargs -r docker network rm >/dev/null || true
    docker volume ls --quiet --filter "$own" | xargs -r docker volume rm >/dev/null || true
    docker image ls --quiet --filter "$own" | sort -u | xargs -r docker rmi --force >/dev/null || true
}

clean_up() {
    local answer=$?
    trap - EXIT INT TERM HUP
    if [ "$deployed" = yes ] && kill -0 "$agent" 2>/dev/null; then
        say "Stopping: the app's container and what it kept are removed."
        timeout 60 "$kraken" --data "$scratch/data" destroy "$app" --now --yes >>"$scratch/agent.log" 2>&1 ||
            say "The app could not be removed; see: docker ps --filter label=kraken.app=$app"
    fi
    if [ -n "$agent" ]; then end "$agent" 20; fi
    if [ -n "$node" ]; then forget_node; fi
    if [ -n "$git_host" ]; then end "$git_host" 5; fi
    if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
    exit "$answer"
}

# In a terminal that does not know its user is in the group docker yet, the rest runs in one that does.
join_docker_group() {
    if docker version >/dev/null 2>&1 || [ "${KRAKEN_DEMO_REGROUPED:-}" = 1 ]; then return; fi
    if getent group docker | cut -d : -f 4 | tr , '\n' | grep -qx "$(id -un)"; then
        export KRAKEN_DEMO_REGROUPED=1
        exec sg docker -c "$(printf '%q ' "$0")"
    fi
}

start_agent() {
    mkdir -p "$scratch/data"
    chmod 0700 "$scratch/data"
    # In a session of its own: Ctrl-C is for this script, which first has the app removed.
    setsid "$kraken" agent --data "$scratch/data" >"$scratch/agent.log" 2>&1 &
    agent=$!
    local deadline=$((SECONDS + deadline_agent))
    until ask apps >/dev/null 2>&1; do
        if ! kill -0 "$agent" 2>/dev/null; then fail "the agent ended."; fi
        if [ "$SECONDS" -ge "$deadline" ]; then fail "the agent did not answer within $deadline_agent s."; fi
        sleep 0.2
    done
    node=$(ask nodes --json | json id)
}

# Turns the example into a repository and serves it as a Git host would.
start_git_host() {
    local source=$scratch/source
    cp -R "examples/$app" "$source"
    git -C "$source" init --quiet --initial-branch main
    git -C "$source" add --all
    git -C "$source" -c user.name=Demo -c user.email=demo@localhost -c commit.gpgSign=false commit --quiet -m "$app: first version"
    git clone --quiet --bare "$source" "$scratch/repositories/$app.git"
    setsid python3 examples/serve-git.py "$scratch/repositories" "$scratch/git-port" >"$scratch/git.log" 2>&1 &
    git_host=$!
    local deadline=$((SECONDS + 10))
    until [ -s "$scratch/git-port" ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then fail "the Git server did not start: $(cat "$scratch/git.log")"; fi
        sleep 0.1
    done
    url=http://127.0.0.1:$(cat "$scratch/git-port")/$app.git
}

fetch_app() {
    curl --silent --show-error --fail --max-time 10 --retry 5 --retry-connrefused --retry-max-time "$deadline_answer" "$1"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step "What this machine needs"
installers/installer-dev.sh
join_docker_group
installers/base-images.sh

step "The dashboard and the program"
make --no-print-directory build PROFILE="$profile"

step "A node of its own"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kraken-demo.XXXXXX")
start_agent
start_git_host
say "The agent runs (pid $agent); its data and its log are in $scratch."

step "Deploying $url"
deployed=yes
ask deploy "$url" --wait 15m || fail "the app was not deployed."
app_json=$(ask status "$app" --json)
local_address=$(json addresses localhost <<<"$app_json")
port=$(json addresses port <<<"$app_json")
if [ -z "$local_address" ] || [ -z "$port" ]; then fail "the app has no address."; fi
page=$(fetch_app "http://127.0.0.1:$port") || fail "the app does not answer at http://127.0.0.1:$port."
fetch_app "$local_address" >/dev/null || fail "the app does not answer at $local_address."

step "It runs ($((SECONDS - started)) s since the start)"
if [ "${ONCE:-}" = 1 ]; then
    say "http://127.0.0.1:$port answers:"
    printf '%s\n' "$page" | sed -nE 's,^ *<(h1|p)>(.*)</.*,    \2,p; s,^ *<dt>(.*)</dt><dd>(.*)</dd>.*,    \1: \2,p'
    case $page in *"Hello from $app"*) ;; *) fail "that is not the app's answer." ;; esac
    exit 0
fi
link=$(ask login | grep -oE 'https?://[^ ]+' | head -n 1) || fail "there is no sign-in link."
say "The app         $local_address"
say "                http://127.0.0.1:$port"
say "The dashboard   ${link%%/#*}"
say "Sign in, once   $link"
say ""
say "Ctrl-C stops everything."
wait "$agent" || fail "the agent ended."
