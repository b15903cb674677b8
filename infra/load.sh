#!/usr/bin/env bash
# Load on one process, by Debian's wrk: reads of lists and pages and, every fifth request, an issue that is raised. The
# process is killed at the end (kill -9), and every issue that was acknowledged has to be in the data
# file, each with a whole trail.
#
#   bash infra/load.sh                 for a minute, by 64 callers
#   SECONDS_OF_LOAD=5 CALLERS=16 bash infra/load.sh
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SECONDS_OF_LOAD:-60} callers=${CALLERS:-64}
fail() { printf 'infra/load.sh: %s\n' "$*" >&2; exit 1; }

if ! command -v wrk >/dev/null; then
	sudo=""
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk >/dev/null
fi

dir=$(mktemp -d)
trap 'kill -9 "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
server=""
go build -o "$dir/lianban" ./functions/local
"$dir/lianban" serve --data "$dir/l.db" --listen 127.0.0.1:0 --per-person 0 >"$dir/said" 2>"$dir/log" &
server=$!
for _ in $(seq 100); do
	url=$(grep -o 'http://127[^/]*' "$dir/said" | head -n 1 || true)
	[ -n "$url" ] && curl -sf "$url/readyz" >/dev/null && break
	sleep 0.1
done
[ -n "$url" ] || { cat "$dir/log" >&2; fail "the process does not serve"; }
token=$(curl -sf "$url/api/v1/session" -H 'Content-Type: application/json' -H 'Sec-Fetch-Site: same-origin' \
	-d '{"person":"qingke-secretary","role":"secretary","unit":"branch-qingke"}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["token"])')
before=$("$dir/lianban" verify --data "$dir/l.db" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["trails"])')

wrk -t2 -c"$callers" -d2s "$url/healthz" >"$dir/bare"
TOKEN=$token RUN=load-$$ wrk -t2 -c"$callers" -d"${seconds}s" --timeout 30s --latency -s infra/load.lua "$url" >"$dir/wrk"
resident=$(awk '/VmRSS/ {print int($2/1024)}' "/proc/$server/status")
kill -9 "$server"
wait "$server" 2>/dev/null || true
"$dir/lianban" verify --data "$dir/l.db" --json >"$dir/verified" || fail "the trails are not whole after the kill: $(cat "$dir/verified")"
python3 - "$dir" "$before" "$callers" "$resident" <<'PY'
import json, re, sys
folder, before, callers, resident = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
load = json.loads(re.search(r"LOAD (\{.*\})", open(folder + "/wrk").read()).group(1))
bare = re.search(r"Requests/sec:\s+([\d.]+)", open(folder + "/bare").read()).group(1)
found = json.load(open(folder + "/verified"))["trails"] - before
print(f"{callers} callers for {load['seconds']} s: {load['perSecond']} requests/s, median {load['p50ms']} ms, p99 {load['p99ms']} ms, most {load['maxms']} ms; {resident} MiB resident")
print(f"beside it, requests that ask for no work (/healthz): {float(bare):.0f} requests/s")
print(f"{load['raised']} raised issues acknowledged, {found} found after kill -9, lost: {max(0, load['raised'] - found)}")
print(f"told to come again: {load['shed']}; errors: {load['errors']}; connections broken: {load['broken']} {load['first']}")
if load["raised"] == 0 or found < load["raised"] or load["errors"] or load["broken"]:
    sys.exit("infra/load.sh: something was lost, or answered wrongly")
PY
