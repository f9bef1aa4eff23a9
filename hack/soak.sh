#!/usr/bin/env bash
# Mixed traffic against `sluice run` for ten minutes (argument: seconds): every byte is compared, and descriptors, pipes
# and memory must be back where they were when it is over. Not part of `make test`.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

hack/build.sh
exec node tests/soak/soak.ts "${1:-600}"
