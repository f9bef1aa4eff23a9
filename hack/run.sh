#!/usr/bin/env bash
# Builds, then hands over to the quickstart: it starts the origins, starts Sluice and prints the commands to try.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/build.sh
hack/install-packages.sh run
exec node examples/quickstart.ts "$@"
