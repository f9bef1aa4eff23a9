#!/usr/bin/env bash
# Builds the images sluice/proxy, sluice/state and sluice/operator, or those that are named; docs/images.md has the variables:
# DOCKER, SLUICE_IMAGE_PREFIX, SLUICE_IMAGE_TAG, SLUICE_BUILD_BASE, SLUICE_RUN_BASE, SLUICE_BUILD_NETWORK, and the files
# SLUICE_NPMRC and SLUICE_CA_FILE, which a build sees as secrets.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

readonly known=(proxy state operator)

# The version of all workspaces, from the one that everybody has; without Node, which an image is built without.
find_version() { sed --quiet 's/^  "version": "\(.*\)",$/\1/p' apps/proxy/package.json; }

find_revision() {
  local revision
  revision="$(git rev-parse HEAD 2>/dev/null || true)"
  # Of a tree with changes no commit is the revision.
  if [[ -n "$(git status --porcelain 2>/dev/null || true)" ]]; then revision="${revision:+$revision-changed}"; fi
  printf '%s\n' "${revision:-unknown}"
}

build() {
  local name="$1" tag arguments
  tag="${SLUICE_IMAGE_PREFIX:-sluice}/$name:${SLUICE_IMAGE_TAG:-$version}"
  arguments=(--file "Dockerfile.$name" --tag "$tag" --build-arg "VERSION=$version" --build-arg "REVISION=$revision")
  if [[ -n "${SLUICE_BUILD_BASE:-}" ]]; then arguments+=(--build-arg "BUILD_BASE=$SLUICE_BUILD_BASE"); fi
  if [[ -n "${SLUICE_RUN_BASE:-}" ]]; then arguments+=(--build-arg "RUN_BASE=$SLUICE_RUN_BASE"); fi
  if [[ -n "${SLUICE_BUILD_NETWORK:-}" ]]; then arguments+=(--network "$SLUICE_BUILD_NETWORK"); fi
  if [[ -n "${SLUICE_NPMRC:-}" ]]; then arguments+=(--secret "id=npmrc,src=$SLUICE_NPMRC"); fi
  if [[ -n "${SLUICE_CA_FILE:-}" ]]; then arguments+=(--secret "id=ca,src=$SLUICE_CA_FILE"); fi
  DOCKER_BUILDKIT=1 "${DOCKER:-docker}" build "${arguments[@]}" .
  printf '%s\n' "$tag"
}

main() {
  local name names=("$@") version revision
  if [[ ${#names[@]} -eq 0 ]]; then names=("${known[@]}"); fi
  for name in "${names[@]}"; do
    if [[ ! -f "Dockerfile.$name" ]]; then fail "no image $name; there are: ${known[*]}"; fi
  done
  version="$(find_version)"
  revision="$(find_revision)"
  for name in "${names[@]}"; do build "$name"; done
}

main "$@"
