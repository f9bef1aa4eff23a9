#!/usr/bin/env bash
# CRDs and admission policies are what packages/contract says. Repaired by hack/update/crds.sh.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

node "$REPOSITORY/hack/crds/main.ts" --check "$ROOT"
