#include "engine/client_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

TEST(ClientReader, GivesTheFirstBytesOfAClientToJs) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen(3));
  client.write("hello");
  const EventRecord event = rig.expect(EventType::Data);
  EXPECT_EQ(rig.js().bytesOf(event), "hello");
  EXPECT_EQ(event.listener, 3);
  EXPECT_EQ(event.detail, 0U);
  EXPECT_EQ(event.peer >> 16, 4U);
  EXPECT_EQ(event.address[0], loopback(0).words[0]);
  EXPECT_EQ(event.bytesUp, 5);
  EXPECT_EQ(event.decidedUs, kNotReached);
}

TEST(ClientReader, GathersBytesBehindThoseInTheSlotWhileJsAsksForMore) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen());
  std::string sent;
  for (const char* piece : {"one ", "two ", "three"}) {
    client.write(piece);
    sent += piece;
    const EventRecord event = rig.expect(EventType::Data);
    EXPECT_EQ(rig.js().bytesOf(event), sent);
    rig.js().read(event);
  }
}

TEST(ClientReader, HoldsNoSlotForAClientThatIsSilent) {
  WorkerRig rig;
  const TestSocket client = connectTo(rig.listen());
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 1; }));
  rig.stepFor(20);
  EXPECT_EQ(rig.state().slots.inUse(), 0U);
}

TEST(ClientReader, MovesAPrefaceThatOutgrowsASmallSlotIntoALargeOne) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen());
  const std::string sent(60'000, 'x');
  size_t written = 0;
  EventRecord event;
  for (size_t seen = 0; seen < sent.size(); seen = event.length) {
    written += client.write(std::string_view(sent).substr(written));
    event = rig.expect(EventType::Data);
    if (event.length <= seen) break;
    rig.js().read(event);
  }
  EXPECT_EQ(rig.js().bytesOf(event), sent);
  EXPECT_GE(event.offset, rig.js().region().shape().largeSlotsOffset());
  EXPECT_EQ(rig.state().slots.inUse(), 1U) << "the small slot was given back";
}

TEST(ClientReader, EndsAClientThatLeavesBeforeAByte) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen());
  client.close();
  const EventRecord closed = rig.expect(EventType::Closed);
  EXPECT_EQ(causeOf(closed), EndCause::ClientGone);
  EXPECT_EQ(firstEndOf(closed), FirstEnd::Client);
  EXPECT_EQ(rig.counter(Counter::Active), 0U);
}

TEST(ClientReader, TellsJsThatTheStreamEndedAfterSomeBytes) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen());
  client.write("half");
  client.finishWriting();
  const EventRecord data = rig.expect(EventType::Data);
  EXPECT_EQ(rig.js().bytesOf(data), "half");
  rig.js().read(data);
  const EventRecord end = rig.expect(EventType::Data);
  EXPECT_EQ(end.detail, kDataEnd);
  EXPECT_EQ(rig.js().bytesOf(end), "half");
}

TEST(ClientReader, EndsAClientThatResets) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen());
  rig.step();
  client.reset();
  EXPECT_EQ(rig.expectClosed(), EndCause::ClientReset);
}

TEST(ClientReader, TellsJsWhenTheReadDeadlineHasPassed) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen(0, {.detectMs = 40}));
  const EventRecord silent = rig.expect(EventType::Data);
  EXPECT_EQ(silent.detail, kDataDeadline);
  EXPECT_EQ(silent.length, 0U);
  EXPECT_GE(silent.sinceAcceptUs, 39'000);
  client.write("late");
  rig.js().read(silent, 5000);
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "late");
}

TEST(ClientReader, DoesNotLetBytesExtendTheReadDeadline) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen(0, {.detectMs = 100}));
  double lastUs = 0;
  for (bool isOver = false; !isOver;) {
    client.write("x");
    const EventRecord event = rig.expect(EventType::Data);
    lastUs = event.sinceAcceptUs;
    isOver = event.detail == kDataDeadline || event.type == 0;
    if (!isOver) rig.js().read(event);
    rig.stepFor(5);
  }
  EXPECT_GE(lastUs, 99'000);
  EXPECT_LT(lastUs, 1'000'000);
}

TEST(ClientReader, AsksAtOnceOnAListenerThatWantsIt) {
  WorkerRig rig;
  const TestSocket client = connectTo(rig.listen(0, {.immediate = true}));
  const EventRecord event = rig.expect(EventType::Data);
  EXPECT_EQ(event.length, 0U);
  EXPECT_EQ(event.detail, 0U);
}

TEST(ClientReader, StopsAtAFullLargeSlotAndGivesItToJsAtTheDeadline) {
  WorkerRig rig;
  TestSocket client = connectTo(rig.listen(0, {.detectMs = 300}));
  const std::string flood(kLargeSlotBytes + 4096, 'y');
  EventRecord event;
  size_t written = 0;
  do {
    written += client.write(std::string_view(flood).substr(written));
    event = rig.expect(EventType::Data);
    if (event.detail == 0) rig.js().read(event);
  } while (event.detail == 0 && event.type != 0);
  EXPECT_EQ(event.detail, kDataDeadline);
  EXPECT_EQ(event.length, kLargeSlotBytes - kSlotTailBytes);
}

/// Clients that each fill a small slot and need a large one; there are two of those.
class LargeSlotsTest : public ::testing::Test {
 protected:
  EventRecord fillSmallSlot(TestSocket& client, uint16_t port) {
    client = connectTo(port);
    client.write(std::string(kSmallSlotBytes - kSlotTailBytes, 'f'));
    const EventRecord full = rig.expect(EventType::Data);
    EXPECT_EQ(full.length, kSmallSlotBytes - kSlotTailBytes);
    return full;
  }

  WorkerRig rig;
};

TEST_F(LargeSlotsTest, KeepsAClientWaitingForALargeSlotUntilOneIsFree) {
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients(3);
  std::vector<EventRecord> held;
  for (int i = 0; i < 2; ++i) {
    const EventRecord full = fillSmallSlot(clients[i], port);
    rig.js().read(full);
    clients[i].write("more");
    held.push_back(rig.expect(EventType::Data));
  }
  const EventRecord third = fillSmallSlot(clients[2], port);
  rig.js().read(third);
  clients[2].write("more");
  rig.stepFor(20);
  EXPECT_FALSE(rig.take(EventType::Data).has_value());
  EXPECT_GT(rig.counter(Counter::SlotLimit), 0U);
  rig.js().close(held[0]);
  EXPECT_EQ(rig.expect(EventType::Data).length, kSmallSlotBytes - kSlotTailBytes + 4);
}

TEST_F(LargeSlotsTest, KeepsItsPlaceInTheQueueAfterADeadlineCameInBetween) {
  const uint16_t port = rig.listen(0, {.detectMs = 60});
  const uint16_t patientPort = rig.listen(1);
  std::vector<TestSocket> clients(3);
  std::vector<EventRecord> held;
  for (int i = 0; i < 2; ++i) {
    rig.js().read(fillSmallSlot(clients[i], patientPort));
    clients[i].write("more");
    held.push_back(rig.expect(EventType::Data));
  }
  rig.js().read(fillSmallSlot(clients[2], port));
  const EventRecord late = rig.expect(EventType::Data);
  ASSERT_EQ(late.detail, kDataDeadline);
  rig.stepFor(10);  // its turn at the queue comes while JS decides
  rig.js().read(late, 5000);
  clients[2].write("more");
  rig.stepFor(10);
  rig.js().close(held[0]);
  EXPECT_EQ(rig.expect(EventType::Data).length, kSmallSlotBytes - kSlotTailBytes + 4);
}

TEST(ClientReader, LeavesClientsInTheKernelsQueueWhileAllSmallSlotsAreWithJs) {
  EngineOptions options = smallOptions();
  options.shape.smallSlots = 2;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  std::vector<TestSocket> clients(4);
  for (TestSocket& client : clients) {
    client = connectTo(port);
    client.write("x");
  }
  const EventRecord first = rig.expect(EventType::Data);
  const EventRecord second = rig.expect(EventType::Data);
  rig.stepFor(20);
  EXPECT_FALSE(rig.take(EventType::Data).has_value());
  EXPECT_EQ(rig.counter(Counter::Accepted), 2U);
  EXPECT_GT(rig.counter(Counter::AcceptPauses), 0U);
  rig.js().close(first);
  rig.js().close(second);
  rig.js().close(rig.expect(EventType::Data));
  rig.js().close(rig.expect(EventType::Data));
  EXPECT_EQ(rig.counter(Counter::Accepted), 4U);
}

TEST(ClientReader, ServesAClientThatCameWhenOthersHadTakenAllSlots) {
  EngineOptions options = smallOptions();
  options.shape.smallSlots = 1;
  WorkerRig rig(options);
  const uint16_t port = rig.listen();
  TestSocket quiet = connectTo(port);
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Accepted) == 1; }));
  TestSocket busy = connectTo(port);
  busy.write("busy");
  const EventRecord held = rig.expect(EventType::Data);
  quiet.write("quiet");  // readable, but there is no slot to read it into
  rig.stepFor(20);
  EXPECT_GT(rig.counter(Counter::SlotLimit), 0U);
  rig.js().close(held);
  EXPECT_EQ(rig.js().bytesOf(rig.expect(EventType::Data)), "quiet");
}

}  // namespace
}  // namespace sluice::test
