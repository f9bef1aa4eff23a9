#include "engine/closer.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {
namespace {

class CloserTest : public ::testing::Test {
 protected:
  EventRecord arrive(std::string_view preface = "hello") {
    client = connectTo(rig.listen());
    client.write(preface);
    return rig.expect(EventType::Data);
  }

  WorkerRig rig;
  TestSocket client;
};

TEST_F(CloserTest, DeliversTheAnswerAndThenTheEnd) {
  rig.js().close(arrive(), "HTTP/1.1 403 Forbidden\r\n\r\n");
  EXPECT_EQ(rig.expectEnd(client), "HTTP/1.1 403 Forbidden\r\n\r\n");
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_EQ(rig.limits().active(0), 0U);
}

TEST_F(CloserTest, DeliversTheAnswerAlthoughTheClientGoesOnSending) {
  const EventRecord turn = arrive(std::string(2000, 'x'));
  for (int i = 0; i < 4; ++i) client.write(std::string(10'000, 'x'));  // not read by anybody
  rig.js().close(turn, "refused");
  rig.step();
  for (int i = 0; i < 20; ++i) {
    client.write(std::string(10'000, 'x'));
    rig.step();
  }
  EXPECT_EQ(client.error(), 0);
  EXPECT_EQ(rig.expectEnd(client), "refused");
  EXPECT_EQ(client.error(), 0) << "no reset";
  client.close();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 0; }));
}

TEST_F(CloserTest, HoldsNoSlotAndNoPlaceAtTheListenerWhileItLingers) {
  rig.js().close(arrive(), "bye");
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_EQ(rig.state().slots.inUse(), 0U);
  EXPECT_EQ(rig.listenerCounter(0, ListenerCounter::Active), 0U);
  EXPECT_EQ(rig.counter(Counter::Active), 1U) << "the descriptor is still there";
  client.close();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 0; }));
}

TEST_F(CloserTest, ForgetsALingeringClientThatNeverLeaves) {
  rig.js().close(arrive(), "bye");
  rig.expectClosed();
  const uint64_t before = monotonicNs();
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 0; }));
  EXPECT_GE((monotonicNs() - before) / kNsPerMs, kLingerTimeoutMs - 100);
}

TEST_F(CloserTest, ForgetsALingeringClientThatSendsWithoutEnd) {
  rig.js().close(arrive(), "bye");
  rig.expectClosed();
  const uint64_t before = monotonicNs();
  EXPECT_TRUE(rig.until([&] {
    client.write(std::string(65'536, 'x'));
    return rig.counter(Counter::Active) == 0;
  }));
  EXPECT_LT((monotonicNs() - before) / kNsPerMs, kLingerTimeoutMs);
}

TEST_F(CloserTest, ResetsWhereAsked) {
  rig.js().close(arrive(), {}, true);
  EXPECT_TRUE(rig.expectReset(client));
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_EQ(rig.counter(Counter::Active), 0U);
}

TEST_F(CloserTest, ClosesBothSidesOfARelayOnAnUnaskedClose) {
  const TestListener upstream = TestListener::tcp();
  Relayed relayed = rig.relay(rig.listen(), upstream);
  rig.js().close(relayed.turn);
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_EQ(rig.expectEnd(relayed.client), "");
  EXPECT_EQ(rig.expectEnd(relayed.server), "");
}

TEST_F(CloserTest, ClosesAReadingConnectionOnAnUnaskedClose) {
  client = connectTo(rig.listen());
  client.write("some");
  const EventRecord turn = rig.expect(EventType::Data);
  rig.js().read(turn);
  rig.step();
  rig.js().close(turn);
  EXPECT_EQ(rig.expectClosed(), EndCause::Commanded);
  EXPECT_EQ(rig.expectEnd(client), "");
}

TEST_F(CloserTest, EndsAClientWhoseEndWasReadWithoutLingering) {
  client = connectTo(rig.listen());
  client.write("half");
  client.finishWriting();
  rig.js().read(rig.expect(EventType::Data));
  rig.js().close(rig.expect(EventType::Data), "answer");
  EXPECT_EQ(rig.expectEnd(client), "answer");
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 0; }, 1000));
}

TEST_F(CloserTest, ReportsEveryConnectionOnceAtATeardown) {
  const TestListener upstream = TestListener::tcp();
  const uint16_t port = rig.listen();
  Relayed relayed = rig.relay(port, upstream);
  const TestSocket silent = connectTo(port);
  TestSocket deciding = connectTo(port);
  deciding.write("x");
  rig.expect(EventType::Data);
  EXPECT_TRUE(rig.until([&] { return rig.counter(Counter::Active) == 3; }));
  rig.teardown();
  for (int i = 0; i < 3; ++i) {
    const auto closed = rig.take(EventType::Closed);
    ASSERT_TRUE(closed.has_value());
    EXPECT_EQ(causeOf(*closed), EndCause::Stopped);
  }
  EXPECT_FALSE(rig.take(EventType::Closed).has_value());
}

TEST(Teardown, GivesEveryDescriptorBack) {
  const size_t before = openDescriptors();
  {
    WorkerRig rig;
    const TestListener upstream = TestListener::tcp();
    const uint16_t port = rig.listen();
    const Relayed first = rig.relay(port, upstream);
    const Relayed second = rig.adoptPair();
    const TestSocket silent = connectTo(port);
    rig.stepFor(10);
  }
  EXPECT_EQ(openDescriptors(), before);
}

}  // namespace
}  // namespace sluice::test
