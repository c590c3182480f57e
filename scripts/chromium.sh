#!/usr/bin/env bash
# Finds or installs a Chromium for the browser tests; its path is left in $tools/chromium.
. "$(dirname "$0")/lib.sh"

on_path() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" && return
  done
  return 1
}

# playwright-core's own download, for machines that are not Debian or where we are not root.
download() {
  PLAYWRIGHT_BROWSERS_PATH=$tools/browsers timeout 300 \
    bindings/wasm/node_modules/.bin/playwright-core install chromium-headless-shell >&2
  find "$tools/browsers" -type f \( -name headless_shell -o -name chrome-headless-shell \) | head -n 1
}

find_chromium() {
  on_path || { can_install && install chromium >&2 && on_path; } || download
}

step "Chromium"
if [ ! -x "$(cat "$tools/chromium" 2>/dev/null)" ]; then
  found=$(find_chromium) && [ -x "$found" ] ||
    fail "no Chromium for the browser tests: install one (Debian: apt install chromium)"
  echo "$found" >"$tools/chromium"
fi
