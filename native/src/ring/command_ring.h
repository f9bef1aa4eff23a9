// The worker's end of the command ring: takes records in order, and knows how to go to sleep
// without missing one.
#pragma once
#include <atomic>
#include <cstdint>

#include "ring/region.h"

namespace sluice {

class CommandRing {
 public:
  explicit CommandRing(const Region& region)
      : region_(region),
        head_(std::atomic_ref<uint32_t>(region.control(Control::CommandHead))
                  .load(std::memory_order_acquire)) {}

  /// Calls `take` for every command published so far and hands the places back to JS.
  template <typename Take>
  void drain(Take&& take) {
    const uint32_t tail = loadTail();
    if (tail == head_) return;
    const uint32_t mask = region_.shape().commandCapacity - 1;
    // A tail from outside is not trusted to be sane: never more than the ring holds.
    uint32_t left = tail - head_ <= mask + 1 ? tail - head_ : mask + 1;
    for (; left > 0; --left, ++head_) {
      const CommandRecord record = region_.commands()[head_ & mask];
      take(record);
    }
    const std::atomic_ref<uint32_t> head(region_.control(Control::CommandHead));
    head.store(head_, std::memory_order_release);
  }

  [[nodiscard]] bool hasPending() const { return loadTail() != head_; }

  /// Says that the worker is about to block; false if a command has come meanwhile and it must not.
  [[nodiscard]] bool announceSleep() {
    // Dekker with WorkerPort.flush: store Sleeping, then read the tail; JS stores the tail, then
    // reads Sleeping.
    const std::atomic_ref<uint32_t> sleeping(region_.control(Control::Sleeping));
    sleeping.store(1, std::memory_order_seq_cst);
    if (!hasPending()) return true;
    sleeping.store(0, std::memory_order_seq_cst);
    return false;
  }

  void announceAwake() {
    const std::atomic_ref<uint32_t> sleeping(region_.control(Control::Sleeping));
    if (sleeping.load(std::memory_order_relaxed) != 0) sleeping.store(0, std::memory_order_seq_cst);
  }

 private:
  [[nodiscard]] uint32_t loadTail() const {
    const std::atomic_ref<uint32_t> tail(region_.control(Control::CommandTail));
    return tail.load(std::memory_order_seq_cst);
  }

  const Region& region_;
  uint32_t head_;
};

}  // namespace sluice
