#!/bin/sh
# How is nginx told what to serve? From static.nginx.conf, with PORT and SPA filled in. Runs as root while an image is built.
set -eu
case $PORT in
    "" | *[!0-9]*) echo "PORT=$PORT is not a number from 1 to 65535" >&2 && exit 1 ;;
esac
# Unknown paths: the app's own page finds its way from the address, or there is nothing.
if [ "${SPA:-}" = 1 ]; then unknown=/index.html; else unknown='=404'; fi
sed -e "s,@PORT@,$PORT," -e "s,@UNKNOWN@,$unknown," /usr/local/lib/kraken/static.nginx.conf >/etc/nginx/site.conf
mkdir -p /srv/site
nginx -t -c /etc/nginx/site.conf
rm -rf /tmp/nginx* # made by the check, as root

# Paths are split at spaces only: a star in one is a star.
set -f
for path in ${VOLUMES:-}; do
    mkdir -p -- "$path"
    chown 10001:10001 -- "$path"
done
