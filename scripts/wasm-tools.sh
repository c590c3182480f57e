#!/usr/bin/env bash
# Everything the wasm package is built with: a compiler for wasm32-unknown-unknown, wasm-bindgen
# and, by npm, wasm-opt and playwright-core.
#
# The package is small because the standard library is compiled with it, which needs its source.
# So the compiler is rustup's own with the component `rust-src`, or, where rustup cannot download
# that, Debian's `rustc-web` with `rust-web-src`, or else rustup's with the standard library as it
# comes, which makes a package over its budget. Which of the three it is stands in
# $tools/wasm-compiler; STAYPUT_WASM_COMPILER=rustup|debian|rustup-without-source asks for one.
. "$(dirname "$0")/lib.sh"

package=bindings/wasm

rustup_source() {
  command -v rustup >/dev/null || return 1
  rustup component list --installed | grep -qx rust-src || timeout 60 rustup component add rust-src
}

rustup_target() {
  command -v rustup >/dev/null || return 1
  rustup target list --installed | grep -qx wasm32-unknown-unknown ||
    timeout 60 rustup target add wasm32-unknown-unknown
}

debian_packages() {
  local missing=() name
  for name in rustc-web cargo-web rust-web-src lld; do
    dpkg -s $name 2>/dev/null | grep -q '^Status: .* installed' || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] || { can_install && install "${missing[@]}"; }
}

has_compiler() {
  case $1 in
    rustup) rustup_source ;;
    debian) debian_packages ;;
    rustup-without-source) rustup_target ;;
    *) fail "STAYPUT_WASM_COMPILER is \`$1\`; expected rustup, debian or rustup-without-source" ;;
  esac
}

choose_compiler() {
  local name
  for name in ${STAYPUT_WASM_COMPILER:-rustup debian rustup-without-source}; do
    if has_compiler "$name"; then
      echo "$name" >"$tools/wasm-compiler"
      return
    fi
  done
  fail "no compiler for wasm: run 'rustup component add rust-src'" \
    "(or on Debian: apt install rustc-web cargo-web rust-web-src lld)"
}

# An unoptimised build is quick to make, and quick enough to run.
install_bind() {
  cargo build --locked --manifest-path scripts/wasm-bindgen/Cargo.toml --target-dir "$tools/build"
  mkdir -p "$tools/bin"
  mv "$tools/build/$CARGO_BUILD_TARGET/debug/bind" "$tools/bin/stayput-bind"
  rm -rf "$tools/build"
}

step "wasm compiler, wasm-bindgen and npm packages"
if ! is_fresh "$tools/wasm-compiler" "$0" ||
  [ "$(cat "$tools/wasm-compiler")" != "${STAYPUT_WASM_COMPILER:-$(cat "$tools/wasm-compiler")}" ]; then
  quietly wasm-compiler choose_compiler
fi
if ! is_fresh "$tools/bin/stayput-bind" scripts/wasm-bindgen; then
  quietly wasm-bindgen install_bind
fi
install_packages $package
install_packages examples/dashboard
