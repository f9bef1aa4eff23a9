#include "ring/event_ring.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/limits.h"
#include "base/monotonic_clock.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"

namespace sluice {
namespace {

constexpr uint64_t kNowNs = 1'000'000'000;
const RegionShape kShape{
    .eventCapacity = 8, .commandCapacity = 4, .smallSlots = 1, .largeSlots = 1};

/// A ring of eight and JS beside it; `startAt` sets both ends before the ring looks at them.
class EventRingTest : public ::testing::Test {
 protected:
  void startAt(uint32_t index) {
    js.startAt(index, 0);
    ring = std::make_unique<EventRing>(region, counters, [this] { ++wakes; });
  }
  void SetUp() override { startAt(0); }

  void post(EventType type, uint32_t tag) {
    EventRecord record;
    record.type = static_cast<uint8_t>(type);
    record.tag = tag;
    ring->post(record, kNowNs);
  }
  std::vector<uint32_t> takeTags() {
    std::vector<uint32_t> tags;
    for (const EventRecord& event : js.takeEvents()) tags.push_back(event.tag);
    return tags;
  }

  test::SharedRegion memory{kShape};
  Region region = memory.view();
  Counters counters{region.counters()};
  test::JsPort js{region, [] {}};
  int wakes = 0;
  std::unique_ptr<EventRing> ring;
};

using Tags = std::vector<uint32_t>;

TEST_F(EventRingTest, ShowsRecordsOnlyOncePublished) {
  post(EventType::Data, 1);
  post(EventType::Data, 2);
  EXPECT_EQ(takeTags(), Tags{});
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2}));
}

TEST_F(EventRingTest, WakesJsOnceUntilItHasLooked) {
  for (uint32_t tag = 1; tag <= 3; ++tag) {
    post(EventType::Data, tag);
    ring->publish(kNowNs);
  }
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(takeTags(), (Tags{1, 2, 3}));
  post(EventType::Data, 4);
  ring->publish(kNowNs);
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(counters.get(Counter::JsWakes), 2);
}

TEST_F(EventRingTest, LetsRecordsThatNeedNoAnswerRideAlongOrWait) {
  post(EventType::Closed, 1);
  ring->publish(kNowNs);
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(ring->lazyDueNs(), kNowNs + kLazyEventMs * kNsPerMs);
  post(EventType::Data, 2);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2}));
  EXPECT_EQ(ring->lazyDueNs(), 0U);
  for (const EventType lazy : {EventType::Closed, EventType::Refused, EventType::Moved}) {
    post(lazy, 3);
    EXPECT_NE(ring->lazyDueNs(), 0U);
    ring->publish(kNowNs + kLazyEventMs * kNsPerMs);
    EXPECT_EQ(takeTags(), Tags{3}) << "the short timer brings it";
  }
}

TEST_F(EventRingTest, SpillsWhatDoesNotFitAndKeepsTheOrder) {
  for (uint32_t tag = 1; tag <= 20; ++tag) post(EventType::Data, tag);
  EXPECT_EQ(ring->overflowSize(), 12U);
  EXPECT_EQ(counters.get(Counter::EventOverflow), 12);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2, 3, 4, 5, 6, 7, 8}));
  post(EventType::Data, 21);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{9, 10, 11, 12, 13, 14, 15, 16}));
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{17, 18, 19, 20, 21}));
  EXPECT_FALSE(ring->hasOverflow());
}

TEST_F(EventRingTest, WakesJsForAnUrgentRecordThatHadToWaitForRoom) {
  for (uint32_t tag = 1; tag <= 9; ++tag) post(EventType::Data, tag);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2, 3, 4, 5, 6, 7, 8}));
  ring->publish(kNowNs);
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(takeTags(), Tags{9});
}

TEST_F(EventRingTest, SetsTheShortTimerForALazyRecordThatHadToWaitForRoom) {
  for (uint32_t tag = 1; tag <= 8; ++tag) post(EventType::Data, tag);
  post(EventType::Closed, 9);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2, 3, 4, 5, 6, 7, 8}));
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), Tags{});
  EXPECT_EQ(ring->lazyDueNs(), kNowNs + kLazyEventMs * kNsPerMs);
  ring->publish(kNowNs + kLazyEventMs * kNsPerMs);
  EXPECT_EQ(takeTags(), Tags{9});
}

TEST_F(EventRingTest, PublishesLazyRecordsOnceTheyFillAQuarter) {
  post(EventType::Closed, 1);
  post(EventType::Closed, 2);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2}));
}

TEST_F(EventRingTest, RunsOverTheEndOfItsIndices) {
  startAt(0xfffffffe);
  for (uint32_t tag = 1; tag <= 9; ++tag) post(EventType::Data, tag);
  EXPECT_EQ(ring->overflowSize(), 1U);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), (Tags{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(region.control(Control::EventTail), 6U);
  ring->publish(kNowNs);
  EXPECT_EQ(takeTags(), Tags{9});
}

TEST_F(EventRingTest, StaysInsideTheRingWhateverHeadJsClaims) {
  for (const uint32_t head : {0U, 1U, 5U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    region.control(Control::EventHead) = head;
    for (uint32_t tag = 0; tag < 20; ++tag) post(EventType::Data, tag);
    ring->publish(kNowNs);
  }
  EXPECT_EQ(region.commands()[0].type, 0) << "what lies behind the ring is untouched";
}

}  // namespace
}  // namespace sluice
