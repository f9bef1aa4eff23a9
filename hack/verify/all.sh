#!/usr/bin/env bash
# Runs every check, prints a line for each with its time and the whole report of those that fail, then fails if any did.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

run_check() {
  local script="$1" report="$2" started elapsed outcome=ok
  started="$(date +%s%N)"
  "$script" >"$report" 2>&1 || outcome=FAILED
  elapsed="$(($(date +%s%N) - started))"
  printf '%-7s %-14s %6.1f s\n' "$outcome" "$(basename "$script" .sh)" "$((elapsed / 100000000))e-1"
  if [[ "$outcome" == FAILED ]]; then
    sed 's/^/  /' "$report"
    return 1
  fi
}

main() {
  local script report failed=() checks=0
  report="$(mktemp)"
  # shellcheck disable=SC2064 # the name is fixed now
  trap "rm -f '$report'" EXIT
  for script in "$REPOSITORY"/hack/verify/*.sh; do
    if [[ "$(basename "$script")" == all.sh ]]; then continue; fi
    checks=$((checks + 1))
    if ! run_check "$script" "$report"; then failed+=("$(basename "$script" .sh)"); fi
  done
  if [[ ${#failed[@]} -ne 0 ]]; then fail "${#failed[@]} of $checks checks failed: ${failed[*]}"; fi
  printf '%d checks passed\n' "$checks"
}

main "$@"
