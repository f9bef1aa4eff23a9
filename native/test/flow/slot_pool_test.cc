#include "flow/slot_pool.h"

#include <gtest/gtest.h>

#include <set>

#include "test/harness/shared_region.h"

namespace sluice {
namespace {

const RegionShape kShape{
    .eventCapacity = 4, .commandCapacity = 4, .smallSlots = 3, .largeSlots = 2};

TEST(SlotPool, HandsEachSlotOutOnceAndThenNone) {
  const test::SharedRegion memory(kShape);
  const Region region = memory.view();
  SlotPool pool(region);
  std::set<uint32_t> taken;
  for (int i = 0; i < 3; ++i) taken.insert(pool.takeSmall());
  for (int i = 0; i < 2; ++i) taken.insert(pool.takeLarge());
  EXPECT_EQ(taken.size(), 5U);
  EXPECT_EQ(taken.count(kNoSlot), 0U);
  EXPECT_EQ(pool.takeSmall(), kNoSlot);
  EXPECT_EQ(pool.takeLarge(), kNoSlot);
  EXPECT_FALSE(pool.hasSmall());
  EXPECT_EQ(pool.inUse(), 5U);
}

TEST(SlotPool, PutsASlotBackAmongThoseOfItsSize) {
  const test::SharedRegion memory(kShape);
  const Region region = memory.view();
  SlotPool pool(region);
  const uint32_t large = pool.takeLarge();
  const uint32_t small = pool.takeSmall();
  EXPECT_TRUE(pool.isLarge(large));
  EXPECT_FALSE(pool.isLarge(small));
  pool.giveBack(small);
  pool.giveBack(large);
  EXPECT_EQ(pool.inUse(), 0U);
  EXPECT_EQ(pool.takeSmall(), small) << "the one used last is warm: it comes first";
  EXPECT_EQ(pool.takeLarge(), large);
}

TEST(SlotPool, LaysSlotsAndTheirTailsOutWithoutOverlapInsideTheRegion) {
  const test::SharedRegion memory(kShape);
  const Region region = memory.view();
  SlotPool pool(region);
  size_t end = kShape.smallSlotsOffset();
  for (uint32_t slot = 0; slot < kShape.smallSlots + kShape.largeSlots; ++slot) {
    EXPECT_EQ(pool.offset(slot), end);
    end += pool.capacity(slot) + kSlotTailBytes;
  }
  EXPECT_EQ(end, kShape.bytes());
}

}  // namespace
}  // namespace sluice
