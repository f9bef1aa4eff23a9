#!/usr/bin/env bash
# oxlint with its type-aware rules: promises, exhaustiveness, sizes, cycles, layers. Repaired in part by hack/update/lint.sh.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

list_files '*.ts' >/dev/null
oxlint --type-aware --format=unix .
