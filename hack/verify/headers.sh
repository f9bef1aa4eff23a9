#!/usr/bin/env bash
# Each header of the engine compiles alone: whoever includes it needs to know nothing else.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

node_headers="$REPOSITORY/node_modules/node/node_modules"
flags=(-std=c++20 -fno-exceptions -fsyntax-only -Wall -Wextra -Werror -Inative/src -Inative)
for folder in "$REPOSITORY"/node_modules/{node-api-headers/include,node-addon-api} "$node_headers"/node-*/include/node; do
  flags+=(-isystem "$folder")
done
flags+=(-DNAPI_VERSION=10 -DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS -DNODE_ADDON_API_ENABLE_MAYBE)

# compile_header HEADER: reports what the header lacks, naming it.
compile_header() {
  local header="$1"
  if ! printf '#include "%s"\n' "$PWD/$header" | clang++-19 "${flags[@]}" -x c++ -; then
    printf '%s: does not compile alone (header-self-contained)\n' "$header"
    return 1
  fi
}

main() {
  local header headers failed=0
  headers="$(list_files 'native/*.h')"
  while IFS= read -r header; do
    compile_header "$header" || failed=1
  done <<<"$headers"
  return "$failed"
}

main
