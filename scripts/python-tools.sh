#!/usr/bin/env bash
# Makes .venv with what the Python package is built with; `python-tools.sh dev` adds what its tests
# and the examples need.
. "$(dirname "$0")/lib.sh"

venv=$root/.venv
kind=${1:-}
requirements=bindings/python/requirements${kind:+-$kind}.txt

install_requirements() {
  # A venv of another Python, or one whose Python is gone, is made anew.
  "$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv" && python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet -r "$requirements"
}

step "Python environment (.venv)${kind:+, with what the tests need}"
if ! is_fresh "$venv/.requirements$kind" bindings/python/requirements*.txt; then
  quietly "python-requirements$kind" install_requirements
  touch "$venv/.requirements$kind"
fi
