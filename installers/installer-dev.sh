#!/usr/bin/env bash
# What does a fresh Debian machine need to build, run and test Kraken?
#
#   installers/installer-dev.sh            what `make demo` needs
#   installers/installer-dev.sh --tests    and what `make test` needs
#
# Installs only what is missing, and says what it does; a second run changes nothing. Runs as root or through sudo.
# What the package tools print goes to ${XDG_CACHE_HOME:-~/.cache}/kraken/installer-dev.log.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
PATH=$HOME/.cargo/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin

cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kraken
log=$cache/installer-dev.log
docker_deadline=60 # seconds for an engine to answer

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    if [ -s "$log" ]; then
        printf '%s\n' "The last lines of $log:" >&2
        tail -n 20 "$log" >&2
    fi
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo --preserve-env=DEBIAN_FRONTEND,LC_ALL -- "$@"; fi; }
has_systemd() { [ -d /run/systemd/system ]; }
is_packaged() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }
# at_least HAVE WANTED: compares versions such as 1.96.0 and 1.95
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# run SENTENCE COMMAND...: one line for a person, everything else into the log.
run() {
    local sentence=$1 started=$SECONDS pid
    shift
    printf '%s ' "$sentence …"
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    while [ -t 1 ] && kill -0 "$pid" 2>/dev/null; do
        printf .
        sleep 2
    done
    if ! wait "$pid"; then
        say "failed"
        return 1
    fi
    say "done ($((SECONDS - started)) s)"
}

wanted=() # Debian packages
want() { if ! is_packaged "$1"; then wanted+=("$1"); fi; }
# want_command COMMAND PACKAGE: any installation of the command will do
want_command() { if ! has "$1"; then wanted+=("$2"); fi; }

rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rust_suffices() {
    has cargo && has rustc && at_least "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)" "$rust_wanted"
}
node_suffices() { has npm && has node && at_least "$(node --version | tr -d v)" 18; }

collect_packages() {
    if ! has dockerd || ! has docker; then
        want docker.io
        # Docker can start no container without its parser where the kernel enforces AppArmor.
        if grep -qs Y /sys/module/apparmor/parameters/enabled; then want apparmor; fi
    fi
    want_command git git
    want_command gcc gcc
    want_command make make
    want_command ar binutils
    want libc6-dev
    want_command pkg-config pkg-config
    want_command perl perl # builds the bundled OpenSSL; perl-base alone lacks the modules
    if has perl && ! perl -MFindBin -MIPC::Cmd -e 1 2>/dev/null; then want perl; fi
    want_command curl curl
    want ca-certificates
    want_command python3 python3-minimal
    if ! python3 -c 'import http.server' 2>/dev/null; then want python3; fi
    want_command debootstrap debootstrap
    want_command iptables iptables
    if [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then want debian-archive-keyring; fi
    if ! node_suffices; then
        want nodejs
        want npm
    fi
    if [ "$tests" = yes ]; then
        want_command chromium chromium
        want_command shellcheck shellcheck
        want_command sshd openssh-server
        want_command ssh openssh-client
        want_command openssl openssl
        want_command busybox busybox-static
        # tests/lab: hosts as namespaces (docs/lab.md), and what its users look with
        want_command ip iproute2
        want_command nsenter util-linux
        want_command avahi-browse avahi-utils
        want_command avahi-daemon avahi-daemon
        want_command dbus-daemon dbus
        want_command tshark tshark
        want_command systemd-analyze systemd
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then want python3-venv; fi
        if ! fc-list 2>/dev/null | grep -q .; then want fonts-dejavu-core; fi
    fi
}

install_packages() {
    if [ ${#wanted[@]} = 0 ]; then return; fi
    has apt-get || fail "This installer knows Debian, Ubuntu and Raspberry Pi OS only. Please install: ${wanted[*]}"
    if [ "$(id -u)" != 0 ] && ! has sudo; then
        fail "Installing needs root and there is no sudo. Run this as root."
    fi
    run "Asking Debian for its package lists" as_root apt-get update || say "Some lists could not be read; going on with the others."
    local masked=()
    # Tests start their own daemons; installing one must not open a port on this machine.
    if has_systemd; then
        if [[ " ${wanted[*]} " == *" openssh-server "* ]]; then masked+=(ssh.service ssh.socket); fi
        if [[ " ${wanted[*]} " == *" avahi-daemon "* ]]; then masked+=(avahi-daemon.service avahi-daemon.socket); fi
        if [ ${#masked[@]} != 0 ]; then as_root systemctl mask "${masked[@]}" >>"$log" 2>&1 || masked=(); fi
    fi
    run "Installing ${wanted[*]}" quiet_install "${wanted[@]}" || fail "Debian's package tool could not install them."
    if [ ${#masked[@]} != 0 ]; then
        say "Some servers are there for tests only; their services are masked. To use them: systemctl unmask ${masked[*]}"
    fi
    if ! has docker && is_offered docker-cli; then
        run "Installing docker-cli" quiet_install docker-cli || fail "docker-cli could not be installed."
    fi
}

# Without systemd a package may start its service by itself; only Docker's is wanted, and that is started below.
quiet_install() {
    local policy=/usr/sbin/policy-rc.d made=no answer=0
    if ! has_systemd && [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 0755 "$policy"
        made=yes
    fi
    as_root apt-get install -y --no-install-recommends "$@" || answer=$?
    if [ "$made" = yes ]; then as_root rm -f "$policy"; fi
    return "$answer"
}

engine_answers() { as_root docker version >/dev/null 2>&1; }

start_docker() {
    if docker version >/dev/null 2>&1; then return; fi
    if [ -n "${DOCKER_HOST:-}" ]; then fail "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST. Start it, or unset DOCKER_HOST."; fi
    if ! engine_answers; then
        if has_systemd; then
            run "Starting Docker" as_root systemctl start docker.service || fail "systemd could not start Docker."
        else
            # Its pid stands in /var/run/docker.pid, its log in /var/log/dockerd.log.
            say "Starting Docker (no systemd here; its log is /var/log/dockerd.log, its pid is in /var/run/docker.pid)"
            as_root sh -c 'setsid dockerd --pidfile /var/run/docker.pid >>/var/log/dockerd.log 2>&1 </dev/null &'
        fi
        run "Waiting for Docker to answer" wait_for_docker || fail_docker
    fi
    allow_docker
}

wait_for_docker() {
    local deadline=$((SECONDS + docker_deadline))
    until engine_answers; do
        if [ "$SECONDS" -ge "$deadline" ]; then return 1; fi
        sleep 0.5
    done
}

fail_docker() {
    if ! has_systemd; then as_root tail -n 20 /var/log/dockerd.log >>"$log"; fi
    fail "Docker did not answer within $docker_deadline s."
}

# Who may speak to Docker is its group.
allow_docker() {
    if docker version >/dev/null 2>&1; then return; fi
    local user
    user=$(id -un)
    if ! id -nG "$user" | grep -qw docker; then
        as_root usermod -aG docker "$user"
        say "You ($user) are in the group docker now, which may do anything on this machine through Docker."
    fi
    say "This terminal does not know your new group yet: log in again, or run: sg docker -c 'make demo'"
}

provide_rust() {
    if rust_suffices; then return; fi
    local host=https://static.rust-lang.org/rustup/dist/ triple
    triple=$(uname -m)-unknown-linux-gnu
    if curl -fsSI --connect-timeout 10 --max-time 30 "$host$triple/rustup-init.sha256" >/dev/null 2>&1; then
        install_rustup "$host$triple" || fail "Rust could not be installed by rustup."
    elif is_offered rustc-web && at_least "$(apt-cache madison rustc-web | awk '{ print $3 }' | sort -V | tail -n 1)" "$rust_wanted"; then
        run "Installing Debian's own Rust (rustup cannot be reached)" quiet_install rustc-web cargo-web rust-web-clippy rustfmt-web ||
            fail "Debian's Rust could not be installed."
    else
        fail "Rust $rust_wanted or newer is needed; neither rustup nor a package that new can be reached."
    fi
    rust_suffices || fail "Rust was installed, yet cargo and rustc $rust_wanted do not answer."
}

# The version the code was written for: a newer clippy has newer opinions.
install_rustup() {
    local folder digest answer=0
    if has rustup; then
        run "Fetching Rust $rust_wanted" rustup toolchain install "$rust_wanted" --profile minimal --component clippy --component rustfmt || return 1
        rust_suffices || fail "Your default Rust is older than $rust_wanted. Run: rustup default $rust_wanted"
        return
    fi
    folder=$(mktemp -d)
    {
        curl -fsS --max-time 300 -o "$folder/rustup-init" "$1/rustup-init" &&
            digest=$(curl -fsS --max-time 60 "$1/rustup-init.sha256" | cut -c 1-64) &&
            printf '%s  %s\n' "$digest" "$folder/rustup-init" | sha256sum --check --quiet &&
            chmod +x "$folder/rustup-init" &&
            run "Installing Rust $rust_wanted with rustup, into ~/.cargo and ~/.rustup" \
                "$folder/rustup-init" -y --no-modify-path --default-toolchain "$rust_wanted" --profile minimal --component clippy --component rustfmt
    } || answer=$?
    rm -rf "$folder"
    return "$answer"
}

tests=no
case ${1:-} in
    "") ;;
    --tests) tests=yes ;;
    *) fail "Usage: installers/installer-dev.sh [--tests]" ;;
esac
mkdir -p "$cache"
: >"$log"
started=$SECONDS
collect_packages
install_packages
node_suffices || fail "Node 18 or newer and npm are needed; this machine has $(node --version 2>&1 || true)."
provide_rust
start_docker
say "Everything is here: Docker $(as_root docker version --format '{{.Server.Version}}'), $(git --version | cut -d ' ' -f 1,3)," \
    "Rust $(rustc --version | cut -d ' ' -f 2), Node $(node --version) ($((SECONDS - started)) s)."
