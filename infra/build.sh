#!/usr/bin/env bash
# Builds the functions for Lambda. Arguments go to sam build, for example
# --config-env cn.
#
# Without cgo: on a machine of the functions' own kind Go would link its C library,
# which is newer than Lambda's.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'" SAM_CLI_TELEMETRY=0
# Of a failed build sam reports a second attempt of its own; the compiler says more.
"${SAM:-sam}" build --template template.yaml --config-file infra/samconfig.toml "$@" || { go build ./functions/...; exit 1; }
