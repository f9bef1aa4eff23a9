#!/usr/bin/env bash
# start-test-docker.sh DIRECTORY: becomes a Docker engine of its own on DIRECTORY/docker.sock, for the tests of the images; its layers are
# in the cache, one engine at a time has them. Needs root. It adds nothing to the machine's network (a container has none, or the
# machine's), and what it and its containers would write into /etc, /opt and /run goes into DIRECTORY and is gone with it.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

readonly patience=270

# In a mount namespace of its own: these and the engine's own mounts end with it.
run_engine() {
  local directory="$1" layers="$2" place
  for place in etc opt run; do
    mkdir -p "$directory/upper/$place" "$directory/work/$place"
    mount -t overlay -o "lowerdir=/$place,upperdir=$directory/upper/$place,workdir=$directory/work/$place" overlay "/$place"
  done
  # Of engines that were killed; it holds the lock, so none of them is in use.
  find /sys/fs/cgroup -depth -type d -path '*/sluice-images-*' -exec rmdir {} + || true
  exec dockerd --host "unix://$directory/docker.sock" --data-root "$layers" --exec-root "$directory/exec" --pidfile "$directory/pid" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/sluice-images-${directory##*/}" --log-level warn
}

main() {
  local directory="$1" layers="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/image-layers"
  if [[ "${2:-}" == inside ]]; then run_engine "$directory" "$layers"; fi
  mkdir -p "$layers"
  # Whoever starts this may be killed: the engine, and with it every container, ends then too.
  exec setpriv --pdeathsig TERM flock --no-fork --timeout "$patience" "$layers.lock" unshare --mount "${BASH_SOURCE[0]}" "$directory" inside
}

main "$@"
