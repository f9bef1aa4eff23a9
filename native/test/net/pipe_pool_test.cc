#include "net/pipe_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "test/harness/run_in_child.h"
#include "test/harness/test_socket.h"

namespace sluice {
namespace {

class PipePoolTest : public ::testing::Test {
 protected:
  [[nodiscard]] double counted(Counter which) const { return counters_.get(which); }

  std::array<double, static_cast<size_t>(Counter::Count)> cells_{};
  Counters counters_{cells_.data()};
};

TEST_F(PipePoolTest, HandsAReturnedPipeOutAgain) {
  PipePool pool(counters_, 4, kMinSplicePipeBytes);
  Pipe pipe = pool.take();
  ASSERT_TRUE(pipe.valid());
  const int readEnd = pipe.readEnd();
  pool.giveBack(std::move(pipe), true);
  EXPECT_EQ(pool.take().readEnd(), readEnd);
  EXPECT_EQ(pool.open(), 1U);
}

TEST_F(PipePoolTest, NeverHandsOutAPipeThatCameBackWithBytesInIt) {
  PipePool pool(counters_, 4, kMinSplicePipeBytes);
  Pipe pipe = pool.take();
  ASSERT_EQ(write(pipe.writeEnd(), "secret", 6), 6);
  pool.giveBack(std::move(pipe), false);
  EXPECT_EQ(pool.open(), 0U);
  EXPECT_EQ(counted(Counter::PipesOpen), 0);
  std::array<char, 8> bytes{};
  const Pipe next = pool.take();
  EXPECT_EQ(read(next.readEnd(), bytes.data(), bytes.size()), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_F(PipePoolTest, StopsAtItsMaximumAndCountsIt) {
  PipePool pool(counters_, 2, kMinSplicePipeBytes);
  Pipe first = pool.take();
  const Pipe second = pool.take();
  EXPECT_FALSE(pool.take().valid());
  EXPECT_EQ(counted(Counter::PipeLimit), 1);
  EXPECT_EQ(counted(Counter::PipesOpen), 2);
  pool.giveBack(std::move(first), true);
  EXPECT_TRUE(pool.take().valid());
}

TEST_F(PipePoolTest, KeepsNoMoreIdlePipesThanItsLimit) {
  const size_t before = test::openDescriptors();
  {
    PipePool pool(counters_, kMaxPipesPerWorker, kMinSplicePipeBytes);
    std::vector<Pipe> taken;
    for (uint32_t i = 0; i < kMaxIdlePipes + 5; ++i) taken.push_back(pool.take());
    for (Pipe& pipe : taken) pool.giveBack(std::move(pipe), true);
    EXPECT_EQ(pool.open(), kMaxIdlePipes);
    EXPECT_EQ(test::openDescriptors(), before + 2 * kMaxIdlePipes);
  }
  EXPECT_EQ(test::openDescriptors(), before);
}

TEST_F(PipePoolTest, SaysWhatTheKernelGrants) {
  PipePool pool(counters_, 2, kPipeBytes);
  const Pipe pipe = pool.take();
  EXPECT_EQ(pool.grantedBytes(), pipe.capacity());
  EXPECT_EQ(counted(Counter::PipeBytesGranted), pipe.capacity());
}

TEST_F(PipePoolTest, GivesNoPipeWhenDescriptorsAreOut) {
  EXPECT_TRUE(test::runInChild([this] {
    test::leaveDescriptors(1);
    PipePool pool(counters_, 4, kPipeBytes);
    EXPECT_FALSE(pool.take().valid());
    EXPECT_EQ(counted(Counter::PipeLimit), 1);
    EXPECT_EQ(pool.open(), 0U);
  }));
}

}  // namespace
}  // namespace sluice
