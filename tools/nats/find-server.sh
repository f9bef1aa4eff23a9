#!/usr/bin/env bash
# Prints the path of a nats-server for tests and `make run`, and says on stderr which lane it is from, in one line:
# SLUICE_NATS_SERVER, if set; else the version that go.mod pins, built once and kept in the cache; else the system's, if new enough.
# Exits with 3, and the reasons on stderr, when there is none. Any number may run at once: one of them builds.
# shellcheck source=../../hack/lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib/workspace.sh"

readonly package=github.com/nats-io/nats-server/v2
readonly none=3
readonly oldest=2.10.0
module="$REPOSITORY/tools/nats"
version="$(sed --quiet --regexp-extended "s#^.*$package v([0-9][^ ]*).*#\1#p" "$module/go.mod")"
hash="$(sha256sum "$module/go.sum" | cut --characters=1-16)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice"
built="$cache/nats-server-$hash"
# Someone who has no network waits for Go's time-outs once, not once for each test file.
failed="$built.failed"

# found LANE PATH: the answer.
found() {
  printf '%s from %s: %s\n' "$("$2" --version | sed 's/: v/ /')" "$1" "$2" >&2
  printf '%s\n' "$2"
  exit 0
}

is_built() { [[ -x "$built" && "$("$built" --version)" == "nats-server: v$version" ]]; }

# The system's server, unless it is too old for Sluice.
find_packaged() {
  local path packaged
  path="$(PATH="$PATH:/usr/sbin" command -v nats-server)" || {
    printf 'the system has none (Debian: nats-server)\n'
    return 1
  }
  packaged="$("$path" --version | sed 's/.*: v//')"
  if [[ "$(printf '%s\n' "$oldest" "$packaged" | sort --version-sort | head --lines=1)" != "$oldest" ]]; then
    printf '%s is %s, older than %s\n' "$path" "$packaged" "$oldest"
    return 1
  fi
  printf '%s\n' "$path"
}

# Go is often where no login shell looks.
find_go() { PATH="$PATH:/usr/local/go/bin:/usr/lib/go/bin" command -v go; }

build() {
  local go next="$built.next.$$" log
  go="$(find_go)" || {
    printf 'no Go to build nats-server %s with\n' "$version"
    return 1
  }
  printf 'building nats-server %s once, about a minute\n' "$version" >&2
  # Built under another name, run once, then renamed: what has the final name works.
  if ! log="$(cd "$module" && CGO_ENABLED=0 timeout 240 "$go" build -mod=readonly -trimpath -ldflags '-s -w' -o "$next" "$package" 2>&1)"; then
    rm --force "$next"
    printf '%s build of nats-server %s failed: %s\n' "$go" "$version" "$(tail --lines=1 <<<"$log")"
    return 1
  fi
  mv "$next" "$built"
  if ! is_built; then
    printf '%s is not nats-server %s\n' "$built" "$version"
    return 1
  fi
}

# Builds unless another has meanwhile, or failed to within ten minutes. Prints the reason of a failure.
build_once() {
  local reason
  if is_built; then return 0; fi
  if [[ -n "$(find "$failed" -mmin -10 2>/dev/null)" ]]; then
    cat "$failed"
    return 1
  fi
  if reason="$(build)"; then return 0; fi
  tee "$failed" <<<"$reason"
  return 1
}

main() {
  local reason packaged
  if [[ -n "${SLUICE_NATS_SERVER:-}" ]]; then
    if [[ ! -x "$SLUICE_NATS_SERVER" ]]; then fail "SLUICE_NATS_SERVER=$SLUICE_NATS_SERVER cannot be executed"; fi
    found SLUICE_NATS_SERVER "$SLUICE_NATS_SERVER"
  fi
  if is_built; then found 'its Go module' "$built"; fi
  mkdir --parents "$cache"
  exec {lock}>"$built.lock"
  flock "$lock"
  if reason="$(build_once)"; then found 'its Go module' "$built"; fi
  if packaged="$(find_packaged)"; then
    printf '%s\n' "$reason" >&2
    found 'the system (not the version that is tested)' "$packaged"
  fi
  printf 'no nats-server: %s; and %s\n' "$reason" "$packaged" >&2
  exit "$none"
}

main "$@"
