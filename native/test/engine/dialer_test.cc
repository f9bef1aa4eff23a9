#include "engine/dialer.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "test/harness/run_in_child.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

class DialerTest : public ::testing::Test {
 protected:
  /// A client that has sent `preface`; JS has the turn.
  EventRecord arrive(std::string_view preface = "hello") {
    if (port == 0) port = rig.listen();
    client = connectTo(port);
    client.write(preface);
    return rig.expect(EventType::Data);
  }

  WorkerRig rig;
  TestListener upstream = TestListener::tcp();
  uint16_t port = 0;
  TestSocket client;
};

TEST_F(DialerTest, ReplaysThePrefaceAndRelaysBothWays) {
  Relayed relayed = rig.relay(rig.listen(), upstream);
  relayed.server.write("answer");
  EXPECT_EQ(rig.expectBytes(relayed.client, 6), "answer");
  relayed.client.write("more");
  EXPECT_EQ(rig.expectBytes(relayed.server, 4), "more");
  EXPECT_EQ(rig.state().slots.inUse(), 0U);
}

TEST_F(DialerTest, ReportsAllPhasesInOrder) {
  Relayed relayed = rig.relay(rig.listen(), upstream);
  relayed.server.write("answer");
  rig.expectBytes(relayed.client, 6);
  relayed.client.close();
  relayed.server.close();
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(causeOf(closed), EndCause::Finished);
  EXPECT_LE(closed.decidedUs, closed.connectedUs);
  EXPECT_LE(closed.connectedUs, closed.firstByteUs);
  EXPECT_LE(closed.firstByteUs, closed.sinceAcceptUs);
  EXPECT_EQ(closed.bytesUp, 5);
  EXPECT_EQ(closed.bytesDown, 6);
}

TEST_F(DialerTest, DoesNotReplayWhatJsSkips) {
  Relayed relayed = rig.relay(rig.listen(), upstream, {.skip = 3}, "PRYhello");
  relayed.client.write("!");
  EXPECT_EQ(rig.expectBytes(relayed.server, 1), "!");
}

TEST_F(DialerTest, AnswersTheClientOnlyOnceConnectedAndBeforeAnyUpstreamByte) {
  const EventRecord turn = arrive("CONNECT x");
  rig.js().connect(turn, {.to = upstream.address(), .skip = 9, .reply = "200 OK\n"});
  TestSocket server = rig.expectUpstream(upstream);
  server.write("banner");
  EXPECT_EQ(rig.expectBytes(client, 13), "200 OK\nbanner");
}

TEST_F(DialerTest, HoldsBackAcksOfATunnelUntilItsFirstAnswerGoesOn) {
  const EventRecord turn = arrive("CONNECT x");
  rig.js().connect(turn, {.to = upstream.address(), .skip = 9, .reply = "200 OK\n"});
  TestSocket server = rig.expectUpstream(upstream);
  EXPECT_EQ(rig.expectBytes(client, 7), "200 OK\n");
  const int fd = rig.connection(turn).fd[kUpstream].get();
  const auto acksAtOnce = [fd] {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &value, &size);
    return value;
  };
  EXPECT_EQ(acksAtOnce(), 0);
  server.write("banner");
  EXPECT_EQ(rig.expectBytes(client, 6), "banner");
  EXPECT_EQ(acksAtOnce(), 1);
}

TEST_F(DialerTest, SendsNoAnswerWhenTheConnectFails) {
  const EventRecord turn = arrive("CONNECT x");
  rig.js().connect(turn, {.to = loopback(refusingPort()), .skip = 9, .reply = "200 OK\n"});
  const EventRecord failed = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(failed.detail, static_cast<uint32_t>(ECONNREFUSED));
  rig.js().close(failed, "502\n");
  EXPECT_EQ(rig.expectEnd(client), "502\n");
}

TEST_F(DialerTest, KeepsThePrefaceForTheNextAttempt) {
  const EventRecord turn = arrive("hello");
  rig.js().connect(turn, {.to = loopback(refusingPort())});
  EventRecord failed = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(rig.js().bytesOf(failed), "hello");
  EXPECT_NE(failed.seq, turn.seq);
  rig.js().connect(failed, {.to = loopback(refusingPort())});
  failed = rig.expect(EventType::ConnectFailed);
  rig.js().connect(failed, {.to = upstream.address()});
  TestSocket server = rig.expectUpstream(upstream);
  EXPECT_EQ(rig.expectBytes(server, 5), "hello");
}

TEST_F(DialerTest, KeepsTheCountOfBytesTheClientGotBeforeAFailedAttempt) {
  const EventRecord turn = arrive("greeting");
  rig.js().reply(turn, "ok", 8);
  EXPECT_EQ(rig.expectBytes(client, 2), "ok");
  client.write("request");
  rig.js().connect(rig.expect(EventType::Data), {.to = loopback(refusingPort())});
  rig.js().close(rig.expect(EventType::ConnectFailed), "failed");
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(closed.bytesDown, 8);
  EXPECT_EQ(closed.bytesUp, 15);
  EXPECT_EQ(rig.counter(Counter::BytesDown), 8U);
}

TEST_F(DialerTest, GivesUpAtTheConnectDeadline) {
  // A full accept queue: the kernel drops the SYN, as a host that is down would.
  const TestListener full = TestListener::tcp(0);
  const TestSocket first = connectTo(full.port());
  const EventRecord turn = arrive();
  rig.js().connect(turn, {.to = full.address(), .deadlineMs = 50});
  const EventRecord failed = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(failed.detail, static_cast<uint32_t>(ETIMEDOUT));
  EXPECT_GE(failed.sinceAcceptUs - turn.sinceAcceptUs, 49'000);
}

TEST_F(DialerTest, ReachesAUnixSocket) {
  const std::string path = "/tmp/sluice-test-" + std::to_string(getpid()) + ".sock";
  const TestListener local = TestListener::unixPath(path);
  Relayed relayed = rig.relay(rig.listen(), local);
  relayed.server.write("answer");
  EXPECT_EQ(rig.expectBytes(relayed.client, 6), "answer");
}

TEST_F(DialerTest, ReportsASocketPathThatDoesNotExistAndOneThatIsTooLong) {
  rig.js().connect(arrive(), {.path = "/nonexistent/sluice.sock"});
  const EventRecord missing = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(missing.detail, static_cast<uint32_t>(ENOENT));
  rig.js().connect(missing, {.path = std::string(120, 'x')});
  EXPECT_NE(rig.expect(EventType::ConnectFailed).detail, 0U);
}

TEST_F(DialerTest, ReportsAnAddressFamilyNobodyKnows) {
  rig.js().connect(arrive(), {.to = {80 | 9U << 16, {}}});
  EXPECT_EQ(rig.expect(EventType::ConnectFailed).detail, static_cast<uint32_t>(EAFNOSUPPORT));
}

TEST_F(DialerTest, SendsThePrefaceAtOnceToAnUpstreamThatWasFastBefore) {
  const uint16_t listening = rig.listen();
  for (int i = 0; i < 200 && rig.counter(Counter::OptimisticSends) == 0; ++i) {
    Relayed relayed = rig.relay(listening, upstream);
    relayed.server.write("answer");
    EXPECT_EQ(rig.expectBytes(relayed.client, 6), "answer");
  }
  EXPECT_GT(rig.counter(Counter::OptimisticSends), 0U);
}

TEST_F(DialerTest, SurvivesAnUpstreamThatWasFastBeforeAndNowRefuses) {
  const uint16_t listening = rig.listen();
  for (int i = 0; i < 200 && rig.counter(Counter::OptimisticSends) == 0; ++i)
    rig.relay(listening, upstream);
  const WireAddress gone = upstream.address();
  upstream.close();
  const EventRecord turn = arrive("keep me");
  rig.js().connect(turn, {.to = gone});
  const EventRecord failed = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(failed.detail, static_cast<uint32_t>(ECONNREFUSED));
  EXPECT_EQ(rig.js().bytesOf(failed), "keep me");
}

TEST_F(DialerTest, EndsAConnectingClientThatResets) {
  const TestListener full = TestListener::tcp(0);
  const TestSocket first = connectTo(full.port());
  port = rig.listen();
  client = connectTo(port);
  rig.step();  // silent at first, so that the worker watches it
  client.write("x");
  const EventRecord turn = rig.expect(EventType::Data);
  rig.js().connect(turn, {.to = full.address()});
  rig.step();
  client.reset();
  EXPECT_EQ(rig.expectClosed(), EndCause::ClientReset);
}

TEST_F(DialerTest, EndsAConnectingConnectionOnAnUnaskedClose) {
  const TestListener full = TestListener::tcp(0);
  const TestSocket first = connectTo(full.port());
  const EventRecord turn = arrive();
  rig.js().connect(turn, {.to = full.address()});
  rig.step();
  rig.js().close(turn, {}, true);
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_TRUE(rig.expectReset(client));
}

TEST_F(DialerTest, ConnectsWithFastOpenAlsoToAnUpstreamThatDoesNotKnowIt) {
  const uint16_t listening = rig.listen();
  for (int i = 0; i < 3; ++i) {
    Relayed relayed = rig.relay(listening, upstream, {.flags = kFlagFastOpen}, "idempotent");
    relayed.server.write("answer");
    EXPECT_EQ(rig.expectBytes(relayed.client, 6), "answer");
  }
  rig.js().connect(arrive("again"), {.to = loopback(refusingPort()), .flags = kFlagFastOpen});
  const EventRecord failed = rig.expect(EventType::ConnectFailed);
  EXPECT_EQ(rig.js().bytesOf(failed), "again");
  rig.js().connect(failed, {.to = upstream.address(), .flags = kFlagFastOpen});
  TestSocket server = rig.expectUpstream(upstream);
  EXPECT_EQ(rig.expectBytes(server, 5), "again") << "once, whole";
}

/// Needs net.ipv4.tcp_fastopen=3: in a network of its own, where the setting touches nobody.
void connectByFastOpen() {
  std::ofstream("/proc/sys/net/ipv4/tcp_fastopen") << 3 << std::flush;
  WorkerRig rig;
  const TestListener upstream = TestListener::tcp();
  const int queue = 16;
  ASSERT_EQ(setsockopt(upstream.fd(), IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue), 0);
  const uint16_t port = rig.listen();
  bool wasInSyn = false;
  for (int i = 0; i < 3; ++i) {  // the first one only fetches the cookie
    Relayed relayed = rig.relay(port, upstream, {.flags = kFlagFastOpen});
    tcp_info info{};
    socklen_t size = sizeof info;
    getsockopt(relayed.server.fd(), IPPROTO_TCP, TCP_INFO, &info, &size);
    wasInSyn = wasInSyn || (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
    relayed.server.write("answer");
    EXPECT_EQ(rig.expectBytes(relayed.client, 6), "answer");
    relayed.client.write("more");
    EXPECT_EQ(rig.expectBytes(relayed.server, 4), "more") << "the preface came once";
  }
  EXPECT_TRUE(wasInSyn);
}

TEST(DialerFastOpen, SendsThePrefaceInTheSyn) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root for a network namespace";
  EXPECT_TRUE(runInChild([] {
    ASSERT_TRUE(enterOwnNetwork());
    connectByFastOpen();
  }));
}

TEST_F(DialerTest, KeepsTheClientsEndBehindItsBytes) {
  client = connectTo(rig.listen());
  client.write("request");
  client.finishWriting();
  rig.js().connect(rig.expect(EventType::Data), {.to = upstream.address()});
  TestSocket server = rig.expectUpstream(upstream);
  EXPECT_EQ(rig.expectEnd(server), "request");
  server.write("answer");
  server.close();
  EXPECT_EQ(rig.expectEnd(client), "answer");
  EXPECT_EQ(rig.expectClosed(), EndCause::Finished);
}

TEST_F(DialerTest, DeliversAPrefaceOfSixtyKilobytesWhole) {
  port = rig.listen();
  client = connectTo(port);
  const std::string preface(60'000, 'p');
  client.write(preface);
  EventRecord event = rig.expect(EventType::Data);
  while (event.length < preface.size() && event.type != 0) {
    rig.js().read(event);
    event = rig.expect(EventType::Data);
  }
  rig.js().connect(event, {.to = upstream.address()});
  TestSocket server = rig.expectUpstream(upstream);
  EXPECT_EQ(rig.expectBytes(server, preface.size()), preface);
}

}  // namespace
}  // namespace sluice::test
