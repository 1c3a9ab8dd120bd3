#!/bin/sh
# Serves /www on PORT; scripts in /www/cgi-bin answer for themselves.
set -eu
echo "custom-dockerfile 1.0.0 listens on ${PORT:-8090}"
exec busybox httpd -f -p "0.0.0.0:${PORT:-8090}" -h /www
