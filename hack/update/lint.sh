#!/usr/bin/env bash
# Applies the safe fixes of oxlint.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

oxlint --type-aware --fix --quiet .
