#!/usr/bin/env bash
# Every test of every host, and a count of each.
. "$(dirname "$0")/lib.sh"
plan 8

scripts/build.sh
scripts/python-tools.sh dev
scripts/chromium.sh
printf '\n'

table=$(mktemp)
trap 'rm -f "$table"' EXIT

# The lines by which cargo test, pytest and node --test close.
closing='^test result:|^(#|ℹ) (pass|fail|skipped) |(passed|failed|errors?|skipped).* in [0-9.]+s'

# sum PATTERN LOG: the sum of the numbers that the pattern finds in the closing lines.
sum() {
  { grep -E "$closing" "$2" || true; } | { grep -oE "$1" || true; } |
    { grep -oE '[0-9]+' || true; } | awk '{n += $1} END {print n + 0}'
}

# suite HOST COMMAND…: runs it, and writes a row `host passed failed skipped` to the table.
suite() {
  local host=$1 log passed failed skipped status=0
  shift
  log=$logs/test-${host// /-}.log
  printf '=== %s\n' "$host"
  "$@" 2>&1 | tee "$log" || status=1
  passed=$(sum '(^| )[0-9]+ passed|^(#|ℹ) pass [0-9]+' "$log")
  failed=$(sum '(^| )[0-9]+ (failed|errors?)\b|^(#|ℹ) fail [0-9]+' "$log")
  skipped=$(sum '(^| )[0-9]+ (skipped|ignored)|^(#|ℹ) skipped [0-9]+' "$log")
  # A suite that could not start, or found nothing to run, has failed.
  [ "$status" = 0 ] && [ "$passed" -gt 0 ] || [ "$failed" -gt 0 ] || failed=1
  printf '%s\t%s\t%s\t%s\n' "$host" "$passed" "$failed" "$skipped" >>"$table"
}

node_tests() { node --test --test-reporter=spec "$@"; }
python_tests() { (cd "$1" && "$root/.venv/bin/python" -m pytest -q); }

suite Rust cargo test --workspace --profile fast --no-fail-fast --locked
suite Python python_tests bindings/python
suite Node npm --prefix bindings/node test
suite Backend npm --prefix examples/backend test
suite "wasm in Node" node_tests bindings/wasm/test/node/*.test.js
suite "wasm in Chromium" node_tests bindings/wasm/test/chromium/*.test.js
suite "Dashboard" node_tests examples/dashboard/test/*.test.js

printf '\n%-20s %8s %8s %8s\n' host passed failed skipped
awk -F'\t' '{printf "%-20s %8d %8d %8d\n", $1, $2, $3, $4}' "$table"
printf '\n'
awk -F'\t' '{p += $2; f += $3} END {printf "%d passed, %d failed\n", p, f; exit f > 0}' "$table"
