#!/usr/bin/env bash
# Installs the peers, builds, and measures; arguments go to the bench program.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build bench
hack/build.sh
exec node bench/src/main.ts "$@"
