#!/usr/bin/env bash
# Biome's format over TypeScript, JavaScript and JSON. Repaired by hack/update/format-ts.sh.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

list_files '*.ts' >/dev/null
biome format --colors=off --max-diagnostics=100 .
