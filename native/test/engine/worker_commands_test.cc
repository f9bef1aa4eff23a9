// What JS may ask for, and what the worker does with an answer that comes late, twice or never.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/limits.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

class WorkerCommandsTest : public ::testing::Test {
 protected:
  EventRecord arrive(std::string_view preface = "hello") {
    if (port == 0) port = rig.listen();
    client = connectTo(port);
    client.write(preface);
    return rig.expect(EventType::Data);
  }
  uint64_t stale() { return rig.counter(Counter::StaleCommands); }

  WorkerRig rig;
  uint16_t port = 0;
  TestSocket client;
};

TEST_F(WorkerCommandsTest, RepliesAndReadsOn) {
  const EventRecord turn = arrive("greeting");
  rig.js().reply(turn, "method 2", 8);
  EXPECT_EQ(rig.expectBytes(client, 8), "method 2");
  client.write("password");
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "password");
}

TEST_F(WorkerCommandsTest, KeepsTheBytesBehindThoseAReplyConsumes) {
  rig.js().reply(arrive("greetingrest"), "ok", 8);
  EXPECT_EQ(rig.expectBytes(client, 2), "ok");
  client.write("more");
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "restmore");
}

TEST_F(WorkerCommandsTest, AsksAgainAtOnceAboutPipelinedBytes) {
  rig.js().reply(arrive("greetingrest"), "ok", 8, kFlagAgain);
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "rest");
}

TEST_F(WorkerCommandsTest, WaitsForBytesWhenAReplyConsumedAll) {
  rig.js().reply(arrive("greeting"), "ok", 99, kFlagAgain);
  EXPECT_EQ(rig.expectBytes(client, 2), "ok");
  rig.stepFor(20);
  EXPECT_FALSE(rig.take(EventType::Data).has_value());
  client.write("next");
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "next");
}

TEST_F(WorkerCommandsTest, AsksAgainAtOnceAboutBytesThatFillTheirSlot) {
  const uint32_t full = kSmallSlotBytes - kSlotTailBytes;
  EngineOptions options = smallOptions();
  options.shape.largeSlots = 0;
  WorkerRig tight(options);
  client = connectTo(tight.listen());
  client.write(std::string(full, 'x'));
  const EventRecord turn = tight.expect(EventType::Data);
  ASSERT_EQ(turn.length, full);
  tight.js().reply(turn, "ok", 0, kFlagAgain);
  EXPECT_EQ(tight.expect(EventType::Data).length, full);
}

TEST_F(WorkerCommandsTest, CountsASecondAnswerToATurnAndIgnoresIt) {
  const EventRecord turn = arrive();
  rig.js().read(turn);
  rig.js().echo(turn);
  rig.step();
  EXPECT_EQ(stale(), 1U);
  client.write("!");
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "hello!");
}

TEST_F(WorkerCommandsTest, CountsAnAnswerWithTheSeqOfAnEarlierTurn) {
  const EventRecord first = arrive();
  rig.js().read(first);
  client.write("!");
  const EventRecord second = rig.expect(EventType::Data);
  rig.js().close(first);
  rig.step();
  EXPECT_EQ(stale(), 1U);
  rig.js().echo(second);
  EXPECT_EQ(rig.expectBytes(client, 6), "hello!");
}

TEST_F(WorkerCommandsTest, CountsACommandForAConnectionThatIsGone) {
  const EventRecord turn = arrive();
  rig.js().close(turn, {}, true);
  rig.expectClosed();
  const EventRecord other = arrive("other");
  ASSERT_EQ(other.index, turn.index) << "the place is reused";
  for (const CommandType type : {CommandType::Read, CommandType::Close, CommandType::Detach,
                                 CommandType::Release, CommandType::Echo, CommandType::Connect})
    rig.js().answer(type, turn);
  rig.step();
  EXPECT_EQ(stale(), 6U);
  rig.js().echo(other);
  EXPECT_EQ(rig.expectBytes(client, 5), "other");
}

TEST_F(WorkerCommandsTest, CountsCommandsItDoesNotKnow) {
  for (const int type : {0, 200, 255}) rig.js().next(static_cast<CommandType>(type));
  rig.step();
  EXPECT_EQ(stale(), 3U);
}

TEST_F(WorkerCommandsTest, AnswersAFenceOnceAllBeforeItIsObeyed) {
  port = rig.listen();
  rig.js().pauseAccept(0);
  rig.js().next(CommandType::Fence).tag = 12;
  EXPECT_EQ(rig.expect(EventType::Fenced).tag, 12U);
  client = connectTo(port);
  rig.stepFor(10);
  EXPECT_EQ(rig.counter(Counter::Accepted), 0U);
}

TEST_F(WorkerCommandsTest, GivesTheTagBackWithEveryLaterEvent) {
  EventRecord turn = arrive();
  EXPECT_EQ(turn.tag, 0U);
  turn.tag = 4711;
  rig.js().read(turn);
  client.write("!");
  EXPECT_EQ(rig.expect(EventType::Data).tag, 4711U);
}

TEST_F(WorkerCommandsTest, KeepsTheSlotOfAConnectionThatEndedUntilJsAnswers) {
  EngineOptions options = smallOptions();
  options.decideTimeoutMs = 40;
  WorkerRig slow(options);
  client = connectTo(slow.listen());
  client.write("hello");
  const EventRecord turn = slow.expect(EventType::Data);
  EXPECT_EQ(slow.expectClosed(), EndCause::DecideTimeout);
  EXPECT_EQ(slow.expectEnd(client), "");
  EXPECT_EQ(slow.counter(Counter::DecideTimeouts), 1U);
  EXPECT_EQ(slow.state().slots.inUse(), 1U) << "JS may still be reading it";
  EXPECT_EQ(slow.js().bytesOf(turn), "hello");
  slow.js().connect(turn, {.to = loopback(1)});
  slow.step();
  EXPECT_EQ(slow.state().slots.inUse(), 0U);
  EXPECT_EQ(slow.counter(Counter::Active), 0U);
  EXPECT_EQ(slow.counter(Counter::Deciding), 0U);
}

TEST_F(WorkerCommandsTest, EchoesWhatTheClientSentAndSends) {
  rig.js().echo(arrive("PRY:hello"), 4);
  EXPECT_EQ(rig.expectBytes(client, 5), "hello");
  client.write("again");
  EXPECT_EQ(rig.expectBytes(client, 5), "again");
  client.finishWriting();
  EXPECT_EQ(rig.expectEnd(client), "");
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(causeOf(closed), EndCause::Finished);
  EXPECT_EQ(closed.bytesUp, 14);
  EXPECT_EQ(closed.bytesDown, 10);
}

TEST_F(WorkerCommandsTest, EchoesToTheEndForAClientThatHasFinishedWriting) {
  client = connectTo(rig.listen());
  const std::string sent(300'000, 'e');
  size_t written = client.write(sent);
  rig.js().echo(rig.expect(EventType::Data));
  std::string back;
  bool finished = false;
  EXPECT_TRUE(rig.until([&] {
    written += client.write(std::string_view(sent).substr(written));
    if (written == sent.size() && !finished) client.finishWriting();
    finished = written == sent.size();
    back += client.read();
    return client.isOver();
  }));
  EXPECT_TRUE(back == sent) << back.size() << " written " << written << " errno " << client.error();
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(closed.detail, 0x100U) << closed.bytesUp << " " << closed.bytesDown;
}

TEST_F(WorkerCommandsTest, EchoesAfterAFailedConnectThatForbadeHalfClose) {
  const EventRecord turn = arrive();
  rig.js().connect(turn, {.to = loopback(refusingPort()), .flags = kFlagNoHalfClose});
  rig.js().echo(rig.expect(EventType::ConnectFailed));
  EXPECT_EQ(rig.expectBytes(client, 5), "hello");
  client.write("again");
  EXPECT_EQ(rig.expectBytes(client, 5), "again");
}

TEST_F(WorkerCommandsTest, GivesTheDescriptorAndItsBytesToJs) {
  const EventRecord turn = arrive();
  rig.js().detach(turn);
  const EventRecord detached = rig.expect(EventType::Detached);
  ASSERT_GE(detached.fd, 0);
  EXPECT_EQ(rig.js().bytesOf(detached), "hello");
  rig.js().release(detached);
  rig.step();
  EXPECT_EQ(rig.counter(Counter::Active), 0U);
  EXPECT_EQ(rig.limits().active(0), 0U);
  TestSocket ours{Fd(detached.fd)};
  ours.write("from JS");
  EXPECT_EQ(rig.expectBytes(client, 7), "from JS");
  client.write("x");
  rig.stepFor(10);
  EXPECT_EQ(rig.queuedEvents(), 0U) << "the worker no longer watches it";
}

TEST_F(WorkerCommandsTest, DetachesAConnectionItWasWatching) {
  port = rig.listen();
  client = connectTo(port);
  rig.stepFor(10);
  client.write("hello");
  rig.js().detach(rig.expect(EventType::Data));
  const EventRecord detached = rig.expect(EventType::Detached);
  rig.js().release(detached);
  rig.step();
  TestSocket ours{Fd(detached.fd)};
  client.write("more");
  EXPECT_EQ(rig.expectBytes(ours, 4), "more");
}

TEST_F(WorkerCommandsTest, SurvivesAnyAnswerToADetachedTurn) {
  for (const CommandType type : {CommandType::Read, CommandType::Reply, CommandType::Connect,
                                 CommandType::Echo, CommandType::Close, CommandType::Detach}) {
    const EventRecord turn = arrive();
    rig.js().detach(turn);
    const EventRecord detached = rig.expect(EventType::Detached);
    const TestSocket ours{Fd(detached.fd)};
    rig.js().answer(type, detached).destination = 1 | 4U << 16;
    rig.stepFor(10);
    for (auto event = rig.take(EventType::Detached); event; event = rig.take(EventType::Detached))
      rig.js().release(*event);
    for (auto event = rig.take(EventType::ConnectFailed); event;
         event = rig.take(EventType::ConnectFailed))
      rig.js().release(*event);
    EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 0; }))
        << static_cast<int>(type);
  }
  EXPECT_EQ(rig.state().slots.inUse(), 0U);
}

TEST_F(WorkerCommandsTest, RelaysAPairThatJsHandsIn) {
  Relayed pair = rig.adoptPair({.tag = 99});
  EXPECT_EQ(pair.turn.tag, 99U);
  pair.client.write("up");
  EXPECT_EQ(rig.expectBytes(pair.server, 2), "up");
  pair.server.write("down");
  EXPECT_EQ(rig.expectBytes(pair.client, 4), "down");
  EXPECT_EQ(rig.limits().active(0), 1U);
  pair.client.close();
  EXPECT_EQ(rig.expectEnd(pair.server), "");
  pair.server.close();
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(closed.bytesUp, 2);
  EXPECT_EQ(closed.bytesDown, 4);
  EXPECT_EQ(rig.limits().active(0), 0U);
}

TEST_F(WorkerCommandsTest, RelaysBlockingDescriptorsWithoutBlocking) {
  auto [client, clientEnd] = tcpPair();
  auto [server, serverEnd] = tcpPair();
  for (const TestSocket* end : {&clientEnd, &serverEnd}) fcntl(end->fd(), F_SETFL, 0);
  rig.js().relay({clientEnd.takeFd().release(), serverEnd.takeFd().release()});
  rig.expect(EventType::Moved);
  rig.stepFor(10);
  client.write("x");
  EXPECT_EQ(rig.expectBytes(server, 1), "x");
}

TEST_F(WorkerCommandsTest, EndsAPairOfDescriptorsThatAreNone) {
  rig.js().relay({-1, -1});
  EXPECT_EQ(rig.expectClosed(), EndCause::Internal);
  EXPECT_EQ(rig.limits().active(0), 0U);
}

TEST_F(WorkerCommandsTest, ClosesAPairForAListenerThatCannotBe) {
  auto [client, clientEnd] = tcpPair();
  auto [server, serverEnd] = tcpPair();
  rig.js().relay({clientEnd.takeFd().release(), serverEnd.takeFd().release()}, kMaxListeners);
  EXPECT_EQ(rig.expectEnd(client), "");
  EXPECT_EQ(rig.expectEnd(server), "");
  EXPECT_EQ(stale(), 1U);
}

TEST_F(WorkerCommandsTest, ResetsAClientThatDoesNotTakeAReply) {
  // Fill the client's window: it sends greetings and never reads.
  client = connectTo(rig.listen(), 2048);
  client.write("g");
  EventRecord turn = rig.expect(EventType::Data);
  TestSocket(Fd(dup(rig.connection(turn).fd[kClient].get()))).setSendBuffer(4096);
  EXPECT_TRUE(rig.until(
      [&] {
        rig.js().reply(turn, std::string(kSlotReplyBytes, 'r'), 1);
        rig.step();
        client.write("g");
        const auto next = rig.take(EventType::Data);
        if (next.has_value()) turn = *next;
        const auto closed = rig.take(EventType::Closed);
        return closed.has_value() && causeOf(*closed) == EndCause::ClientReset;
      },
      20'000));
}

}  // namespace
}  // namespace sluice::test
