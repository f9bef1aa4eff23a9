#!/usr/bin/env bash
# ShellCheck over every shell script, with or without an ending.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

mapfile -t files < <(list_files '*.sh' '.ci/*' 'apps/*/bin/*')
if [[ ${#files[@]} -eq 0 ]]; then exit 1; fi
shellcheck "${files[@]}"
