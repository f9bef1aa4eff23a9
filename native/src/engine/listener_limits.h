// Connections at once per listener, over all workers: the one thing workers share beside
// hand-overs.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "base/limits.h"

namespace sluice {

class ListenerLimits {
 public:
  void setMaximum(uint32_t listener, uint32_t maximum) {
    maximum_[listener].store(maximum, std::memory_order_relaxed);
  }
  /// Counts a connection in; false (and not counted) when the listener is full.
  [[nodiscard]] bool enter(uint32_t listener) {
    if (active_[listener].fetch_add(1, std::memory_order_relaxed) <
        maximum_[listener].load(std::memory_order_relaxed)) {
      return true;
    }
    leave(listener);
    return false;
  }
  /// Counts a connection in that was admitted before (JS hands it back): never refused.
  void enterUnchecked(uint32_t listener) {
    active_[listener].fetch_add(1, std::memory_order_relaxed);
  }
  void leave(uint32_t listener) { active_[listener].fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] uint32_t active(uint32_t listener) const {
    return active_[listener].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint32_t>, kMaxListeners> active_{};
  std::array<std::atomic<uint32_t>, kMaxListeners> maximum_{};
};

}  // namespace sluice
