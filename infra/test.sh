#!/usr/bin/env bash
# Everything that is tested, in one run. It sets up what it needs: packages of
# Debian, PyPI, npm and cargo, kept in infra/.venv, infra/node_modules and a cache
# folder. A part that cannot be set up fails the run. The last lines are go
# test's own.
#
#   bash infra/test.sh                 the whole run
#   KILLS=2000 SEED=7 bash infra/test.sh   more kills of the process, from another seed
#   HISTORIES=100000 bash infra/test.sh    more histories under faults
set -euo pipefail
cd "$(dirname "$0")/.."

export LIANBAN_REQUIRE_EXTERNAL=1
kills=${KILLS:-200} seed=${SEED:-1}

step() { printf '\n== %s\n' "$*"; }

step "Debian packages: a real browser, and fonts for its pages"
if ! command -v chromium >/dev/null || ! fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then
	sudo=""
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
fi
chromium --version

if [ -z "${LIANBAN_STEPFUNCTIONS:-}" ]; then
	step "An independent Step Functions server: moto, of PyPI"
	exec bash infra/compare/run.sh bash infra/test.sh
fi

step "A DynamoDB server: dynoxide, built by cargo once"
command -v cargo >/dev/null || { echo "cargo is needed to build the DynamoDB server (https://rustup.rs)" >&2; exit 1; }
go run ./infra/rehearsal install
# A fresh one for each step: it slows down with what it has ever held.
with_dynamodb() { go run ./infra/rehearsal with "$@"; }

step "Others' tools about templates and workflow file"
bash infra/lint.sh

step "Formatting and static checks"
unformatted=$(go run mvdan.cc/gofumpt@v0.12.0 -l functions infra shared workflows)
[ -z "$unformatted" ] || { printf 'not formatted by gofumpt:\n%s\n' "$unformatted"; exit 1; }
go vet ./...
go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
go mod verify
go mod tidy -diff

step "The program builds for the machines its users have"
for target in linux/arm64 darwin/arm64 windows/amd64; do
	GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build -o /dev/null ./functions/local
	echo "$target"
done

step "The three cases, played to their end"
go run ./functions/local demo --json >/dev/null
go run ./functions/local demo --lang en | tail -n 3

step "The process killed $kills times under load (seed $seed)"
go test ./shared/local -count=1 -run Kills -v -kills="$kills" -killseed="$seed" | tail -n 4

step "${HISTORIES:-2000} histories under faults (from seed $seed)"
go test ./shared/sim/fault -count=1 -run KeepEveryPromise -v -histories="${HISTORIES:-2000}" -first="$seed" -timeout 0 | grep -v '^=== '

step "Load on one process for ${LOAD:-5} s, ended by kill -9 (bash infra/load.sh: for a minute)"
SECONDS_OF_LOAD=${LOAD:-5} bash infra/load.sh

step "What an issue costs on AWS, counted in the rehearsal"
go run ./infra/rehearsal figures

step "Each fuzz target for ${FUZZ:-3s} (bash infra/fuzz.sh: as long as wanted)"
bash infra/fuzz.sh "${FUZZ:-3s}"

step "Policies and attacks: what the tests asked and tried (infra/ATTACKS.md)"
log=$(go test -short -v ./shared/policy ./shared/approval ./shared/archtest ./shared/httpapi ./shared/webui -run 'Attack|Nobody|FieldTooMany|NumbersBeyond|NoText|Polic|Matrix') || { printf '%s\n' "$log"; exit 1; }
grep -o -E '(policies|attacks): .*' <<<"$log"

step "Races"
with_dynamodb go test -race -short ./shared/approval/... ./shared/docket/... ./shared/engine/... ./shared/intake/... ./shared/register/... ./shared/store/... ./shared/local/... ./shared/pulse ./shared/httpapi/... ./shared/webui/... ./infra/rehearsal/...

step "All tests: the DynamoDB table, on a server that nobody else slows down"
with_dynamodb go test -count=1 ./shared/store/dynamo

step "All tests: the others"
# shellcheck disable=SC2046 # the names of packages have no spaces
with_dynamodb go test -count=1 $(go list ./... | grep -v '/shared/store/dynamo$')
