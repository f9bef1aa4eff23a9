#!/usr/bin/env bash
# Writes deploy/crds, deploy/policies and the templates of charts/crds from packages/contract.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

node "$REPOSITORY/hack/crds/main.ts" "$ROOT"
