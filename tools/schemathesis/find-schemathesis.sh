#!/usr/bin/env bash
# Prints the path of the schemathesis that requirements.txt pins, installed once into a virtual environment in the cache.
# Exits with 3, and the reason on stderr, when it cannot be had. Any number may run at once: one of them installs.
# shellcheck source=../../hack/lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib/workspace.sh"

readonly none=3
requirements="$REPOSITORY/tools/schemathesis/requirements.txt"
hash="$(sha256sum "$requirements" | cut --characters=1-16)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice"
environment="$cache/schemathesis-$hash"
program="$environment/bin/schemathesis"
# Who has no network waits for pip's time-outs once in ten minutes.
failed="$environment.failed"

# give_up REASON
give_up() {
  printf '%s\n' "$1" | tee "$failed" >&2
  exit "$none"
}

install_once() {
  local log
  if [[ -x "$program" ]]; then return; fi
  if [[ -n "$(find "$failed" -mmin -10 2>/dev/null)" ]]; then give_up "$(cat "$failed")"; fi
  rm --recursive --force "$environment" "$environment.next"
  if ! log="$(python3 -m venv "$environment.next" 2>&1)"; then
    give_up "no virtual environment of Python for schemathesis: $(tail --lines=1 <<<"$log")"
  fi
  if ! log="$(timeout 180 "$environment.next/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" 2>&1)"; then
    rm --recursive --force "$environment.next"
    give_up "schemathesis cannot be installed: $(tail --lines=1 <<<"$log")"
  fi
  # Its own script holds the path it was made under; this one the final path, which only a whole environment has.
  printf '#!/bin/sh\nexec "%s/bin/python" -m schemathesis.cli "$@"\n' "$environment" >"$environment.next/bin/schemathesis"
  mv "$environment.next" "$environment"
}

mkdir --parents "$cache"
exec {lock}>"$environment.lock"
flock "$lock"
install_once
printf '%s\n' "$program"
