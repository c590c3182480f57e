#!/usr/bin/env bash
# Training and prediction beside other libraries, from Rust, Python, Node and wasm, with the packages as
# they ship.
. "$(dirname "$0")/lib.sh"
plan 7

scripts/prerequisites.sh
scripts/python-tools.sh
scripts/python-tools.sh dev
scripts/python-release.sh
scripts/node-tools.sh
scripts/node-release.sh
scripts/wasm-tools.sh
scripts/wasm.sh
# The library beside ours would take all threads for a batch.
RAYON_NUM_THREADS=1 cargo bench --bench predict
PYTHONPATH=$CARGO_TARGET_DIR/bench-python .venv/bin/python benches/models/speed.py \
  "$CARGO_TARGET_DIR/bench-models"
npm --prefix bindings/node run --silent bench:models -- "$CARGO_TARGET_DIR/bench-models" \
  "$CARGO_TARGET_DIR/bench-node/index.cjs"
npm --prefix bindings/wasm run --silent bench:models -- "$CARGO_TARGET_DIR/bench-models"
