#!/usr/bin/env bash
# Builds the libFuzzer targets of native/fuzz with clang and runs each over its corpus and beyond; fails on any crash,
# hang or excess of memory. Argument: seconds for each target (default 10, half a minute in all). SLUICE_FUZZ_KEEP=1
# adds what was found interesting to the corpus. A crash leaves its input in native/build-fuzz.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

: "${SLUICE_FUZZ_KEEP:=0}"
seconds="${1:-10}"
build=native/build-fuzz
targets=(timer_wheel relay_state ring_protocol)

build_targets() {
  cmake -S native -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Release \
    -DSLUICE_FUZZ=ON -DSLUICE_SANITIZE=address,undefined,fuzzer-no-link >/dev/null
  ninja -C "$build" --quiet "${targets[@]/%/_fuzz}"
}

# fuzz_target NAME: runs one target; what it finds goes to a scratch folder in front of the corpus of the tree.
fuzz_target() {
  local name="$1" corpus="native/fuzz/corpus/$1" found="$build/found-$1"
  mkdir -p "$found"
  "$build/fuzz/${name}_fuzz" "$found" "$corpus" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=2048 -print_final_stats=1 -verbosity=1 -artifact_prefix="$build/$name-" >"$build/$name.log" 2>&1
}

# merge_corpus NAME: keeps the inputs that reach something new, the shortest of each.
merge_corpus() {
  local name="$1"
  "$build/fuzz/${name}_fuzz" -merge=1 "native/fuzz/corpus/$name" "$build/found-$name" >"$build/$name-merge.log" 2>&1
}

main() {
  local name failed=0
  build_targets
  for name in "${targets[@]}"; do
    if fuzz_target "$name"; then
      printf '%s: %s\n' "$name" "$(grep '^Done ' "$build/$name.log")"
    else
      printf '%s: failed; the end of %s:\n' "$name" "$build/$name.log"
      tail --lines=60 "$build/$name.log"
      failed=$((failed + 1))
    fi
    if [[ "$SLUICE_FUZZ_KEEP" == 1 ]]; then merge_corpus "$name"; fi
  done
  printf '%d passed, %d failed\n' "$((${#targets[@]} - failed))" "$failed"
  return "$((failed > 0))"
}

main
