#!/usr/bin/env bash
# The sizes that no other checker sees: Makefile 120 lines, scripts 100, C and C++ files 400 (oxlint and clang-tidy
# measure TypeScript files and all functions).
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

# too_long MAXIMUM PATHSPEC...: one line for each file that is longer.
too_long() {
  local maximum="$1" file lines files
  shift
  files="$(list_files "$@")" || exit 1
  while IFS= read -r file; do
    lines="$(wc -l <"$file")"
    if ((lines > maximum)); then printf '%s: %d lines, at most %d are allowed (max-lines)\n' "$file" "$lines" "$maximum"; fi
  done <<<"$files"
}

makefile="$(too_long 120 Makefile)"
scripts="$(too_long 100 '*.sh' '.ci/*' 'apps/*/bin/*')"
sources="$(too_long 400 '*.h' '*.cc' '*.c')"
if [[ -n "$makefile$scripts$sources" ]]; then
  printf '%s\n' "$makefile" "$scripts" "$sources" | sed '/^$/d'
  exit 1
fi
