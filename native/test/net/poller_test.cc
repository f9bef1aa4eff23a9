#include "net/poller.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <utility>

#include "base/monotonic_clock.h"
#include "test/harness/run_in_child.h"
#include "test/harness/test_socket.h"

namespace sluice {
namespace {

TEST(PollToken, SurvivesPacking) {
  for (const PollToken token : {PollToken{1, 0, 0}, PollToken{0xffffffff, 0x7fffffff, 1},
                                PollToken{0xfffffffe, 12345, 0}}) {
    const PollToken back = PollToken::unpack(token.packed());
    EXPECT_EQ(back.generation, token.generation);
    EXPECT_EQ(back.index, token.index);
    EXPECT_EQ(back.side, token.side);
  }
}

TEST(Poller, ReportsWhatWasReadableBeforeItWasAdded) {
  Result<Poller> poller = Poller::create();
  ASSERT_TRUE(poller.ok());
  auto [ours, theirs] = test::tcpPair();
  ours.write("x");
  ASSERT_TRUE(poller.value().add(theirs.fd(), {5, 6, 1}, false));
  const auto events = poller.value().wait(1'000'000'000);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(PollToken::unpack(events[0].data.u64).index, 6U);
  EXPECT_TRUE(poller.value().wait(0).empty()) << "edge-triggered: once";
}

TEST(Poller, WaitsForTheTimeItIsGivenBelowAMillisecondToo) {
  Result<Poller> poller = Poller::create();
  ASSERT_TRUE(poller.ok());
  for (const int64_t timeoutNs : {300'000, 2'500'000, 5'000'000}) {
    const uint64_t before = monotonicNs();
    EXPECT_TRUE(poller.value().wait(timeoutNs).empty());
    EXPECT_GE(monotonicNs() - before, static_cast<uint64_t>(timeoutNs));
  }
}

TEST(Poller, WaitsWhereThePreciseWaitIsMissingOrForbidden) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_TRUE(test::runInChild([error] {
      test::refuseSystemCall(SYS_epoll_pwait2, error);
      Result<Poller> poller = Poller::create();
      for (int i = 0; i < 2; ++i) {
        const uint64_t before = monotonicNs();
        EXPECT_TRUE(poller.value().wait(1'500'000).empty());
        EXPECT_GE(monotonicNs() - before, 1'500'000U) << "it would spin";
      }
    })) << error;
  }
}

}  // namespace
}  // namespace sluice
