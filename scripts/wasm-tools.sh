#!/usr/bin/env bash
# Everything the wasm package is built with: a compiler for wasm32-unknown-unknown, wasm-bindgen
# and, by npm, wasm-opt and playwright-core.
#
# The compiler is rustup's own with its wasm32 target, or, where rustup cannot download that,
# Debian's `rustc-web` with the standard library's source. Which of the two it is stands in
# $tools/wasm-compiler; STAYPUT_WASM_COMPILER=rustup|debian asks for one.
. "$(dirname "$0")/lib.sh"

package=bindings/wasm

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

choose_compiler() {
  case ${STAYPUT_WASM_COMPILER:-} in
    rustup) rustup_target && echo rustup >"$tools/wasm-compiler" ;;
    debian) debian_packages && echo debian >"$tools/wasm-compiler" ;;
    *)
      if rustup_target; then
        echo rustup >"$tools/wasm-compiler"
      else
        debian_packages && echo debian >"$tools/wasm-compiler"
      fi
      ;;
  esac || fail "no compiler for wasm: run 'rustup target add wasm32-unknown-unknown'" \
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
