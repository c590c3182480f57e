#!/usr/bin/env bash
# Every fuzz target for some seconds each (600), one after the other: `scripts/fuzz.sh [SECONDS
# [TARGET…]]`. What is found stands in fuzz/artifacts. Needs `cargo install cargo-fuzz`.
. "$(dirname "$0")/lib.sh"

seconds=${1:-600}
shift || true
command -v cargo-fuzz >/dev/null || fail "cargo-fuzz is missing: cargo install cargo-fuzz"
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cargo fuzz list | grep -v '^seeds$')
unset CARGO_BUILD_TARGET

# The core and models have no unsafe code, so the address sanitizer would find nothing; without it
# the stable compiler is enough, and inputs run ten times as fast.
fuzz() { cargo fuzz "$1" --sanitizer none --target-dir "$CARGO_TARGET_DIR/fuzz" "${@:2}"; }

fuzz run seeds 2>/dev/null || fail "the seeds cannot be written"
status=0
for target in "${targets[@]}"; do
  printf '=== %s\n' "$target"
  fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
    -max_len=16384 -print_final_stats=1 || status=1
done
exit $status
