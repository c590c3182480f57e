#!/usr/bin/env bash
# Builds the wasm package: bindings/wasm/dist/{web,bundler}.
. "$(dirname "$0")/lib.sh"

package=bindings/wasm
build=$CARGO_TARGET_DIR/wasm
wasm=$build/wasm32-unknown-unknown/wasm/stayput_wasm.wasm
arguments=(build --locked -p stayput-wasm --profile wasm --target wasm32-unknown-unknown
  --target-dir "$build")

compile() {
  case $(cat "$tools/wasm-compiler") in
    rustup) cargo "${arguments[@]}" ;;
    # Debian's compiler ships the standard library as source: it is compiled with the package.
    debian)
      PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld \
        /usr/bin/cargo "${arguments[@]}" -Zbuild-std=std,panic_abort
      ;;
  esac
}

# What Rust's compiler uses by default, and every browser since 2022 has.
features=(--enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int
  --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types)

# bind TARGET: the JavaScript for one kind of host, and the wasm made small.
bind() {
  local out=$package/dist/$1
  stayput-bind "$1" "$wasm" "$out"
  $package/node_modules/.bin/wasm-opt -Oz "${features[@]}" --strip-debug --strip-producers \
    --reorder-functions-by-name "$out/stayput_wasm_bg.wasm" -o "$out/small.wasm"
  mv "$out/small.wasm" "$out/stayput_wasm_bg.wasm"
}

build_package() {
  compile
  rm -rf $package/dist
  bind web &
  bind bundler
  wait $!
}

step "building the wasm package"
if ! is_fresh $package/dist/.built "${rust_sources[@]}" $package/{Cargo.toml,src} \
  "$tools/wasm-compiler" "$tools/bin/stayput-bind" "$0"; then
  started=$(mktemp)
  quietly wasm-package build_package
  mv "$started" $package/dist/.built
fi
