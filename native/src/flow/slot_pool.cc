#include "flow/slot_pool.h"

namespace sluice {

SlotPool::SlotPool(const Region& region) : region_(region) {
  const RegionShape& shape = region.shape();
  for (uint32_t i = shape.smallSlots; i-- > 0;) small_.push_back(i);
  for (uint32_t i = shape.largeSlots; i-- > 0;) large_.push_back(shape.smallSlots + i);
}

uint32_t SlotPool::take(std::vector<uint32_t>& free) {
  if (free.empty()) return kNoSlot;
  const uint32_t slot = free.back();
  free.pop_back();
  ++inUse_;
  return slot;
}

void SlotPool::giveBack(uint32_t slot) {
  (isLarge(slot) ? large_ : small_).push_back(slot);
  --inUse_;
}

size_t SlotPool::offset(uint32_t slot) const {
  const RegionShape& shape = region_.shape();
  if (!isLarge(slot)) return shape.smallSlotsOffset() + size_t{slot} * kSmallSlotBytes;
  return shape.largeSlotsOffset() + size_t{slot - shape.smallSlots} * kLargeSlotBytes;
}

}  // namespace sluice
