#!/usr/bin/env bash
# Installs, builds and runs the suites side by side; arguments name suites (none: all). The last line sums them up.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build verify test
hack/build.sh
exec node hack/test-runner/main.ts "$@"
