#!/usr/bin/env bash
# Checks that what Stayput is built with is there; says in one line what is missing.
. "$(dirname "$0")/lib.sh"

command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
command -v cc >/dev/null || fail "a C compiler is missing: install gcc or clang (Debian: apt install build-essential)"
command -v python3 >/dev/null || fail "python3 is missing: install Python 3.10 or newer"
command -v node >/dev/null || fail "node is missing: install Node 20 or newer from https://nodejs.org"
command -v npm >/dev/null || fail "npm is missing: install it with Node 20 or newer"

python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  fail "python3 is $(python3 -V | cut -d' ' -f2): install Python 3.10 or newer"
python3 -c 'import venv, ensurepip' 2>/dev/null ||
  fail "python3 has no venv: install it (Debian: apt install python3-venv)"
node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' ||
  fail "node is $(node -v): install Node 20 or newer"

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
found=$(cargo -V | cut -d' ' -f2)
[ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ] ||
  fail "cargo is $found: install Rust $wanted or newer (rustup update)"
