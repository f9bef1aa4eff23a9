#include "flow/timer_wheel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "test/harness/timer_model.h"

namespace sluice {
namespace {

using test::TimerModel;

constexpr uint64_t kStartMs = 1'000'000'007;
constexpr uint64_t kTurnMs = uint64_t{TimerWheel::kTickMs} * TimerWheel::kBuckets;

std::vector<uint32_t> advance(TimerWheel& wheel, uint64_t nowMs) {
  std::vector<uint32_t> fired;
  wheel.advance(nowMs, [&](uint32_t id) { fired.push_back(id); });
  return fired;
}

TEST(TimerWheel, FiresNeverBeforeItsDeadlineAndAtMostOneTickAfter) {
  for (uint64_t delay = 0; delay < 3 * TimerWheel::kTickMs; ++delay) {
    TimerWheel wheel(kStartMs);
    wheel.arm(7, kStartMs + delay);
    uint64_t nowMs = kStartMs;
    while (advance(wheel, nowMs).empty()) ++nowMs;
    EXPECT_GE(nowMs, kStartMs + delay);
    EXPECT_LE(nowMs, kStartMs + delay + TimerWheel::kTickMs);
  }
}

TEST(TimerWheel, FiresADeadlineInThePastAtTheNextTick) {
  TimerWheel wheel(kStartMs);
  wheel.arm(0, 5);
  EXPECT_EQ(advance(wheel, kStartMs + TimerWheel::kTickMs), std::vector<uint32_t>{0});
}

TEST(TimerWheel, KeepsADeadlineOfManyTurnsUntilItHasCome) {
  TimerWheel wheel(kStartMs);
  wheel.arm(3, kStartMs + 5 * kTurnMs + 100);
  for (uint64_t nowMs = kStartMs; nowMs < kStartMs + 5 * kTurnMs + 100; nowMs += 1000)
    ASSERT_TRUE(advance(wheel, nowMs).empty()) << nowMs - kStartMs;
  EXPECT_EQ(advance(wheel, kStartMs + 5 * kTurnMs + 200), std::vector<uint32_t>{3});
}

TEST(TimerWheel, FiresEverythingDueAfterAStopOfSeveralTurns) {
  TimerWheel wheel(kStartMs);
  for (uint32_t id = 0; id < 100; ++id) wheel.arm(id, kStartMs + id * kTurnMs / 30);
  EXPECT_EQ(advance(wheel, kStartMs + 10 * kTurnMs).size(), 100U);
  EXPECT_EQ(wheel.msUntilNext(kStartMs + 10 * kTurnMs), -1);
}

TEST(TimerWheel, MovesADeadlineLaterAndEarlier) {
  TimerWheel wheel(kStartMs);
  wheel.arm(1, kStartMs + 100);
  wheel.arm(1, kStartMs + 1000);
  EXPECT_TRUE(advance(wheel, kStartMs + 900).empty());
  wheel.arm(1, kStartMs + 930);
  EXPECT_EQ(advance(wheel, kStartMs + 950), std::vector<uint32_t>{1});
}

TEST(TimerWheel, DoesNotFireWhatAnEarlierCallbackOfTheSameTurnCancelled) {
  TimerWheel wheel(kStartMs);
  wheel.arm(1, kStartMs + 10);
  wheel.arm(2, kStartMs + 10);
  std::vector<uint32_t> fired;
  wheel.advance(kStartMs + 50, [&](uint32_t id) {
    fired.push_back(id);
    wheel.cancel(3 - id);
  });
  EXPECT_EQ(fired.size(), 1U);
}

TEST(TimerWheel, FiresOnceWhatACallbackArmsAgainInThePast) {
  TimerWheel wheel(kStartMs);
  wheel.arm(1, kStartMs + 10);
  int fired = 0;
  wheel.advance(kStartMs + 50, [&](uint32_t id) {
    ++fired;
    wheel.arm(id, kStartMs);
  });
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(advance(wheel, kStartMs + 50 + TimerWheel::kTickMs), std::vector<uint32_t>{1});
}

TEST(TimerWheel, TellsHowLongToWaitForTheNextDeadline) {
  TimerWheel wheel(kStartMs);
  EXPECT_EQ(wheel.msUntilNext(kStartMs), -1);
  wheel.arm(1, kStartMs + 500);
  const int64_t waitMs = wheel.msUntilNext(kStartMs);
  EXPECT_GE(waitMs, 500);
  EXPECT_LE(waitMs, 500 + TimerWheel::kTickMs);
  wheel.cancel(1);
  EXPECT_EQ(wheel.msUntilNext(kStartMs), -1);
}

TEST(TimerWheel, AgreesWithASortedMapUnderRandomUse) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint64_t end) { return random() % end; };
    TimerModel model(kStartMs + seed);
    for (int i = 0; i < 800; ++i) {
      const auto id = static_cast<uint32_t>(below(64));
      switch (below(6)) {
        case 0:
          model.arm(id, model.nowMs() + below(200));
          break;
        case 1:
          model.arm(id, model.nowMs() + below(3 * kTurnMs));
          break;
        case 2:
          model.arm(id, below(2) == 0 ? TimerWheel::kNever : model.nowMs() - below(1000));
          break;
        case 3:
          model.cancel(id);
          break;
        case 4:
          model.advance(below(2 * kTurnMs), 0);
          break;
        default:
          model.advance(below(64), below(2) * below(500));
      }
      ASSERT_EQ(model.problem(), "") << "seed " << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace sluice
