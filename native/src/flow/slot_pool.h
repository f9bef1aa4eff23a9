// Which slots of the slab are free. A slot belongs to the worker until its bytes are posted, then
// to JS until the answer. LIFO, so that a light load touches little memory.
#pragma once
#include <cstdint>
#include <vector>

#include "ring/region.h"

namespace sluice {

inline constexpr uint32_t kNoSlot = 0xffffffff;

class SlotPool {
 public:
  explicit SlotPool(const Region& region);

  [[nodiscard]] uint32_t takeSmall() { return take(small_); }
  [[nodiscard]] uint32_t takeLarge() { return take(large_); }
  void giveBack(uint32_t slot);

  [[nodiscard]] bool hasSmall() const { return !small_.empty(); }
  [[nodiscard]] bool isLarge(uint32_t slot) const { return slot >= region_.shape().smallSlots; }
  [[nodiscard]] uint32_t inUse() const { return inUse_; }

  /// Offset of the slot in the region.
  [[nodiscard]] size_t offset(uint32_t slot) const;
  [[nodiscard]] uint8_t* bytes(uint32_t slot) const { return region_.at(offset(slot)); }
  /// Client bytes that fit; behind them is the tail for JS's reply and a socket path.
  [[nodiscard]] uint32_t capacity(uint32_t slot) const {
    return (isLarge(slot) ? kLargeSlotBytes : kSmallSlotBytes) - kSlotTailBytes;
  }

 private:
  uint32_t take(std::vector<uint32_t>& free);

  const Region& region_;
  std::vector<uint32_t> small_;
  std::vector<uint32_t> large_;
  uint32_t inUse_ = 0;
};

}  // namespace sluice
