// Where the parts of one worker's shared memory lie. The memory is made by JS (a SharedArrayBuffer,
// zeroed) and outlives the worker.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/limits.h"
#include "ring/ring_layout.h"

namespace sluice {

struct RegionShape {
  uint32_t eventCapacity = kEventRingCapacity;
  uint32_t commandCapacity = kCommandRingCapacity;
  uint32_t smallSlots = kSmallSlots;
  uint32_t largeSlots = kLargeSlots;

  [[nodiscard]] size_t eventsOffset() const { return kControlBytes; }
  [[nodiscard]] size_t commandsOffset() const {
    return eventsOffset() + size_t{eventCapacity} * sizeof(EventRecord);
  }
  [[nodiscard]] size_t smallSlotsOffset() const {
    return commandsOffset() + size_t{commandCapacity} * sizeof(CommandRecord);
  }
  [[nodiscard]] size_t largeSlotsOffset() const {
    return smallSlotsOffset() + size_t{smallSlots} * kSmallSlotBytes;
  }
  [[nodiscard]] size_t bytes() const {
    return largeSlotsOffset() + size_t{largeSlots} * kLargeSlotBytes;
  }
};

class Region {
 public:
  Region(std::span<uint8_t> memory, RegionShape shape) : memory_(memory), shape_(shape) {}

  [[nodiscard]] const RegionShape& shape() const { return shape_; }
  [[nodiscard]] uint32_t& control(Control word) const {
    return reinterpret_cast<uint32_t*>(memory_.data())[static_cast<uint32_t>(word)];
  }
  [[nodiscard]] double* counters() const {
    return reinterpret_cast<double*>(memory_.data() + kCountersOffset);
  }
  [[nodiscard]] double* listenerCounters(uint32_t listener) const {
    return reinterpret_cast<double*>(memory_.data() + kListenerCountersOffset +
                                     size_t{listener} * kListenerCountersBytes);
  }
  [[nodiscard]] EventRecord* events() const {
    return reinterpret_cast<EventRecord*>(memory_.data() + shape_.eventsOffset());
  }
  [[nodiscard]] CommandRecord* commands() const {
    return reinterpret_cast<CommandRecord*>(memory_.data() + shape_.commandsOffset());
  }
  [[nodiscard]] uint8_t* at(size_t offset) const { return memory_.data() + offset; }

 private:
  std::span<uint8_t> memory_;
  RegionShape shape_;
};

}  // namespace sluice
