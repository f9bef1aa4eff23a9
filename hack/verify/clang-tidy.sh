#!/usr/bin/env bash
# clang-tidy over every source of native/src, as the build compiles it. A file whose content, headers and settings
# passed before is not read again: the stamps are in .cache/clang-tidy.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

database=native/build/addon/compile_commands.json
stamps=.cache/clang-tidy

flags=(-p native/build/addon --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument)

# What every source depends on: headers, settings, compile commands.
surroundings() {
  list_files 'native/*.h' .clang-tidy | xargs cat "$database" | sha256sum
}

# check_file SOURCE SURROUNDINGS: clang-tidy, unless this very content has passed before.
check_file() {
  local source="$1" stamp
  stamp="$stamps/$(printf '%s\n' "$2" "$source" | sha256sum - "$source" | sha256sum | cut -c1-40)"
  if [[ -f "$stamp" ]]; then return; fi
  clang-tidy-19 "${flags[@]}" "$source" 2>&1 |
    sed --regexp-extended '/^[0-9]+ warnings? (generated|treated as)|^Suppressed |^Use -header-filter/d'
  touch "$stamp"
}

# Each source, on all cores: the script calls itself with one.
check_all() {
  local sources source
  sources="$(list_files 'native/src/*.cc')"
  if [[ ! -f "$database" ]]; then fail "$database is missing: run make build"; fi
  while IFS= read -r source; do
    if ! grep --quiet --fixed-strings "/$source\"" "$database"; then
      fail "$source is in no build target: add it to native/CMakeLists.txt"
    fi
  done <<<"$sources"
  mkdir -p "$stamps"
  xargs --max-procs="$(nproc)" --replace "$REPOSITORY/hack/verify/clang-tidy.sh" {} "$(surroundings)" <<<"$sources"
}

if [[ $# -eq 0 ]]; then check_all; else check_file "$@"; fi
