#!/usr/bin/env bash
# Window features beside polars and DuckDB, with the Python package as it ships.
. "$(dirname "$0")/lib.sh"
plan 3

venv=$root/.venv
built=$CARGO_TARGET_DIR/bench-python

build_package() {
  local wheels=$CARGO_TARGET_DIR/wheels-release
  rm -rf "$wheels" "$built"
  "$venv/bin/maturin" build --release --locked -m bindings/python/Cargo.toml -o "$wheels" &&
    "$venv/bin/pip" install --quiet --no-deps --target "$built" "$wheels"/*.whl
}

scripts/prerequisites.sh
scripts/python-tools.sh
scripts/python-tools.sh dev
step "building the Python package as it ships"
if ! is_fresh "$built/.built" "${rust_sources[@]}" bindings/arrow bindings/python "$0"; then
  started=$(mktemp)
  quietly python-release build_package
  mv "$started" "$built/.built"
fi
PYTHONPATH=$built "$venv/bin/python" benches/features/run.py
