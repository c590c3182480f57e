#!/usr/bin/env bash
# Explanations beside those of other libraries, from Rust and from Python, with the packages as
# they ship.
. "$(dirname "$0")/lib.sh"
plan 3

scripts/prerequisites.sh
scripts/python-tools.sh
scripts/python-tools.sh dev
scripts/python-release.sh
# The library beside ours would take all threads for a batch.
RAYON_NUM_THREADS=1 cargo bench --bench explain
PYTHONPATH=$CARGO_TARGET_DIR/bench-python .venv/bin/python benches/models/explain.py
