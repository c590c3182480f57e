#!/usr/bin/env bash
# Builds the Node package as it ships, for benchmarks, beside the one that tests use.
. "$(dirname "$0")/lib.sh"

built=$CARGO_TARGET_DIR/bench-node

build_package() {
  rm -rf "$built"
  (cd bindings/node && npx napi build --release --output-dir "$built/dist" --dts native.d.ts --no-dts-header) &&
    cp bindings/node/index.cjs bindings/node/package.json "$built"
}

step "building the Node package as it ships"
if ! is_fresh "$built/.built" "${rust_sources[@]}" bindings/node "$0"; then
  started=$(mktemp)
  quietly node-release build_package
  mv "$started" "$built/.built"
fi
