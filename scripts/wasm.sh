#!/usr/bin/env bash
# Builds the wasm package: bindings/wasm/dist/{web,bundler}.
. "$(dirname "$0")/lib.sh"

package=bindings/wasm
build=$CARGO_TARGET_DIR/wasm
compiler=$(cat "$tools/wasm-compiler")
wasm=$build/wasm32-unknown-unknown/wasm/stayput_wasm.wasm
arguments=(build --locked -p stayput-wasm --profile wasm --target wasm32-unknown-unknown
  --target-dir "$build")

# The standard library is compiled with the package, for size, and a panic is a trap: neither its
# message nor the code that would format it is in the package. For the compiler and Cargo these
# flags are unstable; their effect does not reach what the package answers.
flags='-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none'
# A function of one caller is put into it only where it is tiny, which packs better: LLVM takes 15,000
# off its cost, so all costs are twenty times what they are by default.
flags+=' -Cllvm-args=-inline-instr-cost=100 -Cllvm-args=-inline-call-penalty=500'
flags+=' -Cllvm-args=-inline-threshold=100'
# Vectors, which every browser since 2023 has: trees take rows 64 at a time by them.
vectors='-Ctarget-feature=+simd128'
small=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)

compile() {
  case $compiler in
    rustup) RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags $vectors" cargo "${arguments[@]}" "${small[@]}" ;;
    debian)
      PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags $vectors" \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld \
        /usr/bin/cargo "${arguments[@]}" "${small[@]}"
      ;;
    rustup-without-source) RUSTFLAGS=$vectors cargo "${arguments[@]}" ;;
  esac
}

# What Rust's compiler uses by default, and every browser since 2022 has; and vectors.
features=(--enable-simd --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int
  --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types)

# bind TARGET: the JavaScript for one kind of host, and the wasm made small.
bind() {
  local out=$package/dist/$1
  stayput-bind "$1" "$wasm" "$out"
  # What calls do stands in the declarations; a page need not load it.
  find "$out" -name '*.js' -exec sed -i '/^ *\/\*\*/,/\*\//d' {} +
  # The zeros in the data are left to gzip, which packs them better. So are functions of a single
  # caller: inlined, the code would be 2% smaller, and 8% larger after gzip. The lowest KiB of memory
  # is the end of the stack: who gets there may be told of its overflow that much early.
  $package/node_modules/.bin/wasm-opt --low-memory-unused --gufa -Oz --gufa -Oz \
    --skip-pass=memory-packing --one-caller-inline-max-function-size=0 "${features[@]}" \
    --strip-debug --strip-producers "$out/stayput_wasm_bg.wasm" -o "$out/small.wasm"
  node $package/scripts/order.js "$out/small.wasm" "$out/named.wasm"
  $package/node_modules/.bin/wasm-opt "${features[@]}" --reorder-functions-by-name --strip-debug \
    "$out/named.wasm" -o "$out/stayput_wasm_bg.wasm"
  rm "$out/small.wasm" "$out/named.wasm"
}

build_package() {
  compile
  rm -rf $package/dist
  bind web &
  bind bundler
  wait $!
}

step "building the wasm package"
[ "$compiler" != rustup-without-source ] ||
  note "without the standard library's source: too large for its budget"
if ! is_fresh $package/dist/.built "${rust_sources[@]}" $package/{Cargo.toml,src} \
  $package/scripts/order.js "$tools/wasm-compiler" "$tools/bin/stayput-bind" "$0"; then
  started=$(mktemp)
  quietly wasm-package build_package
  mv "$started" $package/dist/.built
fi
