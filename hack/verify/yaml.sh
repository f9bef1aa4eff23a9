#!/usr/bin/env bash
# yamllint over every YAML file; fixtures that are broken on purpose, and templates, which are not YAML yet, are not linted.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

mapfile -t files < <(list_files '*.yaml' '*.yml' ':!*/fixtures/*' ':!*/corpus/*' ':!charts/*/templates/*')
if [[ ${#files[@]} -eq 0 ]]; then exit 1; fi
yamllint --strict "${files[@]}"
