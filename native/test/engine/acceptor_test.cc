#include "engine/acceptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <vector>

#include "base/limits.h"
#include "base/monotonic_clock.h"
#include "test/harness/run_in_child.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

TEST(Acceptor, AcceptsMoreThanABatchInOneGo) {
  WorkerRig rig;
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 3 * kAcceptBatch; ++i) clients.push_back(connectTo(port));
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 3 * kAcceptBatch; }));
  EXPECT_EQ(rig.listenerCounter(0, ListenerCounter::Accepted), 3U * kAcceptBatch);
  EXPECT_EQ(rig.listenerCounter(0, ListenerCounter::Active), 3U * kAcceptBatch);
}

TEST(Acceptor, ClosesAtOnceWhatIsOverTheListenersLimitAndReportsIt) {
  WorkerRig rig;
  const uint16_t port = rig.listen(5, {.maxConnections = 2});
  TestSocket first = connectTo(port);
  const TestSocket second = connectTo(port);
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 2; }));
  TestSocket third = connectTo(port);
  const EventRecord refused = rig.expect(EventType::Refused);
  EXPECT_EQ(refused.listener, 5);
  EXPECT_EQ(refused.peer >> 16, 4U);
  EXPECT_EQ(rig.expectEnd(third), "");
  EXPECT_EQ(rig.listenerCounter(5, ListenerCounter::Shed), 1U);
  EXPECT_EQ(rig.counter(Counter::ListenerLimit), 1U);
  first.close();
  rig.expectClosed();
  TestSocket fourth = connectTo(port);
  fourth.write("x");
  rig.expect(EventType::Data);
}

TEST(Acceptor, TakesANewLimitOfAListenerWithoutTouchingItsConnections) {
  WorkerRig rig;
  const uint16_t port = rig.listen();
  TestSocket first = connectTo(port);
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 1; }));
  rig.js().setListener(0, {.maxConnections = 1});
  rig.step();
  const TestSocket second = connectTo(port);
  rig.expect(EventType::Refused);
  first.write("still here");
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "still here");
}

TEST(Acceptor, LeavesClientsInTheQueueWhilePausedAndTakesThemAfterwards) {
  WorkerRig rig;
  const uint16_t port = rig.listen();
  rig.js().pauseAccept(0);
  rig.step();
  TestSocket client = connectTo(port);
  client.write("waiting");
  rig.stepFor(30);
  EXPECT_EQ(rig.counter(Counter::Accepted), 0U);
  rig.js().resumeAccept(0);
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "waiting");
}

TEST(Acceptor, PausesOnlyTheListenerThatIsNamed) {
  WorkerRig rig;
  rig.listen(0);
  const uint16_t other = rig.listen(1);
  rig.js().pauseAccept(0);
  TestSocket client = connectTo(other);
  client.write("x");
  EXPECT_EQ(rig.expect(EventType::Data).listener, 1);
}

TEST(Acceptor, AcceptsTheWholeQueueOfAListenerBeforeItClosesIt) {
  WorkerRig rig;
  const uint16_t port = rig.listen(2, {}, 7);
  std::vector<TestSocket> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(connectTo(port));
    clients.back().write("queued");
  }
  rig.js().removeListener(2, 7);
  const EventRecord closed = rig.expect(EventType::ListenerClosed);
  EXPECT_EQ(closed.listener, 2);
  EXPECT_EQ(closed.detail, 7U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "queued");
  EXPECT_FALSE(connectTo(port).valid());
}

TEST(Acceptor, AcceptsTheQueueOfAPausedListenerToo) {
  WorkerRig rig;
  const uint16_t port = rig.listen();
  rig.js().pauseAccept(0);
  rig.step();
  TestSocket client = connectTo(port);
  client.write("queued");
  rig.js().removeListener(0, 0);
  rig.expect(EventType::ListenerClosed);
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "queued");
}

TEST(Acceptor, RemovesOneSocketOfAListenerAndKeepsTheOther) {
  WorkerRig rig;
  const uint16_t first = rig.listen(0, {}, 0);
  const uint16_t second = rig.listen(0, {}, 1);
  rig.js().removeListener(0, 0);
  rig.expect(EventType::ListenerClosed);
  EXPECT_FALSE(connectTo(first).valid());
  TestSocket client = connectTo(second);
  client.write("x");
  rig.expect(EventType::Data);
}

TEST(Acceptor, StopsAtTheWorkersConnectionLimitAndGoesOnWhenOneEnds) {
  EngineOptions options = smallOptions();
  options.maxConnections = 3;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connectTo(port));
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 3; }));
  rig.stepFor(20);
  EXPECT_EQ(rig.counter(Counter::Active), 3U);
  EXPECT_GT(rig.counter(Counter::ConnectionLimit), 0U);
  clients[0].close();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 4; }));
}

TEST(Acceptor, RemovesAListenerAtALimitOnlyWhenItsQueueIsEmpty) {
  EngineOptions options = smallOptions();
  options.maxConnections = 2;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connectTo(port));
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 2; }));
  rig.js().removeListener(0, 0);
  rig.stepFor(20);
  clients[0].close();
  clients[1].close();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 4; }));
  rig.expect(EventType::ListenerClosed);
  EXPECT_EQ(rig.counter(Counter::ListenersCutShort), 0U);
  clients[2].write("x");
  rig.expect(EventType::Data);
}

TEST(Acceptor, RemovesAListenerWhoseLimitDoesNotEndAllTheSame) {
  EngineOptions options = smallOptions();
  options.maxConnections = 1;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 2; ++i) clients.push_back(connectTo(port));
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 1; }));
  const uint64_t startNs = monotonicNs();
  rig.js().removeListener(0, 0);
  rig.expect(EventType::ListenerClosed);
  EXPECT_GE(monotonicNs() - startNs, 900'000'000U);
  EXPECT_EQ(rig.counter(Counter::Accepted), 1U);
  EXPECT_EQ(rig.counter(Counter::ListenersCutShort), 1U);
}

TEST(Acceptor, StopsAtItsDescriptorBudgetAndGoesOnWhenDescriptorsComeBack) {
  EngineOptions options = smallOptions();
  options.fdBudget = 6;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connectTo(port));
  rig.stepFor(20);
  EXPECT_EQ(rig.counter(Counter::Accepted), 3U);
  EXPECT_GT(rig.counter(Counter::FdLimit), 0U);
  EXPECT_EQ(rig.counter(Counter::FdBudget), 6U);
  clients[0].close();
  clients[1].close();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 5; }));
}

TEST(Acceptor, RestsWhenDescriptorsAreOutAndResumesWithinASecond) {
  EXPECT_TRUE(runInChild([] {
    WorkerRig rig;
    const uint16_t port = rig.listen();
    std::vector<TestSocket> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(connectTo(port));
      clients.back().write("x");
    }
    leaveDescriptors(2);
    std::vector<EventRecord> turns{rig.expect(EventType::Data), rig.expect(EventType::Data)};
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    const uint64_t waits = rig.counter(Counter::Waits);
    const uint64_t startNs = monotonicNs();
    for (int i = 0; i < 5; ++i) rig.worker().step(100'000'000);
    EXPECT_GE(monotonicNs() - startNs, 200'000'000U) << "it spins";
    EXPECT_LE(rig.counter(Counter::Waits) - waits, 5U);
    EXPECT_GT(rig.counter(Counter::FdLimit), 0U);
    EXPECT_GT(rig.counter(Counter::AcceptPauses), 0U);
    EXPECT_EQ(rig.counter(Counter::Accepted), 2U);
    rig.js().close(turns[0], {}, true);
    rig.js().close(turns[1], {}, true);
    const uint64_t freedNs = monotonicNs();
    rig.expect(EventType::Data);
    rig.expect(EventType::Data);
    EXPECT_LT(monotonicNs() - freedNs, 1'000'000'000U);
  }));
}

TEST(Acceptor, GivesJsAFailedConnectWhenDescriptorsAreOut) {
  EXPECT_TRUE(runInChild([] {
    WorkerRig rig;
    const TestListener upstream = TestListener::tcp();
    TestSocket client = connectTo(rig.listen());
    client.write("x");
    const EventRecord turn = rig.expect(EventType::Data);
    leaveDescriptors(0);
    rig.js().connect(turn, {.to = upstream.address()});
    EXPECT_EQ(rig.expect(EventType::ConnectFailed).detail, static_cast<uint32_t>(EMFILE));
  }));
}

TEST(Acceptor, IgnoresListenersOutsideItsTable) {
  WorkerRig rig;
  rig.js().setListener(kMaxListeners, {});
  rig.js().pauseAccept(0xffffffff);
  rig.js().removeListener(kMaxListeners + 7, 0);
  const size_t before = openDescriptors();
  TestListener extra = TestListener::tcp();
  const int copy = fcntl(extra.fd(), F_DUPFD_CLOEXEC, 0);
  rig.js().addListener(kMaxListeners, 0, copy);
  rig.step();
  EXPECT_EQ(openDescriptors(), before + 1) << "a descriptor it was given is closed, not lost";
}

TEST(ListenerLimits, CountsOverAllWorkers) {
  ListenerLimits limits;
  limits.setMaximum(1, 2);
  EXPECT_TRUE(limits.enter(1));
  EXPECT_TRUE(limits.enter(1));
  EXPECT_FALSE(limits.enter(1));
  EXPECT_EQ(limits.active(1), 2U);
  limits.leave(1);
  EXPECT_TRUE(limits.enter(1));
  limits.enterUnchecked(1);
  EXPECT_EQ(limits.active(1), 3U);
  EXPECT_FALSE(limits.enter(0)) << "no maximum was set: closed";
}

}  // namespace
}  // namespace sluice::test
