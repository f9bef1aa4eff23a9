#!/usr/bin/env bash
# Installs the Debian packages of the named groups (hack/packages/GROUP.list) that are missing; touches nothing else.
# Without root it prints the line to run and fails. SLUICE_SKIP_PACKAGES=1 trusts the machine (other distributions).
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

missing_packages() {
  local package status
  for package in "$@"; do
    status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
    if [[ "$status" != installed ]]; then printf '%s\n' "$package"; fi
  done
}

main() {
  local group lists=() wanted missing
  if [[ "${SLUICE_SKIP_PACKAGES:-}" == 1 ]]; then return; fi
  for group in "$@"; do lists+=("$REPOSITORY/hack/packages/$group.list"); done
  mapfile -t wanted < <(grep --no-filename --invert-match '^#' "${lists[@]}" | sort --unique)
  if [[ -z "$(command -v dpkg-query)" ]]; then
    fail "not a Debian system: install what these packages hold, then set SLUICE_SKIP_PACKAGES=1: ${wanted[*]}"
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  if [[ "$(id -u)" != 0 ]]; then
    fail "missing packages; run: sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}"
  fi
  printf 'installing: %s\n' "${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
}

main "$@"
