#!/usr/bin/env bash
# Builds the Python package into .venv.
. "$(dirname "$0")/lib.sh"

venv=$root/.venv
package=bindings/python

build_package() {
  local wheels=$CARGO_TARGET_DIR/wheels
  rm -rf "$wheels"
  "$venv/bin/maturin" build --profile fast --locked -m $package/Cargo.toml -o "$wheels" &&
    "$venv/bin/pip" install --quiet --force-reinstall --no-deps "$wheels"/*.whl
}

step "building the Python package"
if ! is_fresh "$venv/.package" "${rust_sources[@]}" bindings/arrow $package "$venv/.requirements"; then
  started=$(mktemp)
  quietly python-package build_package
  mv "$started" "$venv/.package"
fi
