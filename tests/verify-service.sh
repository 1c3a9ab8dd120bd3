#!/bin/sh
# Would systemd take kraken.service? systemd-analyze also asks for the program it starts, so the check runs in a folder that
# looks like a machine after installing: the unit and the binary at their places, beside systemd's own units.
#   tests/verify-service.sh BINARY
set -eu
binary=$1
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
units=$(dirname "$(find /usr/lib/systemd/system /lib/systemd/system -name sysinit.target 2>/dev/null | head -n 1)")
install -D -m 0755 "$binary" "$root/usr/bin/kraken"
install -D -m 0644 kraken.service "$root/etc/systemd/system/kraken.service"
mkdir -p "$root/usr/lib/systemd"
cp -R "$units" "$root/usr/lib/systemd/system"
ln -s usr/lib "$root/lib"
# A misspelt setting is only a warning to systemd: it would run without that protection. Here it is a failure.
answer=0
said=$(systemd-analyze verify --man=no --root="$root" kraken.service 2>&1) || answer=$?
if [ "$answer" != 0 ] || [ -n "$said" ]; then
    printf '%s\n' "systemd would not take kraken.service as it is:" "$said" >&2
    exit 1
fi
