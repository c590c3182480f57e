# What the other scripts share: where things are, how progress is shown, when a step may be skipped.
# Sourced, never run. Each script that sources it is run by bash with the repository as its folder.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# One target directory for every native build, so that a crate compiles once for Rust's tests,
# Python and Node. The wasm build has its own below it: its compiler may be another one.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$root/$CARGO_TARGET_DIR ;; esac
# The Node package's build tool names this machine's target; a build that does not name it would
# compile everything a second time.
if command -v rustc >/dev/null; then
  CARGO_BUILD_TARGET=$(rustc -vV | sed -n 's/^host: //p')
  export CARGO_BUILD_TARGET
fi
tools=$CARGO_TARGET_DIR/tools
logs=$CARGO_TARGET_DIR/logs
mkdir -p "$tools" "$logs"

export PATH=$tools/bin:$PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
export NPM_CONFIG_AUDIT=false

# fail MESSAGE: one clear line, and stop.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# plan N: the next N calls of `step` are numbered out of N, unless a caller planned already.
plan() {
  if [ -z "${STEPS:-}" ]; then
    export STEPS=$1
    STEP_FILE=$(mktemp)
    export STEP_FILE
    echo 0 >"$STEP_FILE"
  fi
}

# step TEXT: a progress line, `[3/9] TEXT`.
step() {
  local at
  at=$(($(cat "$STEP_FILE") + 1))
  echo "$at" >"$STEP_FILE"
  printf '[%s/%s] %s\n' "$at" "$STEPS" "$*"
}

# note TEXT: a line that belongs to the step before it.
note() { printf '      %s\n' "$*"; }

# quietly NAME COMMAND…: runs it with its output in a log, which is shown only when it fails.
quietly() {
  local name=$1 log=$logs/$1.log start=$SECONDS status
  shift
  # Not `if ! …`: inside a condition, bash would run on after a failing line of a function.
  set +e
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if [ $status != 0 ]; then
    tail -n 60 "$log" >&2
    fail "$name failed; its whole output is in $log"
  fi
  [ $((SECONDS - start)) -lt 3 ] || note "done in $((SECONDS - start)) s"
}

# is_fresh STAMP PATH…: whether the stamp exists and nothing under the paths is newer than it.
is_fresh() {
  local stamp=$1 newer
  shift
  [ -e "$stamp" ] || return 1
  newer=$(find "$@" \( -name node_modules -o -name dist -o -name target -o -name __pycache__ \
    -o -name .pytest_cache \) -prune -o -type f -newer "$stamp" -print -quit)
  [ -z "$newer" ]
}

# What the three packages are made of, whatever else each of them reads.
rust_sources=(Cargo.toml Cargo.lock src crates bindings/arrow)

# can_install: whether this machine lets us install Debian packages.
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# install PACKAGE…: Debian packages, as root on a Debian or Ubuntu machine.
install() {
  export DEBIAN_FRONTEND=noninteractive
  [ -e "$tools/apt-updated" ] || { apt-get update -q && touch "$tools/apt-updated"; }
  apt-get install -y -q --no-install-recommends "$@"
}

# install_packages FOLDER: what its package-lock.json says, unless that is there already.
install_packages() {
  if ! is_fresh "$1/node_modules/.stamp" "$1/package.json" "$1/package-lock.json"; then
    quietly "npm-${1//\//-}" npm --prefix "$1" ci
    touch "$1/node_modules/.stamp"
  fi
}
