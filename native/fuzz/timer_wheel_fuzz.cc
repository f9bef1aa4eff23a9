// The timer wheel against a sorted map, with operations, ids and times from the fuzzer.
#include <cstdio>
#include <cstdlib>

#include "fuzz/fuzz_input.h"
#include "test/harness/timer_model.h"

namespace {

using sluice::TimerWheel;
using sluice::fuzz::FuzzInput;
using sluice::test::TimerModel;

void act(TimerModel& model, FuzzInput& input) {
  const uint32_t operation = input.below(6);
  const uint32_t id = input.below(48);
  const uint64_t near = input.take<uint8_t>();
  switch (operation) {
    case 0:
      return model.arm(id, model.nowMs() + near);
    case 1:
      return model.arm(id, model.nowMs() + input.take<uint32_t>() % 200'000);
    case 2:
      return model.arm(id, near == 0 ? TimerWheel::kNever : model.nowMs() - near);
    case 3:
      return model.cancel(id);
    case 4:
      return model.advance(input.take<uint16_t>(), 0);
    default:
      return model.advance(near, input.take<uint8_t>());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzInput input(bytes, size);
  TimerModel model(1'000'000 + uint64_t{input.take<uint16_t>()});
  while (!input.isEmpty()) {
    act(model, input);
    if (model.problem().empty()) continue;
    std::fprintf(stderr, "%s\n", model.problem().c_str());
    std::abort();
  }
  return 0;
}
