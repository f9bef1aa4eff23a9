// Both rings with a thread at each end: the two Dekker handshakes (worker and JS, each with its own
// flag) must lose no wake-up. Each side blocks for good when it believes that nothing waits, so one
// lost wake-up hangs the test.
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "base/fd.h"
#include "ring/command_ring.h"
#include "ring/event_ring.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"

namespace sluice {
namespace {

constexpr int kPatienceMs = 10'000;

/// An eventfd: what uv_async and the worker's wake descriptor are underneath.
class Bell {
 public:
  void ring() const {
    const uint64_t one = 1;
    if (write(fd_.get(), &one, sizeof one) < 0) ADD_FAILURE() << "eventfd";
  }
  /// False when nobody rang for ten seconds.
  [[nodiscard]] bool wait() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) return false;
    uint64_t count = 0;
    return read(fd_.get(), &count, sizeof count) == sizeof count;
  }

 private:
  Fd fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

class DoorbellTest : public ::testing::Test {
 protected:
  /// The worker's end: answers each command with an event, sleeps when there is none.
  void runWorker(uint32_t rounds) {
    EventRing events(region_, counters_, [this] { jsBell_.ring(); });
    CommandRing commands(region_);
    for (uint32_t served = 0; served < rounds;) {
      commands.drain([&](const CommandRecord& command) {
        EventRecord record;
        record.type = static_cast<uint8_t>(EventType::Data);
        record.tag = command.tag;
        events.post(record, 0);
        ++served;
      });
      events.publish(0);
      if (served < rounds && commands.announceSleep() && !workerBell_.wait()) {
        workerHung_ = true;
        return;
      }
      commands.announceAwake();
    }
  }

  /// JS's end: keeps a random number of questions under way. False when it hung or an answer was
  /// out of order.
  bool runJs(uint32_t rounds) {
    test::JsPort js(region_, [this] { workerBell_.ring(); });
    std::mt19937 random(42);
    uint32_t asked = 0;
    uint32_t answered = 0;
    while (answered < rounds) {
      const uint32_t wanted = 1 + static_cast<uint32_t>(random() % 3);
      while (asked < rounds && asked - answered < wanted) js.next(CommandType::Read).tag = asked++;
      js.flush();
      std::vector<EventRecord> events = js.takeEvents();
      if (events.empty()) {
        if (!jsBell_.wait()) return false;
        continue;
      }
      for (const EventRecord& event : events) {
        if (event.tag != answered++) return false;
      }
    }
    return true;
  }

  test::SharedRegion memory_{
      {.eventCapacity = 16, .commandCapacity = 16, .smallSlots = 1, .largeSlots = 1}};
  Region region_ = memory_.view();
  Counters counters_{region_.counters()};
  Bell jsBell_;
  Bell workerBell_;
  bool workerHung_ = false;
};

TEST_F(DoorbellTest, LosesNoWakeUpInAHundredThousandRoundTrips) {
  constexpr uint32_t kRounds = 100'000;
  std::thread worker([this] { runWorker(kRounds); });
  EXPECT_TRUE(runJs(kRounds));
  worker.join();
  EXPECT_FALSE(workerHung_);
}

}  // namespace
}  // namespace sluice
