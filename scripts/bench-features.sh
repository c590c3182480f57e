#!/usr/bin/env bash
# Window features beside polars and DuckDB, with the Python package as it ships.
. "$(dirname "$0")/lib.sh"
plan 3

scripts/prerequisites.sh
scripts/python-tools.sh
scripts/python-tools.sh dev
scripts/python-release.sh
PYTHONPATH=$CARGO_TARGET_DIR/bench-python .venv/bin/python benches/features/run.py
