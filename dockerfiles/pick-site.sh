#!/bin/sh
# Which folder did the build make? DIR, else the first of the usual ones. It becomes ~/site.
set -eu
if [ -n "${DIR:-}" ]; then set -- "$DIR"; else set -- dist build out public _site; fi
for folder in "$@"; do
    if [ -d "$folder" ]; then
        echo "serving the folder $folder"
        mv "$folder" "$HOME/site"
        exit 0
    fi
done
if [ -n "${DIR:-}" ]; then
    echo "the build made no folder $DIR, which [config] dir names" >&2
else
    echo "the build made none of dist, build, out, public, _site; name its folder with [config] dir" >&2
fi
exit 1
