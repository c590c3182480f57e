#!/usr/bin/env bash
# Conditions and decisions beside other rule engines, from Rust and from Node, with the package as
# it ships.
. "$(dirname "$0")/lib.sh"
plan 3

scripts/prerequisites.sh
scripts/node-tools.sh
scripts/node-release.sh
# No lock file: npm wants one to name the engines' packages for every platform, and a registry that
# mirrors one platform cannot give them. The versions stand in package.json.
quietly npm-benches-decide npm --prefix benches/decide install --no-package-lock
cargo bench --bench decide -- "$CARGO_TARGET_DIR/bench-decide"
node benches/decide/run.mjs "$CARGO_TARGET_DIR/bench-decide" "$CARGO_TARGET_DIR/bench-node/index.cjs"
