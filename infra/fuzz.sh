#!/usr/bin/env bash
# Runs every fuzz target, one after the other, and says for each how long and how often it was
# tried. It ends with the first that fails; what failed is then among the target's seeds, in its
# package's testdata.
#
#   bash infra/fuzz.sh              a minute each
#   bash infra/fuzz.sh 1h           an hour each
#   bash infra/fuzz.sh 10m Parse    those whose name has Parse in it
set -euo pipefail
cd "$(dirname "$0")/.."

budget=${1:-1m} names=${2:-}
begin=$SECONDS targets=0
for package in $(go list ./...); do
	for target in $(go test "$package" -list '^Fuzz' | grep '^Fuzz' | grep -e "$names" || true); do
		# Making an input smaller that reaches new code may take a minute, that is, all of a short budget.
		log=$(go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$budget" -fuzzminimizetime 1s) || { printf '%s\n' "$log"; exit 1; }
		printf '%s %s: %s\n' "$package" "$target" "$(grep -o 'elapsed: [^,]*, execs: [0-9]*' <<<"$log" | tail -n 1)"
		targets=$((targets + 1))
	done
done
printf '%d targets for %s each, %d s in all\n' "$targets" "$budget" $((SECONDS - begin))
