#!/usr/bin/env bash
# Runs every fixer; one that fails does not keep the others from running.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

main() {
  local script failed=()
  for script in "$REPOSITORY"/hack/update/*.sh; do
    if [[ "$(basename "$script")" == all.sh ]]; then continue; fi
    if ! "$script"; then failed+=("$(basename "$script" .sh)"); fi
  done
  if [[ ${#failed[@]} -ne 0 ]]; then fail "not everything could be repaired: ${failed[*]}"; fi
}

main "$@"
