#!/usr/bin/env bash
# Makes the two bases that the images are tested on, from Debian packages, and prints the directory with build.tar and run.tar:
# what the default bases have of what the Dockerfiles need, and nothing more. Made once, kept in the cache; needs root and mmdebstrap.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

readonly release=bookworm
readonly lean=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')

# As in the official image of Node: Node with its headers and npm in /usr/local, and Debian's tools without a compiler.
make_build_base() {
  local tree="$1/tree" target="$2"
  mkdir -p "$tree/usr/local/bin" "$tree/usr/local/include" "$tree/usr/local/lib/node_modules"
  cp "$node" "$tree/usr/local/bin/node"
  cp --recursive "$headers" "$tree/usr/local/include/node"
  cp --recursive "$npm" "$tree/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
  tar --directory "$tree" --create --file "$1/tree.tar" usr
  mmdebstrap --quiet --variant=minbase --include=libatomic1,libstdc++6 "${lean[@]}" --customize-hook="tar-in $1/tree.tar /" "$release" "$target"
}

# As in a distroless image: the files of the packages, no shell, no package manager, an account that is not root.
make_run_base() {
  local accounts='root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n'
  # shellcheck disable=SC2016 # $1 is mmdebstrap's: the tree
  mmdebstrap --quiet --variant=extract --include=base-files,netbase,tzdata,ca-certificates,libc6 "${lean[@]}" \
    --customize-hook="printf '$accounts' >\"\$1/etc/passwd\"" --customize-hook='rm -rf "$1/usr/share/bash-completion"' "$release" "$2"
}

find_headers() {
  local found
  found="$(compgen -G "$REPOSITORY/node_modules/node/node_modules/node-*/include/node" | head --lines=1 || true)"
  if [[ ! -f "$found/uv.h" ]]; then fail 'the headers of the pinned Node are missing: npm rebuild node'; fi
  printf '%s\n' "$found"
}

main() {
  local key cache next headers npm node="$REPOSITORY/node_modules/node/bin/node"
  headers="$(find_headers)"
  npm="$(dirname "$(dirname "$(readlink --canonicalize "$(command -v npm)")")")"
  key="$({ cat "${BASH_SOURCE[0]}" "$npm/package.json" && "$node" --version; } | sha256sum | cut --characters=1-16)"
  cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/image-bases-$key"
  mkdir -p "${cache%/*}"
  exec 9>"$cache.lock"
  flock 9
  if [[ ! -d "$cache" ]]; then
    printf 'making the bases that the images are tested on, once, about a minute\n' >&2
    next="$(mktemp --directory "$cache.next.XXXXXX")"
    # shellcheck disable=SC2064 # now: the variable is gone at the end
    trap "rm -rf '$next'" EXIT
    chmod 755 "$next"
    make_build_base "$next" "$next/build.tar"
    make_run_base "$next" "$next/run.tar"
    rm -rf "$next/tree" "$next/tree.tar"
    mv "$next" "$cache"
  fi
  printf '%s\n' "$cache"
}

main "$@"
