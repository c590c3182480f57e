#!/usr/bin/env bash
# Builds the Node package.
. "$(dirname "$0")/lib.sh"

package=bindings/node

step "building the Node package"
if ! is_fresh $package/node_modules/.built "${rust_sources[@]}" $package; then
  started=$(mktemp)
  quietly node-package npm --prefix $package run build
  mv "$started" $package/node_modules/.built
fi
