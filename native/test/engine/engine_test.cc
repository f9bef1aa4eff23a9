// Workers on threads of their own, alone and with an in-loop worker that hands connections to them.
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "test/harness/byte_ledger.h"
#include "test/harness/engine_rig.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

EngineOptions quickToSettle() {
  EngineOptions options = smallOptions();
  options.shape = {.eventCapacity = 256, .commandCapacity = 256, .smallSlots = 64, .largeSlots = 2};
  options.settleMs = 20;
  return options;
}

/// A relayed connection with a ledger for each direction.
struct Line {
  TestSocket client;
  TestSocket server;
  ByteLedger up{1};
  ByteLedger down{2};

  void send(size_t most) {
    up.sent(client.write(up.next(most)));
    down.sent(server.write(down.next(most)));
  }
  [[nodiscard]] bool receive() {
    return up.received(server.read()) && down.received(client.read());
  }
  [[nodiscard]] bool isSettled() const { return up.isSettled() && down.isSettled(); }
};

class EngineTest : public ::testing::Test {
 protected:
  /// JS that connects every client to `upstream` and answers nothing else.
  static void connectAll(EngineRig& rig, const TestListener& upstream) {
    rig.onEvent = [to = upstream.address()](JsPort& js, const EventRecord& event) {
      if (event.type != static_cast<uint8_t>(EventType::Data)) return false;
      EventRecord turn = event;
      turn.tag = event.peer & 0xffffU;  // the client's port
      js.connect(turn, {.to = to});
      return true;
    };
  }
  static Line open(EngineRig& rig, uint16_t port, const TestListener& upstream) {
    Line line;
    line.client = connectTo(port);
    line.up.sent(line.client.write(line.up.next(10)));
    EXPECT_TRUE(rig.until([&] {
      line.server = upstream.accept();
      return line.server.valid();
    }));
    return line;
  }
  static void expectSound(EngineRig& rig, std::vector<Line>& lines) {
    bool isSound = true;
    EXPECT_TRUE(rig.until([&] {
      bool isSettled = true;
      for (Line& line : lines) {
        isSound = isSound && line.receive();
        isSettled = isSettled && line.isSettled();
      }
      return isSettled || !isSound;
    }));
    EXPECT_TRUE(isSound);
  }
};

TEST_F(EngineTest, ServesConnectionsOnTwoThreads) {
  const TestListener upstream = TestListener::tcp(1024);
  EngineRig rig(DriveMode::Threads, 2, quickToSettle());
  connectAll(rig, upstream);
  const uint16_t port = rig.listen();
  std::vector<Line> lines;
  for (int i = 0; i < 60; ++i) lines.push_back(open(rig, port, upstream));
  for (int round = 0; round < 5; ++round) {
    for (Line& line : lines) line.send(5000);
    expectSound(rig, lines);
  }
  lines.clear();
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(causeOf(rig.expect(EventType::Closed).event), EndCause::Finished);
  EXPECT_EQ(rig.counter(Counter::Accepted), 60);
  EXPECT_EQ(rig.counter(Counter::Active), 0);
  EXPECT_GT(rig.wakes(), 0U);
}

TEST_F(EngineTest, CountsAListenersConnectionsOverAllThreads) {
  const TestListener upstream = TestListener::tcp();
  EngineRig rig(DriveMode::Threads, 3, quickToSettle());
  connectAll(rig, upstream);
  const uint16_t port = rig.listen({.maxConnections = 5});
  std::vector<Line> lines;
  for (int i = 0; i < 5; ++i) lines.push_back(open(rig, port, upstream));
  std::vector<TestSocket> refused;
  for (int i = 0; i < 10; ++i) refused.push_back(connectTo(port));
  for (int i = 0; i < 10; ++i) rig.expect(EventType::Refused);
  lines.pop_back();
  rig.expect(EventType::Closed);
  lines.push_back(open(rig, port, upstream));
  lines.back().send(10);
  expectSound(rig, lines);
}

TEST_F(EngineTest, RelaysGoOnWhileJsIsStopped) {
  const TestListener upstream = TestListener::tcp();
  EngineRig rig(DriveMode::Threads, 1, quickToSettle());
  connectAll(rig, upstream);
  const uint16_t port = rig.listen();
  Line line = open(rig, port, upstream);
  std::vector<TestSocket> waiting;
  for (int i = 0; i < 200; ++i) {  // more than there are slots
    waiting.push_back(connectTo(port));
    waiting.back().write("waiting");
  }
  const uint64_t untilNs = monotonicNs() + 300 * kNsPerMs;
  while (monotonicNs() < untilNs) {  // no turn of JS in here
    line.send(1000);
    ASSERT_TRUE(line.receive());
    std::this_thread::yield();
  }
  EXPECT_GT(line.up.receivedBytes(), 100'000U);
  std::vector<TestSocket> served;
  EXPECT_TRUE(rig.until([&] {
    TestSocket next = upstream.accept();
    if (next.valid()) served.push_back(std::move(next));
    return served.size() == 200;
  })) << served.size();
}

TEST_F(EngineTest, HandsAQuietConnectionOverAndItsBytesGoOn) {
  const TestListener upstream = TestListener::tcp();
  EngineRig rig(DriveMode::Handover, 2, quickToSettle());
  connectAll(rig, upstream);
  const uint16_t port = rig.listen({.maxConnections = 1});
  std::vector<Line> lines;
  lines.push_back(open(rig, port, upstream));
  const PortEvent moved = rig.expect(EventType::Moved);
  EXPECT_EQ(moved.port, 1U);
  EXPECT_NE(moved.event.tag, 0U) << "JS knows it by its tag";
  lines[0].send(200'000);
  expectSound(rig, lines);
  EXPECT_EQ(rig.counter(Counter::HandedOver), 1);
  EXPECT_EQ(rig.counter(Counter::Active), 1);
  const TestSocket refused = connectTo(port);
  rig.expect(EventType::Refused);  // it still counts for its listener
  const ByteLedger up = lines[0].up;
  lines.clear();
  const PortEvent closed = rig.expect(EventType::Closed);
  EXPECT_EQ(closed.port, 1U);
  EXPECT_EQ(closed.event.tag, moved.event.tag);
  EXPECT_EQ(closed.event.bytesUp, static_cast<double>(up.sentBytes()));
  EXPECT_NE(closed.event.connectedUs, kNotReached);
}

TEST_F(EngineTest, HandsConnectionsOverWhileTheirBytesFlow) {
  const TestListener upstream = TestListener::tcp();
  EngineRig rig(DriveMode::Handover, 2, quickToSettle());
  connectAll(rig, upstream);
  const uint16_t port = rig.listen();
  std::vector<Line> lines;
  for (int i = 0; i < 20; ++i) lines.push_back(open(rig, port, upstream));
  EXPECT_TRUE(rig.until(
      [&] {
        for (Line& line : lines) {
          line.send(20'000);
          EXPECT_TRUE(line.receive());
        }
        return rig.counter(Counter::HandedOver) == 20;
      },
      30'000))
      << rig.counter(Counter::HandedOver);
  expectSound(rig, lines);
  lines.clear();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rig.expect(EventType::Closed).port, 1U);
}

TEST_F(EngineTest, ObeysACloseUnderTheNewIdentityAndCountsOneUnderTheOld) {
  const TestListener upstream = TestListener::tcp();
  EngineRig rig(DriveMode::Handover, 2, quickToSettle());
  EventRecord original;
  rig.onEvent = [&](JsPort& js, const EventRecord& event) {
    if (event.type != static_cast<uint8_t>(EventType::Data)) return false;
    original = event;
    js.connect(event, {.to = upstream.address()});
    return true;
  };
  const uint16_t port = rig.listen();
  Line line = open(rig, port, upstream);
  const PortEvent moved = rig.expect(EventType::Moved);
  rig.js(0).close(original);
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::StaleCommands) == 1; }));
  rig.js(1).close(moved.event);
  EXPECT_EQ(causeOf(rig.expect(EventType::Closed).event), EndCause::Commanded);
}

TEST_F(EngineTest, ReportsAllThatIsOpenWhenItStops) {
  const size_t before = openDescriptors();
  for (const DriveMode mode : {DriveMode::Threads, DriveMode::Handover}) {
    const TestListener upstream = TestListener::tcp();
    EngineRig rig(mode, 2, quickToSettle());
    connectAll(rig, upstream);
    const uint16_t port = rig.listen();
    std::vector<Line> lines;
    for (int i = 0; i < 30; ++i) lines.push_back(open(rig, port, upstream));
    for (Line& line : lines) line.send(100'000);
    rig.stop();
    uint32_t reported = 0;
    for (auto closed = rig.take(EventType::Closed); closed; closed = rig.take(EventType::Closed)) {
      EXPECT_EQ(causeOf(closed->event), EndCause::Stopped);
      ++reported;
    }
    EXPECT_EQ(reported, 30U);
  }
  EXPECT_EQ(openDescriptors(), before);
}

TEST_F(EngineTest, StopsAtOnceWhileItsThreadsSleep) {
  EngineRig rig(DriveMode::Threads, 4, quickToSettle());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const uint64_t startNs = monotonicNs();
  rig.stop();
  rig.stop();  // twice is once
  EXPECT_LT(monotonicNs() - startNs, 1'000'000'000U);
}

}  // namespace
}  // namespace sluice::test
