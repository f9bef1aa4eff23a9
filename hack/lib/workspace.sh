#!/usr/bin/env bash
# Sourced by every script under hack/: finds the repository and puts the pinned tools first on PATH.
# SLUICE_ROOT points the checks of hack/verify at another tree (their own tests plant violations there).
set -o errexit -o nounset -o pipefail

REPOSITORY="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
ROOT="${SLUICE_ROOT:-$REPOSITORY}"
export PATH="$REPOSITORY/node_modules/.bin:$PATH"
export LC_ALL=C
cd "$ROOT"

# Says why and stops.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# list_files PATHSPEC...: the files of the tree (new ones too, ignored ones never), one a line.
# Fails when there is none: a check that reads nothing must not pass.
list_files() {
  local files
  files="$(git ls-files --cached --others --exclude-standard --deduplicate -- "$@" | while IFS= read -r file; do
    if [[ -f "$file" && ! -L "$file" ]]; then printf '%s\n' "$file"; fi
  done)"
  if [[ -z "$files" ]]; then fail "no file to check among: $*"; fi
  printf '%s\n' "$files"
}
