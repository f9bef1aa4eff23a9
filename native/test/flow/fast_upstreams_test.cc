#include "flow/fast_upstreams.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice {
namespace {

uint64_t keyOf(uint32_t number) {
  const std::array<uint32_t, 5> words{number, 4, 0, 0, 0};
  return FastUpstreams::keyOf(words.data(), 5);
}

TEST(FastUpstreams, CallsAnUpstreamFastAfterTwoQuickHandshakes) {
  FastUpstreams fast;
  EXPECT_FALSE(fast.isFast(keyOf(1)));
  fast.connected(keyOf(1), 50);
  EXPECT_FALSE(fast.isFast(keyOf(1)));
  fast.connected(keyOf(1), 50);
  EXPECT_TRUE(fast.isFast(keyOf(1)));
  EXPECT_FALSE(fast.isFast(keyOf(2)));
}

TEST(FastUpstreams, ForgetsItAfterOneSlowHandshakeOrOneFailedSend) {
  FastUpstreams fast;
  for (int i = 0; i < 20; ++i) fast.sendWorked(keyOf(1));
  fast.connected(keyOf(1), 10'000);
  EXPECT_FALSE(fast.isFast(keyOf(1)));
  for (int i = 0; i < 20; ++i) fast.sendWorked(keyOf(1));
  fast.sendFailed(keyOf(1));
  EXPECT_FALSE(fast.isFast(keyOf(1)));
}

TEST(FastUpstreams, StartsAtZeroForAnUpstreamThatTakesTheOthersPlace) {
  FastUpstreams fast;
  const uint64_t mine = keyOf(1);
  uint32_t number = 2;
  while (keyOf(number) >> 32 == mine >> 32 || (keyOf(number) >> 32) % 1024 != (mine >> 32) % 1024)
    ++number;
  for (int i = 0; i < 4; ++i) fast.sendWorked(mine);
  fast.sendWorked(keyOf(number));
  EXPECT_FALSE(fast.isFast(mine));
  EXPECT_FALSE(fast.isFast(keyOf(number)));
}

TEST(FastUpstreams, GivesDifferentAddressesDifferentKeys) {
  EXPECT_NE(keyOf(80), keyOf(81));
  EXPECT_NE(keyOf(0), 0U) << "0 marks an empty place";
}

}  // namespace
}  // namespace sluice
