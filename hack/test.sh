#!/usr/bin/env bash
# Installs, builds and runs the suites side by side; arguments name suites (none: all). The last line sums them up.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build verify test
hack/build.sh
# An engine that the images are tested with is installed in CI alone: nobody wants one because he ran tests.
if [[ "${CI:-}" == true && "$(id -u)" == 0 && -z "$(command -v dockerd)" ]]; then hack/install-packages.sh images; fi
# Built once a machine: no test file's deadline is to pay for it. Without Go or a server the tests that need one say so.
tools/nats/find-server.sh >/dev/null || true
if [[ "$(id -u)" == 0 && -n "$(command -v dockerd)" ]]; then hack/images/make-test-bases.sh >/dev/null || true; fi
exec node hack/test-runner/main.ts "$@"
