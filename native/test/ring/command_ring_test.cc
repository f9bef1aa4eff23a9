#include "ring/command_ring.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"

namespace sluice {
namespace {

const RegionShape kShape{
    .eventCapacity = 4, .commandCapacity = 8, .smallSlots = 1, .largeSlots = 1};

class CommandRingTest : public ::testing::Test {
 protected:
  void startAt(uint32_t index) {
    js.startAt(0, index);
    ring = std::make_unique<CommandRing>(region);
  }
  void SetUp() override { startAt(0); }

  void write(uint32_t tag) { js.next(CommandType::Read).tag = tag; }
  std::vector<uint32_t> drain() {
    std::vector<uint32_t> tags;
    ring->drain([&](const CommandRecord& command) { tags.push_back(command.tag); });
    return tags;
  }

  test::SharedRegion memory{kShape};
  Region region = memory.view();
  int kicks = 0;
  test::JsPort js{region, [this] { ++kicks; }};
  std::unique_ptr<CommandRing> ring;
};

using Tags = std::vector<uint32_t>;

TEST_F(CommandRingTest, TakesPublishedCommandsInOrderAndHandsTheirPlacesBack) {
  write(1);
  write(2);
  EXPECT_EQ(drain(), Tags{}) << "not published yet";
  js.flush();
  EXPECT_TRUE(ring->hasPending());
  EXPECT_EQ(drain(), (Tags{1, 2}));
  EXPECT_EQ(region.control(Control::CommandHead), 2U);
  EXPECT_FALSE(ring->hasPending());
}

TEST_F(CommandRingTest, RunsOverTheEndOfItsIndices) {
  startAt(0xfffffffd);
  for (uint32_t tag = 1; tag <= 8; ++tag) write(tag);
  js.flush();
  EXPECT_EQ(drain(), (Tags{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(region.control(Control::CommandHead), 5U);
}

TEST_F(CommandRingTest, DoesNotSleepOverAPublishedCommand) {
  EXPECT_TRUE(ring->announceSleep());
  EXPECT_EQ(region.control(Control::Sleeping), 1U);
  write(1);
  js.flush();
  EXPECT_EQ(kicks, 1);
  EXPECT_EQ(region.control(Control::Sleeping), 0U) << "one kick is enough";
  EXPECT_FALSE(ring->announceSleep());
  EXPECT_EQ(region.control(Control::Sleeping), 0U);
}

TEST_F(CommandRingTest, IsNotKickedWhileAwake) {
  EXPECT_TRUE(ring->announceSleep());
  ring->announceAwake();
  write(1);
  js.flush();
  EXPECT_EQ(kicks, 0);
}

TEST_F(CommandRingTest, TakesNeverMoreThanARingFullWhateverTailJsClaims) {
  for (const uint32_t tail : {9U, 0x80000000U, 0xffffffffU}) {
    region.control(Control::CommandTail) = tail;
    EXPECT_LE(drain().size(), kShape.commandCapacity) << tail;
  }
}

}  // namespace
}  // namespace sluice
