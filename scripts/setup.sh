#!/usr/bin/env bash
# Everything the packages are built with.
. "$(dirname "$0")/lib.sh"
plan 3

scripts/prerequisites.sh
scripts/python-tools.sh
scripts/node-tools.sh
scripts/wasm-tools.sh
