#!/usr/bin/env bash
# How does the front door compare with nginx? Requests per second, latency and processor time for each request, of a 12-byte
# answer over 64 connections. Rounds in turn (no proxy, nginx, Kraken), pinned: a proxy has core 1 to itself, wrk and the app
# share core 0. The app is one container, and both proxies reach it at the container's own address.
#
#   benches/ingress.sh PATH-TO-KRAKEN     needs nginx, wrk and two cores; ROUNDS and SECONDS_EACH change the length
set -euo pipefail
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
kraken=$(realpath "$1")
rounds=${ROUNDS:-7}
seconds=${SECONDS_EACH:-4}
connections=64
for tool in nginx wrk docker python3 taskset; do
    command -v "$tool" >/dev/null || { printf '%s is missing.\n' "$tool" >&2; exit 2; }
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/kraken-ingress.XXXXXX")
agent=
nginx=
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
    if [ -n "$nginx" ]; then kill -TERM "$nginx" || true; fi
    if [ -n "$agent" ]; then
        ask destroy app --now --yes >"$scratch/destroy.log" 2>&1 || true
        for _ in $(seq 100); do if [ "$(ask apps --json)" = "[]" ]; then break; fi; sleep 0.2; done
        local own
        own="label=kraken.node=$(ask nodes --json | json 0 id)"
        kill -TERM "$agent" || true
        wait "$agent" || true
        docker network ls --quiet --filter "$own" | xargs -r docker network rm >/dev/null || true
        docker image ls --quiet --filter "$own" | sort -u | xargs -r docker rmi --force >/dev/null || true
    fi
    rm -rf "$scratch"
}
trap clean_up EXIT

ask() { "$kraken" --data "$scratch/data" "$@"; }
# json KEY...: what lies below these keys and numbers.
json() {
    python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[int(key) if key.isdigit() else key]
print(value)' "$@"
}

mkdir "$scratch/app"
cat >"$scratch/app/Dockerfile" <<'FILE'
FROM nginx:stable
COPY nginx.conf /etc/nginx/nginx.conf
FILE
cat >"$scratch/app/nginx.conf" <<'FILE'
worker_processes 1;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server {
        listen 7211;
        location / { default_type text/plain; return 200 "hello world\n"; }
    }
}
FILE
cat >"$scratch/app/shipwreck.toml" <<'FILE'
[app]
name = "app"
[config]
lang = "custom"
port = 7211
FILE

mkdir -m 0700 "$scratch/data"
# The runtime takes as many threads as it may use cores: one, as nginx has one worker.
taskset -c 1 "$kraken" agent --data "$scratch/data" --bind 127.0.0.1 --api-port 0 --ingress-port 0 --link-port 0 2>"$scratch/agent.log" &
agent=$!
for _ in $(seq 100); do if ask apps >/dev/null 2>&1; then break; fi; sleep 0.2; done
ask deploy "$scratch/app" --quiet >"$scratch/deploy.log"
status=$(ask status app --json)
address=$(json replicas 0 address <<<"$status")
docker update --cpuset-cpus 0 "$(json replicas 0 container <<<"$status")" >/dev/null

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$scratch/nginx.conf" <<FILE
daemon off;
pid $scratch/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $scratch/body;
    proxy_temp_path $scratch/proxy;
    fastcgi_temp_path $scratch/fastcgi;
    uwsgi_temp_path $scratch/uwsgi;
    scgi_temp_path $scratch/scgi;
    keepalive_requests 1000000000;
    upstream app { server $address:7211; keepalive 64; keepalive_requests 1000000000; }
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$remote_addr;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-Forwarded-Host \$http_host;
        }
    }
}
FILE
taskset -c 1 nginx -p "$scratch" -c "$scratch/nginx.conf" &
nginx=$!
sleep 1
worker=$(pgrep -P "$nginx")

direct_url=http://$address:7211/
nginx_url=http://127.0.0.1:$port/
kraken_url=http://127.0.0.1:$(json addresses port <<<"$status")/
for url in "$direct_url" "$nginx_url" "$kraken_url"; do
    [ "$(curl -sf "$url")" = "hello world" ] || { printf '%s does not answer\n' "$url" >&2; exit 1; }
done

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# measure NAME URL PID: one line of figures.
measure() {
    local before=0 after=0
    if [ -n "$3" ]; then before=$(ticks "$3"); fi
    taskset -c 0 wrk -t 1 -c "$connections" -d "${seconds}s" --latency "$2" >"$scratch/wrk"
    if [ -n "$3" ]; then after=$(ticks "$3"); fi
    printf '%s %s\n' "$1" "$((after - before))" >>"$scratch/figures"
    cat "$scratch/wrk" >>"$scratch/figures"
}
printf 'load before: %s\n' "$(cut -d ' ' -f 1-2 /proc/loadavg)"
for url in "$direct_url" "$nginx_url" "$kraken_url"; do taskset -c 0 wrk -t 1 -c "$connections" -d 1s "$url" >/dev/null; done
for _ in $(seq "$rounds"); do
    measure direct "$direct_url" ""
    measure nginx "$nginx_url" "$worker"
    measure kraken "$kraken_url" "$agent"
done

python3 - "$scratch/figures" <<'PYTHON'
import re, statistics, sys

text = open(sys.argv[1], encoding="utf-8").read()
parts = re.split(r"^(direct|nginx|kraken) (\d+)$", text, flags=re.M)[1:]
unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}
rounds = {"direct": [], "nginx": [], "kraken": []}
for name, ticks, said in zip(*[iter(parts)] * 3):
    def at(percent):
        number, of = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said).groups()
        return float(number) * unit[of]
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    if bad := re.search(r"Non-2xx.*|Socket errors.*", said):
        print(f"{name}: {bad.group(0)}")
    rounds[name].append((rate, at(50), at(99), int(ticks) * 10_000 / requests))
median = lambda name, column: statistics.median(row[column] for row in rounds[name])
print(f"{'':8}{'req/s':>9}{'least':>9}{'most':>9}{'x nginx':>9}{'p50 ms':>8}{'p99 ms':>8}{'cpu us/req':>12}{'x nginx':>9}")
for name, rows in rounds.items():
    rates = [row[0] for row in rows]
    cpu = median(name, 3)
    print(f"{name:8}{median(name, 0):9.0f}{min(rates):9.0f}{max(rates):9.0f}{median(name, 0) / median('nginx', 0):9.2f}"
          f"{median(name, 1):8.2f}{median(name, 2):8.2f}{cpu:12.1f}{cpu / median('nginx', 3):9.2f}")
direct = [row[0] for row in rounds["direct"]]
spread = (max(direct) - min(direct)) / statistics.median(direct)
print(f"direct varied by {spread:.0%}" + ("; more than 15 %: measure again on a quieter machine" if spread > 0.15 else ""))
PYTHON
