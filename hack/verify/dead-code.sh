#!/usr/bin/env bash
# knip: files, exports and dependencies that nothing uses.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

list_files '*.ts' >/dev/null
knip --no-progress
