#!/usr/bin/env bash
# Schemas, reference and dashboards of the charts are what hack/update/charts.sh writes, and every value has a description.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

node "$REPOSITORY/hack/charts/main.ts" "$ROOT" --check
