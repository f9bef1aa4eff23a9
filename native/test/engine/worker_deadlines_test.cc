// The deadlines of a relaying connection: idle, half-closed, and what they measure.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

class WorkerDeadlinesTest : public ::testing::Test {
 protected:
  double closedAfterMs(EndCause cause) {
    const EventRecord closed = rig.expect(EventType::Closed);
    EXPECT_EQ(static_cast<int>(causeOf(closed)), static_cast<int>(cause));
    return closed.sinceAcceptUs / 1000;
  }

  WorkerRig rig;
  TestListener upstream = TestListener::tcp();
};

TEST_F(WorkerDeadlinesTest, EndsAnIdleConnection) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.idleMs = 60});
  const double afterMs = closedAfterMs(EndCause::IdleTimeout);
  EXPECT_GE(afterMs, 59);
  EXPECT_LT(afterMs, 900) << "on its own deadline, not at the next look";
  EXPECT_EQ(rig.expectEnd(relayed.client), "");
  EXPECT_EQ(rig.expectEnd(relayed.server), "");
}

TEST_F(WorkerDeadlinesTest, CountsAByteInEitherDirectionAsLife) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.idleMs = 300});
  for (int i = 0; i < 6; ++i) {
    rig.stepFor(60);
    if (i % 2 == 0) {
      relayed.client.write("u");
      rig.expectBytes(relayed.server, 1);
    } else {
      relayed.server.write("d");
      rig.expectBytes(relayed.client, 1);
    }
  }
  EXPECT_GE(closedAfterMs(EndCause::IdleTimeout), 6 * 60 + 299);
}

TEST_F(WorkerDeadlinesTest, KeepsAConnectionWithoutAnIdleLimit) {
  Relayed relayed = rig.relay(rig.listen(), upstream);
  rig.stepFor(1200);  // past the first look at it
  relayed.client.write("x");
  EXPECT_EQ(rig.expectBytes(relayed.server, 1), "x");
}

TEST_F(WorkerDeadlinesTest, EndsAHalfClosedConnectionThatIsSilent) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.idleMs = 60'000, .halfClosedMs = 60});
  relayed.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(relayed.server), "");
  const double afterMs = closedAfterMs(EndCause::HalfClosedTimeout);
  EXPECT_GE(afterMs, 59);
  EXPECT_LT(afterMs, 900) << "on its own deadline, not at the next look";
}

TEST_F(WorkerDeadlinesTest, LetsAHalfClosedConnectionGoOnWhileItsOpenDirectionMoves) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.halfClosedMs = 300});
  relayed.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(relayed.server), "");
  for (int i = 0; i < 6; ++i) {
    rig.stepFor(60);
    relayed.server.write("d");
    ASSERT_EQ(rig.expectBytes(relayed.client, 1), "d");
  }
  EXPECT_GE(closedAfterMs(EndCause::HalfClosedTimeout), 6 * 60);
}

TEST_F(WorkerDeadlinesTest, KeepsAHalfClosedConnectionWithoutALimit) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.idleMs = 50, .halfClosedMs = 0});
  relayed.server.finishWriting();
  EXPECT_EQ(rig.expectEnd(relayed.client), "");
  rig.stepFor(200);
  relayed.client.write("late");
  EXPECT_EQ(rig.expectBytes(relayed.server, 4), "late");
}

TEST_F(WorkerDeadlinesTest, EndsAnIdleEcho) {
  TestSocket client = connectTo(rig.listen());
  client.write("x");
  rig.js().echo(rig.expect(EventType::Data), 0, 60);
  EXPECT_GE(closedAfterMs(EndCause::IdleTimeout), 59);
}

TEST_F(WorkerDeadlinesTest, EndsAnIdleConnectionThatIsStuckOnItsReader) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.idleMs = 100});
  relayed.server.setReceiveBuffer(4096);
  EXPECT_TRUE(rig.until(
      [&] {
        relayed.client.write(std::string(65'536, 'x'));
        return rig.take(EventType::Closed).has_value();
      },
      10'000));
}

TEST_F(WorkerDeadlinesTest, MeasuresADeadlineFromItsCommandHoweverLongJsTook) {
  const TestListener full = TestListener::tcp(0);
  const TestSocket first = connectTo(full.port());
  TestSocket client = connectTo(rig.listen());
  client.write("x");
  const EventRecord turn = rig.expect(EventType::Data);
  const uint64_t askedNs = monotonicNs();
  while (monotonicNs() - askedNs < 200 * kNsPerMs) {
  }  // JS decides in the worker's own thread
  const uint64_t answeredNs = monotonicNs();
  rig.js().connect(turn, {.to = full.address(), .deadlineMs = 100});
  rig.js().flush();
  rig.worker().drainCommands();
  rig.expect(EventType::ConnectFailed);
  EXPECT_GE(monotonicNs() - answeredNs, 99 * kNsPerMs);
}

TEST_F(WorkerDeadlinesTest, KeepsBothSidesOfALongConnectionAlive) {
  EngineOptions options = smallOptions();
  options.settleMs = 30;
  WorkerRig quick(options);
  const Relayed relayed = quick.relay(quick.listen(), upstream);
  quick.stepFor(100);
  for (const Fd& fd : quick.connection(relayed.turn).fd) {
    int on = 0;
    socklen_t size = sizeof on;
    getsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    EXPECT_EQ(on, 1);
    getsockopt(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, &on, &size);
    EXPECT_EQ(on, 60);
    getsockopt(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &on, &size);
    EXPECT_EQ(on, 120'000);
    getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size);
    EXPECT_EQ(on, 1);
  }
}

}  // namespace
}  // namespace sluice::test
