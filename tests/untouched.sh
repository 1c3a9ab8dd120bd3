#!/usr/bin/env bash
# Is everything on this machine's Docker that is not Kraken's the same after the tests as before?
#   tests/untouched.sh begin FOLDER     plants a container, an image, a network and a volume of a stranger, and lists what is there
#   tests/untouched.sh end FOLDER       lists again, takes the stranger's things away, and fails if anything differs
#   tests/untouched.sh clear            only takes them away
# Not Kraken's is what has no label kraken.node. Beside Docker's objects the machine's links and mounts are compared. Of images
# without a name only the stranger's counts: the others are the cache of builds, which goes with the last image made from it.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C DOCKER_BUILDKIT=0
task=${1:?begin, end or clear}
folder=${2-}
stranger=not-of-kraken
image=$stranger:1

# The image all tests against Docker start from; they would make it themselves.
make_tiny() {
    if docker image inspect kraken-test/tiny:1 >/dev/null 2>&1; then return; fi
    local context
    context=$(mktemp -d)
    cp tests/support/tiny/Dockerfile "$(command -v busybox)" "$context"
    docker build --quiet --force-rm --tag kraken-test/tiny:1 "$context" >/dev/null
    rm -r "$context"
}

# From archives, so that nothing is pulled, built or cached.
plant() {
    uproot
    local archive
    archive=$(mktemp)
    tar --create --directory "$(dirname "$(command -v busybox)")" --file "$archive" busybox
    docker import --change 'CMD ["/busybox","sleep","86400"]' "$archive" "$image" >/dev/null
    docker import --change "LABEL $stranger=nameless" "$archive" >/dev/null
    rm "$archive"
    docker volume create "$stranger" >/dev/null
    # Of the addresses for tests (RFC 2544), away from those the tests take.
    docker network create --subnet 198.19.255.240/28 "$stranger" >/dev/null
    docker run --detach --name "$stranger" --network "$stranger" --volume "$stranger:/kept" "$image" >/dev/null
}

uproot() {
    docker rm --force "$stranger" >/dev/null 2>&1 || true
    docker network rm "$stranger" >/dev/null 2>&1 || true
    docker volume rm "$stranger" >/dev/null 2>&1 || true
    docker image ls --quiet --filter "label=$stranger" | xargs -r docker image rm "$image" >/dev/null 2>&1 || true
}

# foreign KIND: reads "NAME<tab>label of Kraken", prints the names of those without.
foreign() { awk -F '\t' -v kind="$1" '$2 == "" || $2 == "<no value>" { print kind, $1 }'; }
inspected() { xargs -r docker inspect --type "$1" --format "$2" 2>/dev/null || true; }

# One line each. What comes and goes with containers is left out: their ends of links, their layers, their namespaces.
list() {
    local node='{{with .Config.Labels}}{{index . "kraken.node"}}{{end}}'
    docker ps --all --quiet --no-trunc |
        inspected container "{{.Id}} {{.Name}} {{.State.Status}}{{\"\\t\"}}$node" | foreign container
    { docker image ls --quiet --no-trunc --filter dangling=false && docker image ls --quiet --no-trunc --filter "label=$stranger"; } |
        sort -u | inspected image "{{.Id}}{{range .RepoTags}} {{.}}{{end}}{{\"\\t\"}}$node" | foreign image
    docker network ls --quiet --no-trunc |
        inspected network '{{.Id}} {{.Name}}{{"\t"}}{{with .Labels}}{{index . "kraken.node"}}{{end}}' | foreign network
    docker volume ls --quiet |
        inspected volume '{{.Name}} {{.CreatedAt}}{{"\t"}}{{with .Labels}}{{index . "kraken.node"}}{{end}}' | foreign volume
    ip -oneline link | awk -F ': ' '{ sub(/@.*/, "", $2); print "link", $2 }' | grep -vE '^link (veth|kraken-)' || true
    awk '{ print "mount", $2 }' /proc/self/mounts | grep -vE '^mount (.*/overlay2/|/run/docker/netns/|/var/lib/docker/containers/)' || true
}

case $task in
    begin)
        mkdir -p "$folder"
        make_tiny
        plant
        list | sort >"$folder/before"
        ;;
    end)
        list | sort >"$folder/after"
        uproot
        lost=$(comm -23 "$folder/before" "$folder/after")
        left=$(comm -13 "$folder/before" "$folder/after")
        if [ -n "$lost" ]; then printf '%s\n' "This was not Kraken's, and the tests removed or changed it:" "$lost" ""; fi
        if [ -n "$left" ]; then printf '%s\n' "This was not there before, and the tests left it behind:" "$left" ""; fi
        if [ -n "$lost$left" ]; then
            printf '%s\n' "Only if something else used this machine's Docker meanwhile: run it again."
            exit 1
        fi
        printf '%s\n' "The same as before: $(cut -d ' ' -f 1 "$folder/before" | sort | uniq -c | awk '{ printf "%s%s %ss", sep, $1, $2; sep = ", " }')."
        ;;
    clear) uproot ;;
    *) echo "begin, end or clear, not $task" >&2 && exit 2 ;;
esac
