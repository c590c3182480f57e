#!/usr/bin/env bash
# Installs the npm packages that the Node package is built and tested with.
. "$(dirname "$0")/lib.sh"

step "npm packages for Node"
install_packages bindings/node
install_packages examples/backend
