#!/usr/bin/env bash
# Installs, builds and runs the suites side by side; arguments name suites (none: all). The last line sums them up.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build verify test
hack/build.sh
# Built once a machine: no test file's deadline is to pay for it. Without Go or a server the tests that need one say so.
tools/nats/find-server.sh >/dev/null || true
exec node hack/test-runner/main.ts "$@"
