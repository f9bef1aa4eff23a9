// Bulk: the switches between copying and splicing, and what happens when the kernel refuses to
// splice.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>

#include "test/harness/run_in_child.h"
#include "test/harness/transfer.h"

namespace sluice::test {
namespace {

constexpr uint64_t kMiB = 1 << 20;

void expectNoPipesInFlight(WorkerRig& rig) {
  EXPECT_LE(rig.state().pipes.open(), kMaxIdlePipes);
  EXPECT_EQ(rig.counter(Counter::PipesOpen), rig.state().pipes.open());
}

TEST(RelaySplice, Carries64MiBInBothDirectionsAtOnce) {
  WorkerRig rig;
  Relayed pair = rig.adoptPair();
  Transfer bulk(rig, pair, {.upBytes = 64 * kMiB, .downBytes = 64 * kMiB});
  EXPECT_TRUE(bulk.run());
  EXPECT_GT(rig.counter(Counter::Splices), 0U);
  EXPECT_GE(rig.counter(Counter::ToSplice), 2U);
  EXPECT_EQ(rig.expectClosed(), EndCause::Finished);
  expectNoPipesInFlight(rig);
}

TEST(RelaySplice, GoesBackToCopyingForSmallMessagesAndToSplicingForBulkAgain) {
  WorkerRig rig;
  Relayed pair = rig.adoptPair();
  for (int turn = 1; turn <= 3; ++turn) {
    Transfer bulk(rig, pair, {.upBytes = 4 * kMiB, .finishes = false});
    ASSERT_TRUE(bulk.run());
    EXPECT_EQ(rig.counter(Counter::ToSplice), static_cast<uint64_t>(turn));
    for (int i = 0; i < 20; ++i) {
      pair.client.write("small");
      ASSERT_EQ(rig.expectBytes(pair.server, 5), "small");
    }
    EXPECT_EQ(rig.counter(Counter::ToCopy), static_cast<uint64_t>(turn));
    EXPECT_FALSE(rig.connection(pair.turn).direction[0].spliceMode);
  }
}

TEST(RelaySplice, LosesNothingToAReaderThatRestsAgainAndAgain) {
  WorkerRig rig;
  Relayed pair = rig.adoptPair();
  uint32_t rounds = 0;
  Transfer bulk(
      rig, pair,
      {.upBytes = 24 * kMiB, .downBytes = 24 * kMiB, .readChunk = 100'000, .isReaderResting = [&] {
         return ++rounds % 64 < 32;
       }});
  EXPECT_TRUE(bulk.run());
}

TEST(RelaySplice, HoldsBackASenderWhoseReaderDoesNotRead) {
  WorkerRig rig;
  Relayed pair = rig.adoptPair();
  pair.server.setReceiveBuffer(65'536);
  size_t sent = 0;
  for (int i = 0; i < 300; ++i) {
    for (int k = 0; k < 10; ++k) sent += pair.client.write(std::string(65'536, 'x'));
    rig.step();
  }
  EXPECT_LT(sent, 100 * kMiB);
  const Direction& up = rig.connection(pair.turn).direction[0];
  EXPECT_TRUE(up.hasPending());
  EXPECT_LE(uint64_t{up.inPipe} + up.residualBytes, 2U * kPipeBytes);
}

TEST(RelaySplice, CopiesWhereSplicingIsSwitchedOff) {
  EngineOptions options = smallOptions();
  options.splice = false;
  WorkerRig rig(options);
  Relayed pair = rig.adoptPair();
  Transfer bulk(rig, pair, {.upBytes = 8 * kMiB, .downBytes = 8 * kMiB});
  EXPECT_TRUE(bulk.run());
  EXPECT_EQ(rig.counter(Counter::Splices), 0U);
  EXPECT_EQ(rig.counter(Counter::PipesOpen), 0U);
}

TEST(RelaySplice, CopiesWhereNoPipeIsToBeHad) {
  EngineOptions options = smallOptions();
  options.maxPipes = 0;
  options.receiveLowWater = true;
  WorkerRig rig(options);
  Relayed pair = rig.adoptPair();
  Transfer bulk(rig, pair, {.upBytes = 8 * kMiB, .downBytes = 8 * kMiB, .finishes = false});
  EXPECT_TRUE(bulk.run());
  EXPECT_GT(rig.counter(Counter::PipeLimit), 0U);
  EXPECT_EQ(rig.counter(Counter::Splices), 0U);
  for (const Direction& direction : rig.connection(pair.turn).direction)
    EXPECT_FALSE(direction.lowWater) << "small messages would wait for a tick";
}

TEST(RelaySplice, CarriesBulkUnderALowWaterMarkAndBringsTheTail) {
  EngineOptions options = smallOptions();
  options.receiveLowWater = true;
  WorkerRig rig(options);
  Relayed pair = rig.adoptPair();
  Transfer bulk(rig, pair, {.upBytes = 16 * kMiB + 17, .downBytes = 16 * kMiB + 5});
  EXPECT_TRUE(bulk.run());
  EXPECT_EQ(rig.expectClosed(), EndCause::Finished);
}

TEST(RelaySplice, CarriesBulkBetweenAUnixSocketAndTcp) {
  WorkerRig rig;
  auto [client, clientEnd] = tcpPair();
  auto [server, serverEnd] = unixPair();
  rig.js().relay({clientEnd.takeFd().release(), serverEnd.takeFd().release()});
  Relayed pair;
  pair.turn = rig.expect(EventType::Moved);
  pair.client = std::move(client);
  pair.server = std::move(server);
  Transfer bulk(rig, pair, {.upBytes = 16 * kMiB, .downBytes = 16 * kMiB});
  EXPECT_TRUE(bulk.run());
}

TEST(RelaySplice, ManyConnectionsShareFewPipes) {
  EngineOptions options = smallOptions();
  options.maxPipes = 2;
  WorkerRig rig(options);
  std::vector<Relayed> pairs;
  for (int i = 0; i < 6; ++i) pairs.push_back(rig.adoptPair());
  for (Relayed& pair : pairs) {
    Transfer bulk(rig, pair, {.upBytes = 3 * kMiB, .downBytes = 3 * kMiB, .finishes = false});
    ASSERT_TRUE(bulk.run());
  }
  EXPECT_LE(rig.counter(Counter::PipesOpen), 2U);
}

/// The kernel refuses splice(2) from some moment on; what lies in a pipe then must still arrive.
class SpliceRefusedTest : public ::testing::TestWithParam<int> {};

TEST_P(SpliceRefusedTest, FromTheBeginning) {
  EXPECT_TRUE(runInChild([] {
    refuseSystemCall(SYS_splice, GetParam());
    WorkerRig rig;
    Relayed pair = rig.adoptPair();
    Transfer bulk(rig, pair, {.upBytes = 8 * kMiB, .downBytes = 8 * kMiB});
    EXPECT_TRUE(bulk.run());
    EXPECT_EQ(rig.counter(Counter::SpliceFallbacks), 2U) << "each direction once, then never again";
    expectNoPipesInFlight(rig);
  }));
}

TEST_P(SpliceRefusedTest, WhileThePipeHoldsBytes) {
  EXPECT_TRUE(runInChild([] {
    WorkerRig rig;
    Relayed pair = rig.adoptPair();
    bool isRefused = false;
    uint32_t rounds = 0;
    Transfer bulk(rig, pair, {.upBytes = 32 * kMiB, .downBytes = 8 * kMiB, .isReaderResting = [&] {
                                const Direction& up = rig.connection(pair.turn).direction[0];
                                if (isRefused || ++rounds > 5000) return false;
                                if (up.inPipe == 0 || up.writable) return rounds > 8;
                                refuseSystemCall(SYS_splice, GetParam());
                                isRefused = true;
                                return false;
                              }});
    EXPECT_TRUE(bulk.run());
    EXPECT_TRUE(isRefused);
    EXPECT_GT(rig.counter(Counter::SpliceFallbacks), 0U);
    EXPECT_EQ(rig.expect(EventType::Closed).bytesUp, 32.0 * kMiB);
    expectNoPipesInFlight(rig);
  }));
}

INSTANTIATE_TEST_SUITE_P(EachErrno, SpliceRefusedTest,
                         ::testing::Values(EPERM, ENOSYS, EINVAL, EOPNOTSUPP, ENOMEM),
                         [](const auto& tested) { return std::to_string(tested.param); });

}  // namespace
}  // namespace sluice::test
