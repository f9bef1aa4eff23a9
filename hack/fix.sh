#!/usr/bin/env bash
# Runs every fixer of hack/update; what they cannot repair, `make verify` names.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build verify
hack/build.sh
exec hack/update/all.sh
