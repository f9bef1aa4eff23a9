#!/usr/bin/env bash
# Makes the tree ready (build: types and compile commands come from there), then runs every check of hack/verify.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/install-packages.sh build verify
hack/build.sh
exec hack/verify/all.sh
