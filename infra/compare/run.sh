#!/usr/bin/env bash
# The embedded engine next to an independent Step Functions server: starts moto's
# on free loopback ports, runs a command with its address in the environment, and
# stops it. moto is installed into infra/.venv with infra/lint.sh's tools.
#
#   bash infra/compare/run.sh                 the comparison
#   bash infra/compare/run.sh COMMAND ...     another command
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { printf 'infra/compare/run.sh: %s\n' "$*" >&2; exit 1; }

python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
	fail "Python 3.10 or newer with venv is needed (Debian: apt-get install python3-venv)"
# Installed anew when the pinned versions change, or when the last time was cut short.
if ! cmp -s infra/requirements.txt infra/.venv/installed; then
	rm -rf infra/.venv
	python3 -m venv infra/.venv || fail "cannot make a Python environment in infra/.venv"
	infra/.venv/bin/pip install -q --disable-pip-version-check -r infra/requirements.txt || fail "cannot install infra/requirements.txt"
	cp infra/requirements.txt infra/.venv/installed
fi

# Two ports: the server's, and the one at which it looks for Lambda. The tests
# listen at the second and answer for the functions.
read -r api lambda < <(python3 -c '
import socket
a, b = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
print(a.getsockname()[1], b.getsockname()[1])')
log=$(mktemp)
MOTO_PORT=$lambda infra/.venv/bin/moto_server -H 127.0.0.1 -p "$api" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT

configured() {
	python3 - "$api" <<'PY' 2>/dev/null
import sys, urllib.request
# Without this the server takes state machines and does not run them.
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/moto-api/config", b'{"stepfunctions": {"execute_state_machine": true}}', {"Content-Type": "application/json"})
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5)
PY
}
for _ in $(seq 300); do
	! configured || break
	kill -0 "$server" 2>/dev/null || { cat "$log" >&2; fail "the Step Functions server did not start"; }
	sleep 0.1
done
configured || { cat "$log" >&2; fail "the Step Functions server does not answer"; }

export LIANBAN_STEPFUNCTIONS="http://127.0.0.1:$api" LIANBAN_STEPFUNCTIONS_LAMBDA="127.0.0.1:$lambda"
if [ $# -eq 0 ]; then
	set -- go test -count=1 ./infra/compare
fi
"$@"
