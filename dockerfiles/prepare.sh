#!/bin/sh
# Who does an app run as, and what must be there before it is installed? Runs as root while an image is built.
#   PACKAGES  Debian packages, space-separated
#   VOLUMES   absolute paths, space-separated; Docker copies the owner of a folder into the empty volume mounted on it
set -eu

# A fixed number: files in a volume keep their owner when the base image changes.
useradd --uid 10001 --user-group --create-home --shell /bin/sh app
install -d -o app -g app /app

if [ -n "${PACKAGES:-}" ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    # shellcheck disable=SC2086 # a list
    apt-get install -y --no-install-recommends -- $PACKAGES
    rm -rf /var/lib/apt/lists/*
fi

# Paths are split at spaces only: a star in one is a star.
set -f
for path in ${VOLUMES:-}; do
    mkdir -p -- "$path"
    chown app:app -- "$path"
done
