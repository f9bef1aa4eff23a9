#!/usr/bin/env bash
# The TypeScript compiler in its strictest settings (tsconfig.base.json); it fails by itself when it finds no file.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

tsc --project . --pretty false
