#!/usr/bin/env bash
# What others' tools say of the templates and the workflow file: cfn-lint, sam
# validate, asl-validator, and sam build of all functions. It installs them, and
# axe-core for the browser tests of the pages, into infra/.venv and
# infra/node_modules, neither of which is committed; a part that cannot be
# installed fails the run.
#
#   bash infra/lint.sh
set -euo pipefail
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=cn-northwest-1

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'infra/lint.sh: %s\n' "$*" >&2; exit 1; }

step "Tools"
python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
	fail "Python 3.10 or newer with venv is needed (Debian: apt-get install python3-venv)"
command -v npm >/dev/null || fail "npm is needed (Debian: apt-get install npm)"
# Installed anew when the pinned versions change, or when the last time was cut short.
if ! cmp -s infra/requirements.txt infra/.venv/installed; then
	rm -rf infra/.venv
	python3 -m venv infra/.venv || fail "cannot make a Python environment in infra/.venv"
	infra/.venv/bin/pip install -q --disable-pip-version-check -r infra/requirements.txt || fail "cannot install infra/requirements.txt"
	cp infra/requirements.txt infra/.venv/installed
fi
if ! cmp -s infra/package-lock.json infra/node_modules/installed; then
	(cd infra && npm ci --no-audit --no-fund --loglevel=error) || fail "cannot install infra/package-lock.json"
	cp infra/package-lock.json infra/node_modules/installed
fi
infra/.venv/bin/cfn-lint --version
infra/.venv/bin/sam --version

step "cfn-lint"
# In a China region too, where resource types are missing that others have.
for region in eu-central-1 cn-north-1 cn-northwest-1; do
	infra/.venv/bin/cfn-lint --regions "$region" --include-checks I -- template.yaml infra/*.yaml
	echo "$region"
done

step "sam validate"
for template in template.yaml infra/*.yaml; do
	infra/.venv/bin/sam validate --lint --template "$template"
done

step "asl-validator"
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
for machine in workflows/*.asl.json; do
	for partition in aws aws-cn; do
		file="$filled/$partition-$(basename "$machine")"
		sed -E "s/\\\$\{Partition\}/$partition/g; s/\\\$\{([A-Za-z]+)\}/arn:$partition:lambda:cn-north-1:123456789012:function:\1/g" "$machine" >"$file"
		infra/node_modules/.bin/asl-validator --json-path "$file"
	done
done

step "sam build"
for environment in default cn; do
	SAM=infra/.venv/bin/sam bash infra/build.sh --config-env "$environment" --build-dir "$filled/$environment" >"$filled/log" 2>&1 || { cat "$filled/log"; fail "sam build --config-env $environment"; }
	for function in functions/*/; do
		name=$(basename "$function")
		[ "$name" != local ] || continue
		built=$(find "$filled/$environment" -ipath "*/$name/bootstrap")
		[ -n "$built" ] || fail "sam build --config-env $environment made nothing of functions/$name"
		go version -m "$built" | grep -q 'CGO_ENABLED=0$' || fail "functions/$name was built with cgo"
	done
	echo "$environment: $(find "$filled/$environment" -name bootstrap | wc -l) functions, $(du -shc $(find "$filled/$environment" -name bootstrap) | tail -n 1 | cut -f1)"
done
