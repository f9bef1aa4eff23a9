#!/usr/bin/env bash
# Builds the engine's unit tests under ASan+UBSan and under TSan (incrementally, in native/build-asan and
# native/build-tsan) and runs both side by side. Arguments go to both programs (--gtest_filter=...). The last line sums
# them up.
# shellcheck source=lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/workspace.sh"

declare -A sanitizers=([asan]="address,undefined" [tsan]="thread")
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

build_suite() {
  local build="native/build-$1"
  cmake -S native -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSLUICE_TESTS=ON \
    -DSLUICE_SANITIZE="${sanitizers[$1]}" >/dev/null
  ninja -C "$build" --quiet sluice_tests
}

# run_suite NAME ARGUMENT...: its exit code is the program's; what it says goes to a file of the build folder.
run_suite() {
  local name="$1"
  shift
  "native/build-$name/test/sluice_tests" --gtest_brief=1 "$@" >"native/build-$name/result.log" 2>&1
}

# count NAME PATTERN: how many lines of the result match.
count() {
  grep --count --extended-regexp "$2" "native/build-$1/result.log" || true
}

# passed_of NAME: the number in GoogleTest's closing line, or 0.
passed_of() {
  sed --quiet --regexp-extended 's/^\[  PASSED  \] ([0-9]+) tests?\.$/\1/p' "native/build-$1/result.log" | grep . || echo 0
}

main() {
  local name code passed failed skipped total=(0 0 0)
  local -A running=()
  for name in asan tsan; do build_suite "$name"; done
  for name in asan tsan; do
    run_suite "$name" "$@" &
    running[$name]=$!
  done
  for name in asan tsan; do
    code=0
    wait "${running[$name]}" || code=$?
    passed="$(passed_of "$name")"
    failed="$(count "$name" '^\[  FAILED  \] .* \([0-9]+ ms\)$')"
    skipped="$(count "$name" ': Skipped$')"
    # A sanitizer ends the program in the middle: then nothing was counted, and the code alone tells.
    if ((code != 0 && failed == 0)); then failed=1; fi
    if ((failed > 0)); then tail --lines=200 "native/build-$name/result.log"; fi
    printf '%s: %d passed, %d failed, %d skipped\n' "$name" "$passed" "$failed" "$skipped"
    total=($((total[0] + passed)) $((total[1] + failed)) $((total[2] + skipped)))
  done
  printf '%d passed, %d failed, %d skipped\n' "${total[@]}"
  ((total[1] == 0 && total[0] > 0))
}

main "$@"
