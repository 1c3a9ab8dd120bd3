#!/bin/sh
# How are a Python app's packages installed? Into an environment of its own, before the source is copied where that is
# possible, so that Docker's cache keeps them until a manifest changes. Runs as the app's user, in its folder.
#   install-python.sh early    before the source is there
#   install-python.sh late     with the source: what could not be done early, then BUILD
set -eu
noted=$HOME/.packages-are-installed # outside the app's folder

# Lines such as `-e .`, `./wheels/x.whl` or `-r base/common.txt` need the source.
needs_source() { grep -qE '^[[:space:]]*(-[erc]|--(editable|requirement|constraint|find-links)|\.|/)|@ *file:' requirements.txt; }

from_requirements() {
    pip install --requirement requirements.txt
    touch "$noted"
}

# The exact versions of uv's lock file, without the app itself.
from_uv_lock() {
    pip install uv
    uv export --quiet --frozen --no-dev --no-emit-project --output-file /tmp/locked.txt
    pip install --requirement /tmp/locked.txt
    rm /tmp/locked.txt
    touch "$noted"
}

# What pyproject.toml names under [project] dependencies; nothing where another tool keeps them elsewhere.
from_project() {
    python -c 'import tomllib' 2>/dev/null || pip install tomli # Python before 3.11
    python -c '
try:
    import tomllib
except ImportError:
    import tomli as tomllib
with open("pyproject.toml", "rb") as file:
    print("\n".join(tomllib.load(file).get("project", {}).get("dependencies", [])))' >/tmp/wanted.txt
    if grep -q . /tmp/wanted.txt && ! grep -q '@ *file:' /tmp/wanted.txt; then
        pip install --requirement /tmp/wanted.txt
        touch "$noted"
    fi
    rm /tmp/wanted.txt
}

case $1 in
    early)
        python3 -m venv "$VIRTUAL_ENV"
        if [ -f requirements.txt ]; then
            if ! needs_source; then from_requirements; fi
        elif [ -f uv.lock ]; then
            from_uv_lock
        elif [ -f pyproject.toml ]; then
            from_project
        fi
        ;;
    late)
        if [ -f requirements.txt ]; then
            if [ ! -f "$noted" ]; then from_requirements; fi
        elif [ -f pyproject.toml ] && grep -q '^\[build-system\]' pyproject.toml; then
            # With its packages already here, only the app itself is missing.
            if [ -f "$noted" ]; then pip install --no-deps .; else pip install .; fi
        fi
        if [ -n "${BUILD:-}" ]; then sh -c "$BUILD"; fi
        ;;
esac
