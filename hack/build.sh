#!/usr/bin/env bash
# Installs what is needed (Debian packages, the locked npm packages with the pinned Node) and builds the native addon.
# Does nothing that is done already; safe to run from several shells at once.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

# Not `npm ci`: it refuses a lock that does not list the optional packages of every platform, and not every mirror has them.
# `--no-save` leaves the lock alone, and what came is compared with it afterwards.
install_dependencies() {
  if node hack/lib/dependencies-current.mjs; then return; fi
  printf 'installing the npm packages of package-lock.json\n' >&2
  npm install --no-save --no-audit --no-fund --loglevel=error >&2
  node hack/lib/dependencies-current.mjs || fail 'node_modules is not what package-lock.json asks for: rm -rf node_modules, then make build'
}

# npm takes the pinned Node's headers for a stray folder whenever it installs something else: its install script brings
# them back. (Debian's libuv1-dev does as well.)
restore_node_headers() {
  if compgen -G 'node_modules/node/node_modules/node-*/include/node/uv.h' >/dev/null; then return; fi
  if [[ -f /usr/include/uv.h ]]; then return; fi
  npm rebuild node --loglevel=error >&2
}

check_pinned_node() {
  local pinned running
  pinned="$(node -p "require('./package-lock.json').packages['node_modules/node'].version")"
  running="$(node_modules/.bin/node --version 2>/dev/null || true)"
  if [[ "$running" != "v$pinned" ]]; then
    fail "node_modules/.bin/node is not Node $pinned (found: ${running:-none}); npm must be allowed to run install scripts: npm config set ignore-scripts false && rm -rf node_modules && make build"
  fi
}

build_native() {
  npm run --silent build --workspace native
}

main() {
  "$REPOSITORY/hack/install-packages.sh" build
  mkdir -p .cache
  exec 9>.cache/build.lock
  flock 9
  install_dependencies
  check_pinned_node
  restore_node_headers
  build_native
}

main "$@"
