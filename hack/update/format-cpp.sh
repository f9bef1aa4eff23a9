#!/usr/bin/env bash
# Writes clang-format's format.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

mapfile -t files < <(list_files 'native/*.h' 'native/*.cc' 'bench/*.h' 'bench/*.cc' 'bench/*.c')
if [[ ${#files[@]} -eq 0 ]]; then exit 1; fi
clang-format-19 -i "${files[@]}"
