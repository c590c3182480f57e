#!/usr/bin/env bash
# An engine fed event by event, from Rust and through Node.
. "$(dirname "$0")/lib.sh"
plan 2

scripts/prerequisites.sh
scripts/node-tools.sh
scripts/node.sh
cargo bench --bench stream
npm --prefix bindings/node run --silent bench -- 20000
