// Ends and failures of a relay: what one side does must reach the other, in order and as what it
// was.
#include "relay/relay_pump.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "test/harness/transfer.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

class RelayPumpTest : public ::testing::Test {
 protected:
  WorkerRig rig;
  Relayed pair = rig.adoptPair();
};

TEST_F(RelayPumpTest, PassesTheClientsEndOnAndLetsTheAnswerCome) {
  pair.client.write("request");
  pair.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.server), "request");
  pair.server.write("answer");
  pair.server.close();
  EXPECT_EQ(rig.expectEnd(pair.client), "answer");
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(causeOf(closed), EndCause::Finished);
  EXPECT_EQ(firstEndOf(closed), FirstEnd::Client);
  EXPECT_EQ(closed.bytesUp, 7);
  EXPECT_EQ(closed.bytesDown, 6);
}

TEST_F(RelayPumpTest, PassesTheUpstreamsEndOnAndLetsTheClientGoOn) {
  pair.server.write("banner");
  pair.server.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.client), "banner");
  pair.client.write("upload");
  pair.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.server), "upload");
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(causeOf(closed), EndCause::Finished);
  EXPECT_EQ(firstEndOf(closed), FirstEnd::Upstream);
}

TEST_F(RelayPumpTest, PassesAResetOfTheClientOn) {
  pair.client.reset();
  EXPECT_TRUE(rig.expectReset(pair.server));
  EXPECT_EQ(rig.expectClosed(), EndCause::ClientReset);
}

TEST_F(RelayPumpTest, PassesAResetOfTheUpstreamOn) {
  pair.server.reset();
  EXPECT_TRUE(rig.expectReset(pair.client));
  EXPECT_EQ(rig.expectClosed(), EndCause::UpstreamReset);
}

TEST_F(RelayPumpTest, DeliversWhatAnUpstreamSentBeforeItResetAndPassesTheResetOn) {
  for (const bool isSeenBefore : {true, false}) {
    Relayed cut = rig.adoptPair();
    cut.server.write("last words");
    if (isSeenBefore) rig.step();
    cut.server.reset();
    std::string words;
    rig.until([&] {
      words += cut.client.read();
      return cut.client.isOver();
    });
    EXPECT_EQ(words, "last words") << isSeenBefore;
    EXPECT_EQ(cut.client.error(), ECONNRESET) << isSeenBefore;
  }
}

TEST_F(RelayPumpTest, NoticesAResetBehindAnEnd) {
  pair.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.server), "");
  pair.client.reset();
  EXPECT_EQ(rig.expectClosed(), EndCause::ClientReset);
}

TEST_F(RelayPumpTest, NoticesAResetOfTheUpstreamBehindItsEnd) {
  pair.server.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.client), "");
  pair.server.reset();
  EXPECT_EQ(rig.expectClosed(), EndCause::UpstreamReset);
  EXPECT_TRUE(rig.expectReset(pair.client) || pair.client.ended());
}

TEST_F(RelayPumpTest, NoticesAResetOfAClientWhoseBytesTheUpstreamDoesNotTake) {
  pair.server.setReceiveBuffer(4096);
  size_t last = 1;
  for (size_t sent = 0; sent != last; rig.stepFor(30)) {
    last = sent;
    for (int i = 0; i < 100; ++i) sent += pair.client.write(std::string(65'536, 'x'));
    if (sent == 0) break;
  }
  pair.client.reset();
  EXPECT_EQ(rig.expectClosed(), EndCause::ClientReset);
}

TEST_F(RelayPumpTest, DeliversAnEarlyAnswerAlthoughTheClientGoesOnSending) {
  // The upstream answers and leaves while the client is uploading. Both are known in the same turn.
  for (int order = 0; order < 2; ++order) {
    Relayed early = rig.adoptPair();
    rig.stepFor(5);
    if (order == 0) early.client.write(std::string(500'000, 'u'));
    early.server.write("413 too large");
    early.server.close();
    if (order == 1) early.client.write(std::string(500'000, 'u'));
    std::string answer;
    rig.until([&] {
      answer += early.client.read();
      return early.client.isOver();
    });
    EXPECT_EQ(answer, "413 too large") << order;
    rig.expect(EventType::Closed);
  }
}

TEST_F(RelayPumpTest, ClosesBothSidesAtTheUpstreamsEndWhereAsked) {
  Relayed eager = rig.adoptPair({.flags = kFlagNoHalfClose});
  eager.server.write("all");
  eager.server.finishWriting();
  EXPECT_EQ(rig.expectEnd(eager.client), "all");
  EXPECT_EQ(rig.expectClosed(), EndCause::Finished);
  EXPECT_EQ(rig.expectEnd(eager.server), "");
}

TEST_F(RelayPumpTest, DeliversAllBytesThatComeTogetherWithTheEnd) {
  // Around the copy size: there a short read must not be taken for the last one, nor a full one for
  // not the last.
  for (const size_t size : {size_t{1}, size_t{kCopyBytes - 1}, size_t{kCopyBytes},
                            size_t{kCopyBytes + 1}, size_t{2 * kCopyBytes}, size_t{300'000}}) {
    Relayed burst = rig.adoptPair();
    ByteLedger ledger(3);
    ledger.sent(burst.server.write(ledger.next(size)));
    burst.server.close();
    EXPECT_TRUE(ledger.received(rig.expectEnd(burst.client)));
    EXPECT_TRUE(ledger.isSettled()) << size;
    burst.client.close();
    EXPECT_EQ(rig.expect(EventType::Closed).bytesDown, static_cast<double>(size));
  }
}

TEST_F(RelayPumpTest, DeliversAllBytesAndThenTheEndThroughASinkThatTakesLittleAtATime) {
  // What is read at once goes out in many partial writes, the last read together with its end among
  // them.
  for (const size_t size : {size_t{30'000}, size_t{kCopyBytes - 1}, size_t{kCopyBytes}}) {
    Relayed tight = rig.adoptPair();
    for (const Fd& fd : rig.connection(tight.turn).fd)
      TestSocket(Fd(dup(fd.get()))).setSendBuffer(4096);
    tight.server.setReceiveBuffer(4096);
    ByteLedger ledger(4);
    ledger.sent(tight.client.write(ledger.next(size)));
    tight.client.finishWriting();
    EXPECT_TRUE(ledger.received(rig.expectEnd(tight.server))) << size;
    EXPECT_TRUE(ledger.isSettled()) << size;
  }
}

TEST_F(RelayPumpTest, PutsTheLastDataAndTheEndIntoOneTurnOnlyWhenTheReadWasTheLast) {
  pair.server.write("part one ");
  rig.stepFor(5);
  pair.server.write("part two");
  pair.server.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.client), "part one part two");
}

TEST_F(RelayPumpTest, DoesNotTakeUrgentDataForTheEndWhileCopying) {
  pair.client.write("before");
  pair.client.write("!", MSG_OOB);
  pair.client.write("after");
  pair.client.finishWriting();
  EXPECT_EQ(rig.expectEnd(pair.server), "beforeafter");
}

TEST_F(RelayPumpTest, DoesNotTakeUrgentDataForTheEndWhileSplicing) {
  const Transfer bulk(rig, pair, {});
  for (const bool finishesAtOnce : {true, false}) {
    Relayed spliced = rig.adoptPair();
    Transfer first(rig, spliced, {.upBytes = 4 << 20, .finishes = false});
    ASSERT_TRUE(first.run());
    ASSERT_TRUE(rig.connection(spliced.turn).direction[0].spliceMode);
    spliced.client.write("before");
    spliced.client.write("!", MSG_OOB);
    if (!finishesAtOnce) rig.stepFor(10);
    spliced.client.write("after");
    spliced.client.finishWriting();
    EXPECT_EQ(rig.expectEnd(spliced.server), "beforeafter") << finishesAtOnce;
  }
}

TEST_F(RelayPumpTest, HoldsNeitherPipeNorBufferWhileIdle) {
  Transfer bulk(rig, pair, {.upBytes = 4 << 20, .downBytes = 4 << 20, .finishes = false});
  ASSERT_TRUE(bulk.run());
  rig.stepFor(10);
  for (const Direction& direction : rig.connection(pair.turn).direction) {
    EXPECT_FALSE(direction.pipe.valid());
    EXPECT_EQ(direction.residual, nullptr);
    EXPECT_FALSE(direction.queued);
  }
}

TEST_F(RelayPumpTest, CountsExactlyWhatItMovedInEachDirection) {
  Transfer bulk(rig, pair, {.upBytes = 3'000'001, .downBytes = 1'234'567});
  ASSERT_TRUE(bulk.run());
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(closed.bytesUp, 3'000'001);
  EXPECT_EQ(closed.bytesDown, 1'234'567);
  EXPECT_EQ(rig.counter(Counter::BytesUp), 3'000'001U);
  EXPECT_EQ(rig.counter(Counter::BytesDown), 1'234'567U);
  EXPECT_EQ(rig.listenerCounter(0, ListenerCounter::BytesUp), 3'000'001U);
  EXPECT_EQ(rig.listenerCounter(0, ListenerCounter::BytesDown), 1'234'567U);
}

}  // namespace
}  // namespace sluice::test
