// Deadlines of one worker: a hashed wheel of doubly linked lists over small integer ids. Pure: time
// is an argument. A deadline that moves later is only noted (its entry is looked at where it stands
// and moved on); one that moves earlier is relinked. Resolution is one tick: a deadline fires up to
// kTickMs late, never early.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

class TimerWheel {
 public:
  static constexpr uint32_t kTickMs = 16;
  static constexpr uint32_t kBuckets = 2048;
  static constexpr uint64_t kNever = UINT64_MAX;

  explicit TimerWheel(uint64_t nowMs) : lastTick_(nowMs / kTickMs) {}

  /// Sets the deadline of `id` (replaces an older one). kNever cancels.
  void arm(uint32_t id, uint64_t deadlineMs);
  void cancel(uint32_t id);
  [[nodiscard]] uint64_t deadline(uint32_t id) const {
    return id < nodes_.size() ? nodes_[id].deadlineMs : kNever;
  }

  /// Calls `fire(id)` for every deadline that has passed; the entry is cancelled before the call,
  /// which may arm it again.
  template <typename Fire>
  void advance(uint64_t nowMs, Fire&& fire) {
    const uint64_t tick = nowMs / kTickMs;
    if (tick <= lastTick_) return;
    const uint64_t first = tick - lastTick_ >= kBuckets ? tick - kBuckets + 1 : lastTick_ + 1;
    lastTick_ = tick;
    for (uint64_t at = first; at <= tick; ++at)
      collect(static_cast<uint32_t>(at % kBuckets), nowMs);
    // Fire from a list of ids: `fire` may cancel or arm any of them.
    for (size_t i = 0; i < due_.size(); ++i) {
      const uint32_t id = due_[i];
      if (nodes_[id].deadlineMs > nowMs) continue;  // re-armed or cancelled by an earlier callback
      cancel(id);
      fire(id);
    }
    due_.clear();
  }

  /// Milliseconds until the next bucket with entries must be looked at, or -1 when there are none.
  [[nodiscard]] int64_t msUntilNext(uint64_t nowMs) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Node {
    uint64_t deadlineMs = kNever;
    uint32_t next = kNone;
    uint32_t previous = kNone;
    uint32_t bucket = kNone;
    uint64_t linkedAtTick = 0;
  };

  [[nodiscard]] static uint64_t tickOf(uint64_t deadlineMs) {
    return (deadlineMs + kTickMs - 1) / kTickMs;
  }
  void link(uint32_t id);
  void unlink(uint32_t id);
  void collect(uint32_t bucket, uint64_t nowMs);

  std::vector<Node> nodes_;
  std::array<uint32_t, kBuckets> heads_ = emptyHeads();
  std::array<uint64_t, kBuckets / 64> occupied_{};
  std::vector<uint32_t> due_;
  uint64_t lastTick_;
  uint32_t linked_ = 0;

  static constexpr std::array<uint32_t, kBuckets> emptyHeads() {
    std::array<uint32_t, kBuckets> heads{};
    heads.fill(kNone);
    return heads;
  }
};

}  // namespace sluice
