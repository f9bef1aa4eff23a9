#!/usr/bin/env bash
# Names that say nothing are refused, as files, folders and classes: CONTRIBUTING.md lists the words to use instead.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

banned='(utils?|helpers?|managers?|misc|commons?|types)'
files="$(list_files '*.ts' '*.mjs' '*.h' '*.cc' '*.c' '*.sh')"

bad_paths="$(grep --extended-regexp --ignore-case "(^|[/._-])$banned([/._-]|\$)" <<<"$files" || true)"
bad_classes="$(xargs --no-run-if-empty grep --extended-regexp --line-number --with-filename \
  '^(export )?(abstract )?(class|struct|interface) [A-Za-z0-9]*(Utils?|Helpers?|Manager|Misc|Common)\b' <<<"$files" || true)"

if [[ -n "$bad_paths$bad_classes" ]]; then
  printf '%s\n' "$bad_paths" "$bad_classes" | sed '/^$/d; s/$/: banned name (no-banned-name)/'
  fail 'name the one concept that the file holds'
fi
