#!/usr/bin/env bash
# Which images do our dockerfiles build on, and what if no registry has them?
#
#   installers/base-images.sh [IMAGE...]      all of them, or only those named
#
# Each image is pulled. Where the pull fails, it is made here from Debian packages (debootstrap), and Node and npm from the
# npm registry's own packages, under the name that dockerfiles/ use and with the label kraken.base=local. A name that is
# already taken is never given to another image. What was made is kept in ${XDG_CACHE_HOME:-~/.cache}/kraken, so that the
# next engine gets it in seconds; nothing depends on it being there.
#
# DOCKER_HOST says which engine (default: the local one).
set -euo pipefail
export LC_ALL=C DOCKER_BUILDKIT=0 DEBIAN_FRONTEND=noninteractive

suite=bookworm
node=22      # dockerfiles/node.dockerfile, dockerfiles/static-build.dockerfile
python=3.11  # dockerfiles/python3.dockerfile: what Debian 12 has
debian_image=debian:$suite-slim
node_image=node:$node-$suite-slim
python_image=python:$python-slim-$suite
nginx_image=nginx:stable # dockerfiles/static.dockerfile
fresh_days=30            # older copies in the cache lack security updates

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kraken/base-images
log=$cache/log
registry_answers=yes

say() { printf '%s\n' "base images: $*"; }
fail() {
    printf '%s\n' "base images: $*" "The last lines of $log:" >&2
    tail -n 15 "$log" >&2 || true
    exit 1
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi; }
clean_up() {
    rm -rf "$scratch"
    if [ -n "$root" ]; then as_root rm -rf --one-file-system "$root"; fi
}
exists() { docker image inspect "$1" >/dev/null 2>&1; }
size_of() { docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%d MB", $1 / 1000000 }'; }

# One pull per image; once nothing answers at all, the others are not tried.
pull() {
    [ "$registry_answers" = yes ] || return 1
    say "pulling $1"
    local answer
    if answer=$(timeout 900 docker pull "$1" 2>&1); then return 0; fi
    printf '%s\n' "$answer" >>"$log"
    case $answer in
        *"manifest unknown"* | *"not found"* | *denied*) ;;
        *)
            registry_answers=no
            say "no image registry answers; the images are made here from Debian packages"
            ;;
    esac
    return 1
}

# The certificates this machine trusts: behind a proxy with its own CA, npm and pip would trust nobody inside a build.
ca_bundle() {
    local file
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
        if [ -n "$file" ] && [ -s "$file" ]; then printf '%s' "$file" && return; fi
    done
    fail "this machine has no certificate bundle. Install the package ca-certificates, then run this again."
}

# The mirror this machine's own apt uses, unless it needs a password: an image is no place for one.
debian_mirror() {
    local mirror
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -nE 's,^(deb +(\[[^]]*\] +)?|URIs: *)(https?://[^ ]*/debian)/?( .*)?$,\3,p' | head -n 1)
    case $mirror in
        "" | *@*) printf 'http://deb.debian.org/debian' ;;
        *) printf '%s' "$mirror" ;;
    esac
}

# A registry address set on this machine, for builds; none where it is the public one or carries a password.
npm_registry() {
    local url
    url=$(npm config get registry 2>/dev/null || true)
    case $url in http*@*) ;; https://registry.npmjs.org/) ;; http*) printf 'registry=%s\n' "$url" ;; esac
}
pip_index() {
    local url=${PIP_INDEX_URL:-}
    [ -n "$url" ] || url=$(python3 -m pip config get global.index-url 2>/dev/null || true)
    case $url in http*@*) ;; http*) printf '[global]\nindex-url = %s\n' "$url" ;; esac
}

# Another script, CA bundle or registry address makes another image.
cache_key() {
    { cat "$0" "$(ca_bundle)"; npm_registry; pip_index; debian_mirror; uname -m; } | sha256sum | cut -c 1-16
}

is_fresh() { [ -s "$1" ] && [ -z "$(find "$1" -mtime "+$fresh_days")" ]; }
cached_file() { printf '%s/%s/%s.tar' "$cache" "$key" "${1//[:\/]/_}"; }

# Gives image $2 the name $1, unless somebody took the name meanwhile.
name_image() {
    if ! exists "$1"; then docker tag "$2" "$1"; fi
}

keep_in_cache() {
    local file
    file=$(cached_file "$1")
    mkdir -p "$(dirname "$file")"
    # By id, not by name: loading a named image would take the name over.
    if docker image inspect --format '{{.Id}}' "$1" >"$file.id.part" &&
        docker save --output "$file.part" "$(cat "$file.id.part")"; then
        mv "$file.part" "$file" && mv "$file.id.part" "$file.id"
    else
        rm -f "$file.part" "$file.id.part"
        say "no room to keep $1 in $cache; it will be made again next time"
    fi
}

load_from_cache() {
    local file
    file=$(cached_file "$1")
    if is_fresh "$file" && docker load --input "$file" >>"$log" 2>&1 && exists "$(cat "$file.id")"; then
        name_image "$1" "$(cat "$file.id")"
        exists "$1"
    else
        return 1
    fi
}

# Debian's smallest system, unpacked from packages into $root: the bottom layer of all images.
unpack_debian() {
    command -v debootstrap >/dev/null || fail "debootstrap is not installed. Run installers/installer-dev.sh first."
    local mirror
    mirror=$(debian_mirror)
    say "unpacking Debian $suite from $mirror (about half a minute)"
    # Not in /tmp, which may be mounted without devices or programs.
    root=$(mktemp -d /var/tmp/kraken-rootfs.XXXXXX)
    as_root debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >>"$log" 2>&1 ||
        fail "debootstrap could not unpack Debian from $mirror. Is that address reachable?"
    trim "$mirror"
}

# Drops what no container reads, as Debian's own slim images do, and adds updates and this machine's certificates.
trim() {
    local mirror=$1 unread='doc man info locale' folder
    as_root tee "$root/etc/apt/sources.list" >/dev/null <<LIST
deb $mirror $suite main
deb $mirror $suite-updates main
deb ${mirror%/debian}/debian-security $suite-security main
LIST
    for folder in $unread; do
        as_root rm -rf "$root/usr/share/$folder"
        printf 'path-exclude /usr/share/%s/*\n' "$folder"
    done | as_root tee "$root/etc/dpkg/dpkg.cfg.d/slim" >/dev/null
    printf '%s\n' 'APT::Install-Recommends "false";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' |
        as_root tee "$root/etc/apt/apt.conf.d/slim" >/dev/null
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$root/usr/sbin/policy-rc.d" >/dev/null
    as_root chmod 0755 "$root/usr/sbin/policy-rc.d"
    as_root rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root/etc/hostname" "$root/etc/resolv.conf"
    find /usr/local/share/ca-certificates -maxdepth 1 -name '*.crt' 2>/dev/null |
        while read -r file; do as_root install -m 0644 "$file" "$root/usr/local/share/ca-certificates/"; done
    as_root install -m 0644 "$(ca_bundle)" "$root/etc/ssl/certs/ca-certificates.crt"
}

make_debian() {
    unpack_debian
    local bundle=/etc/ssl/certs/ca-certificates.crt id
    id=$(as_root tar --numeric-owner -C "$root" -c . | docker import \
        --change 'LABEL kraken.base=local' --change 'CMD ["bash"]' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8' \
        --change "ENV SSL_CERT_FILE=$bundle NODE_EXTRA_CA_CERTS=$bundle PIP_CERT=$bundle REQUESTS_CA_BUNDLE=$bundle" \
        --message "Debian $suite from packages" - 2>>"$log") || fail "docker could not import the Debian system."
    name_image "$debian_image" "$id"
    as_root rm -rf --one-file-system "$root"
    root=
}

# build CONTEXT NAME: builds CONTEXT/Dockerfile and names the result.
build() {
    docker build --quiet --force-rm --label kraken.base=local --iidfile "$1.id" "$1" >>"$log" 2>&1 ||
        fail "building $2 failed."
    name_image "$2" "$(cat "$1.id")"
}

make_node() {
    local context arch package tarball
    case $(docker version --format '{{.Server.Arch}}') in
        amd64) arch=x64 ;; arm64) arch=arm64 ;;
        *) fail "Node's binaries on the npm registry are for amd64 and arm64 only. On this machine $node_image must be pulled." ;;
    esac
    context=$scratch/node
    mkdir -p "$context"
    for package in "node-linux-$arch@$node" npm@10; do
        tarball=$(cd "$scratch" && npm pack --silent "$package" 2>>"$log" | tail -n 1) || fail "npm could not fetch $package."
        mkdir -p "$context/${package%%@*}"
        tar -xzf "$scratch/$tarball" -C "$context/${package%%@*}" --strip-components 1 --no-same-owner
    done
    mkdir -p "$context/local/bin" "$context/local/lib/node_modules" "$context/local/etc"
    mv "$context/node-linux-$arch/bin/node" "$context/local/bin/node"
    mv "$context/node-linux-$arch/include" "$context/local/include"
    mv "$context/npm" "$context/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$context/local/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$context/local/bin/npx"
    # node-gyp would fetch the headers from nodejs.org; here they are.
    { npm_registry; echo 'nodedir=/usr/local'; } >"$context/local/etc/npmrc"
    chmod -R u=rwX,go=rX "$context/local"
    rm -rf "$context/node-linux-$arch"
    printf '%s\n' "FROM $debian_image" 'COPY local /usr/local/' 'RUN node --version && npm --version' 'CMD ["node"]' \
        >"$context/Dockerfile"
    build "$context" "$node_image"
}

make_python() {
    local context=$scratch/python
    mkdir -p "$context"
    pip_index >"$context/pip.conf"
    printf '%s\n' "FROM $debian_image" \
        'RUN apt-get update && apt-get install -y python3 python3-venv python3-pip && rm -rf /var/lib/apt/lists/*' \
        'RUN ln -s /usr/bin/python3 /usr/local/bin/python && python --version' \
        'COPY pip.conf /etc/pip.conf' 'CMD ["python3"]' >"$context/Dockerfile"
    build "$context" "$python_image"
}

make_nginx() {
    local context=$scratch/nginx
    mkdir -p "$context"
    printf '%s\n' "FROM $debian_image" \
        'RUN apt-get update && apt-get install -y nginx-light && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/*' \
        'RUN ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log' \
        'STOPSIGNAL SIGQUIT' 'CMD ["nginx", "-g", "daemon off;"]' >"$context/Dockerfile"
    build "$context" "$nginx_image"
}

make() {
    case $1 in
        "$debian_image") make_debian ;;
        "$node_image") make_node ;;
        "$python_image") make_python ;;
        "$nginx_image") make_nginx ;;
        *) fail "$1 is none of our base images; they are $debian_image $node_image $python_image $nginx_image." ;;
    esac
}

provide() {
    local image=$1 started=$SECONDS how
    if exists "$image"; then return; fi
    if pull "$image"; then
        how=pulled
    elif load_from_cache "$image"; then
        how="from the cache"
    else
        say "making $image"
        [ "$image" = "$debian_image" ] || provide "$debian_image"
        make "$image"
        keep_in_cache "$image"
        how="made here"
    fi
    say "$image is ready ($how, $(size_of "$image"), $((SECONDS - started)) s)"
}

mkdir -p "$cache"
docker version >/dev/null 2>&1 || {
    say "no Docker engine answers${DOCKER_HOST:+ at $DOCKER_HOST}. Run installers/installer-dev.sh first." >&2
    exit 1
}
[ $# -gt 0 ] || set -- "$debian_image" "$node_image" "$python_image" "$nginx_image"
missing=no
for image in "$@"; do exists "$image" || missing=yes; done
if [ "$missing" = no ]; then
    say "all $# are here"
    exit 0
fi
: >"$log"
key=$(cache_key)
root=
scratch=$(mktemp -d)
trap clean_up EXIT
for image in "$@"; do provide "$image"; done
# Copies made by an earlier form of this script, or with other certificates, serve nobody.
find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name "$key" -mtime "+$fresh_days" -exec rm -rf {} +
