#!/usr/bin/env bash
# Makes .venv with what the Python package is built and tested with.
. "$(dirname "$0")/lib.sh"

venv=$root/.venv
requirements=bindings/python/requirements-dev.txt

install_requirements() {
  # A venv of another Python, or one whose Python is gone, is made anew.
  "$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv" && python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet -r $requirements
}

step "Python environment (.venv)"
if ! is_fresh "$venv/.requirements" $requirements; then
  quietly python-requirements install_requirements
  touch "$venv/.requirements"
fi
