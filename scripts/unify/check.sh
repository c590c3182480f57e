#!/usr/bin/env bash
# Names the dependencies whose features differ between the three native builds; none is well.
set -euo pipefail
cd "$(dirname "$0")/../.."

features() {
  cargo tree --locked "$@" --prefix none -f '{p} {f}' | sed 's/ (\*)$//; s/ (proc-macro)//' |
    grep -v ' (/' | awk '{print $1 "@" $2, $3}' | sort -u
}

all=$(features --workspace -e normal,build,dev)
status=0
for package in stayput-python stayput-node; do
  one=$(features -p $package -e normal,build)
  differing=$(join <(echo "$all") <(echo "$one") | awk '$2 != $3 {print "  " $0}')
  if [ -n "$differing" ]; then
    printf '%s: features of the workspace, then of the package alone\n%s\n' "$package" "$differing"
    status=1
  fi
done
exit $status
