#!/usr/bin/env bash
# Does any request that the OpenAPI document allows, or forbids, bring a 500? Schemathesis asks a real agent, for a few minutes at most.
#   tests/schemathesis.sh [BINARY]      default: target/debug/kraken; needs Docker, Python 3 and PyPI
# EXAMPLES (default 20) is the most requests tried for each operation and phase.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/debug/kraken}")
examples=${EXAMPLES:-20}
release=4.32.5 # another one asks other questions
tools=${XDG_CACHE_HOME:-$HOME/.cache}/kraken/schemathesis-$release

if [ ! -e "$tools/ready" ]; then
    echo "schemathesis: installing $release from PyPI"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$release"
    touch "$tools/ready"
fi

data=$(mktemp -d)
agent=
clean_up() {
    if [ -n "$agent" ]; then
        kill "$agent" 2>/dev/null || true
        wait "$agent" 2>/dev/null || true
    fi
    if [ -n "${node:-}" ]; then
        # Only what carries this node's label.
        docker ps -aq --filter "label=kraken.node=$node" | xargs -r docker rm -f >/dev/null
        docker network ls -q --filter "label=kraken.node=$node" | xargs -r docker network rm >/dev/null
        docker volume ls -q --filter "label=kraken.node=$node" | xargs -r docker volume rm >/dev/null
        docker images -q --filter "label=kraken.node=$node" | sort -u | xargs -r docker rmi -f >/dev/null
    fi
    rm -rf "$data"
}
trap clean_up EXIT

kraken() { "$binary" --data "$data" "$@"; }

"$binary" agent --data "$data" --bind 127.0.0.1 --api-port 0 --ingress-port 0 --link-port 0 2>"$data/agent.log" &
agent=$!
for _ in $(seq 300); do
    if kraken --json nodes >"$data/nodes.json" 2>/dev/null; then break; fi
    kill -0 "$agent" || { cat "$data/agent.log" && exit 1; }
    sleep 0.1
done
node=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["id"])' "$data/nodes.json")
url=$(kraken login 2>/dev/null | head -n 1)
url=${url%%/#*}
token=$(kraken token create schemathesis --scope admin 2>/dev/null | head -n 1)
kraken openapi >"$data/openapi.json"
# An app to ask about, turned off at once so that nothing has to run.
mkdir "$data/web"
printf '[app]\nname = "web"\n[config]\nlang = "static"\n' >"$data/web/shipwreck.toml"
echo hello >"$data/web/index.html"
kraken deploy "$data/web" --detach >/dev/null 2>&1
kraken stop web >/dev/null 2>&1

cat >"$data/packed.py" <<'PYTHON'
import schemathesis

@schemathesis.serializer("application/gzip")
def packed(context, value):
    """What an upload is made of: anything, which is hardly ever an archive."""
    return value if isinstance(value, bytes) else str(value).encode()
PYTHON
# The stream of events never ends.
cd "$data"
SCHEMATHESIS_HOOKS=packed "$tools/bin/schemathesis" run openapi.json --url "$url" -H "Authorization: Bearer $token" \
    --checks not_a_server_error --phases examples,coverage,fuzzing --max-examples "$examples" --seed 1 --continue-on-failure \
    --request-timeout 30 --exclude-path /api/v1/events --warnings off --suppress-health-check all
kill -0 "$agent" || { cat "$data/agent.log" && exit 1; }
if grep -a panicked "$data/agent.log"; then exit 1; fi
