#!/usr/bin/env bash
# Puts the machine and the table of targets of bench/results.md between the bench markers of README.md, those of
# bench/results-control.md between the control markers, and those of bench/results-kube.md between the kube markers.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

# replace MARKER RESULTS HEADING: with the machine and the table under the heading.
replace() {
  local marker="$1" results="$2" heading="$3" table machine
  if [[ ! -f "$results" ]]; then fail "$results is missing: run make bench"; fi
  machine="$(grep --max-count=1 '^- Machine:' "$results")"
  table="$(awk -v heading="$heading" '/^## / { here = $0 == heading } here' "$results" | grep '^|')"
  if [[ -z "$table" ]]; then fail "$results has no table under $heading"; fi
  awk -v marker="$marker" -v machine="$machine" -v table="$table" '
    $0 == "<!-- " marker ":begin -->" { print; print machine "\n\n" table; skipping = 1; next }
    $0 == "<!-- " marker ":end -->" { skipping = 0 }
    !skipping { print }
  ' README.md >README.md.new
  mv README.md.new README.md
}

main() {
  replace bench bench/results.md '## Targets'
  replace control bench/results-control.md '## Bars'
  replace kube bench/results-kube.md '## Bars'
}

main "$@"
