#!/usr/bin/env bash
# Puts the machine and the table of targets of bench/results.md between the bench markers of README.md.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

main() {
  local results=bench/results.md table machine
  if [[ ! -f "$results" ]]; then fail "$results is missing: run make bench"; fi
  machine="$(grep --max-count=1 '^- Machine:' "$results")"
  table="$(sed -n '/^## Targets/,/^## Scenarios/p' "$results" | grep '^|')"
  if [[ -z "$table" ]]; then fail "$results has no table of targets"; fi
  awk -v machine="$machine" -v table="$table" '
    /<!-- bench:begin -->/ { print; print machine "\n\n" table; skipping = 1; next }
    /<!-- bench:end -->/ { skipping = 0 }
    !skipping { print }
  ' README.md >README.md.new
  mv README.md.new README.md
}

main "$@"
