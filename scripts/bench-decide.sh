#!/usr/bin/env bash
# Conditions and decisions beside other rule engines, from Rust and from Node, with the package as
# it ships.
. "$(dirname "$0")/lib.sh"
plan 3

scripts/prerequisites.sh
scripts/node-tools.sh
scripts/node-release.sh
install_packages benches/decide
cargo bench --bench decide -- "$CARGO_TARGET_DIR/bench-decide"
node benches/decide/run.mjs "$CARGO_TARGET_DIR/bench-decide" "$CARGO_TARGET_DIR/bench-node/index.cjs"
