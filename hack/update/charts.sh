#!/usr/bin/env bash
# Writes what follows from the values of the charts: schemas, the reference in the umbrella's README, dashboards.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

node "$REPOSITORY/hack/charts/main.ts" "$ROOT"
