#!/usr/bin/env bash
# Sets up, and builds the three packages.
. "$(dirname "$0")/lib.sh"
plan 6

scripts/setup.sh
scripts/python.sh
scripts/node.sh
scripts/wasm.sh
