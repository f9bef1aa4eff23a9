#!/usr/bin/env bash
# clang-format over the engine and the C and C++ of the bench. Repaired by hack/update/format-cpp.sh.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

mapfile -t files < <(list_files 'native/*.h' 'native/*.cc' 'bench/*.h' 'bench/*.cc' 'bench/*.c')
if [[ ${#files[@]} -eq 0 ]]; then exit 1; fi
clang-format-19 --dry-run -Werror "${files[@]}"
