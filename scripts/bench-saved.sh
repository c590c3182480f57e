#!/usr/bin/env bash
# What a playbook that learns whom to contact saves, beside contacting those at the highest risk.
. "$(dirname "$0")/lib.sh"
plan 1

scripts/prerequisites.sh
cargo bench --bench saved
