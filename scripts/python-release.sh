#!/usr/bin/env bash
# Builds the Python package as it ships, for benchmarks.
. "$(dirname "$0")/lib.sh"

venv=$root/.venv
built=$CARGO_TARGET_DIR/bench-python

build_package() {
  local wheels=$CARGO_TARGET_DIR/wheels-release
  rm -rf "$wheels" "$built"
  "$venv/bin/maturin" build --release --locked -m bindings/python/Cargo.toml -o "$wheels" &&
    "$venv/bin/pip" install --quiet --no-deps --target "$built" "$wheels"/*.whl
}

step "building the Python package as it ships"
if ! is_fresh "$built/.built" "${rust_sources[@]}" bindings/arrow bindings/python "$0"; then
  started=$(mktemp)
  quietly python-release build_package
  mv "$started" "$built/.built"
fi
