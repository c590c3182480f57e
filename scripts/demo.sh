#!/usr/bin/env bash
# A simulated company from events to decisions, in three hosts: trained in Python, decided in Node,
# scored in wasm, and compared by bits.
. "$(dirname "$0")/lib.sh"
plan 9

scripts/build.sh
step "simulating a company and training in Python"
.venv/bin/python examples/demo/train.py
step "scoring and deciding in Node"
node examples/demo/node.js
step "scoring in wasm"
node examples/demo/wasm.js
printf '\n'
node examples/demo/report.js
