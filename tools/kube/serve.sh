#!/usr/bin/env bash
# One throw-away Kubernetes for as long as somebody holds this script's standard input: serve.sh PROGRAM-FOLDER STATE-FOLDER prints the
# administrator's kubeconfig when all is ready; at the end of its input, however its caller ended, it ends everything and removes the
# state folder (unless KUBE_KEEP_STATE is set). Fails with the reason when the server does not come up.
set -o errexit -o nounset -o pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
programs="$1" state="$2"

# The programs have logs open in the folder until they are gone. Signals of the caller's terminal must not cut this short.
finish() {
  trap '' INT TERM HUP
  "$here/down.sh" "$state" || true
  if [[ -z "${KUBE_KEEP_STATE:-}" ]]; then rm -rf -- "$state"; fi
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$state"
"$here/up.sh" "$programs" "$state" </dev/null
# Nothing is ever written to it. A builtin, because a signal would have to wait for the end of a program.
while read -r _; do :; done
