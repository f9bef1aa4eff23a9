#include "flow/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace sluice {

void TimerWheel::arm(uint32_t id, uint64_t deadlineMs) {
  if (deadlineMs == kNever) return cancel(id);
  if (id >= nodes_.size()) nodes_.resize(std::max<size_t>(size_t{id} + 1, nodes_.size() * 2));
  Node& node = nodes_[id];
  const bool standsEarlyEnough = node.bucket != kNone && node.linkedAtTick <= tickOf(deadlineMs);
  node.deadlineMs = deadlineMs;
  if (standsEarlyEnough) return;
  if (node.bucket != kNone) unlink(id);
  link(id);
}

void TimerWheel::cancel(uint32_t id) {
  if (id >= nodes_.size()) return;
  nodes_[id].deadlineMs = kNever;
  if (nodes_[id].bucket != kNone) unlink(id);
}

void TimerWheel::link(uint32_t id) {
  Node& node = nodes_[id];
  // Never into the past, never further than one turn: a later deadline is looked at once per turn
  // and moved on.
  const uint64_t tick =
      std::clamp(tickOf(node.deadlineMs), lastTick_ + 1, lastTick_ + kBuckets - 1);
  node.linkedAtTick = tick;
  node.bucket = static_cast<uint32_t>(tick % kBuckets);
  node.previous = kNone;
  node.next = heads_[node.bucket];
  if (node.next != kNone) nodes_[node.next].previous = id;
  heads_[node.bucket] = id;
  occupied_[node.bucket / 64] |= uint64_t{1} << (node.bucket % 64);
  ++linked_;
}

void TimerWheel::unlink(uint32_t id) {
  Node& node = nodes_[id];
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    heads_[node.bucket] = node.next;
    if (node.next == kNone) occupied_[node.bucket / 64] &= ~(uint64_t{1} << (node.bucket % 64));
  }
  node.bucket = kNone;
  node.next = kNone;
  node.previous = kNone;
  --linked_;
}

void TimerWheel::collect(uint32_t bucket, uint64_t nowMs) {
  uint32_t id = heads_[bucket];
  while (id != kNone) {
    const uint32_t next = nodes_[id].next;
    unlink(id);
    if (nodes_[id].deadlineMs <= nowMs) {
      due_.push_back(id);
    } else {
      link(id);
    }
    id = next;
  }
}

int64_t TimerWheel::msUntilNext(uint64_t nowMs) const {
  if (linked_ == 0) return -1;
  const uint32_t start = static_cast<uint32_t>((lastTick_ + 1) % kBuckets);
  for (uint32_t word = 0; word <= kBuckets / 64; ++word) {
    const uint32_t at = (start / 64 + word) % (kBuckets / 64);
    uint64_t bits = occupied_[at];
    if (word == 0) bits &= ~uint64_t{0} << (start % 64);
    if (word == kBuckets / 64) bits &= ~(~uint64_t{0} << (start % 64));
    if (bits == 0) continue;
    const uint32_t bucket = at * 64 + static_cast<uint32_t>(std::countr_zero(bits));
    const uint64_t ticksAhead = (bucket + kBuckets - start) % kBuckets + 1;
    const uint64_t dueMs = (lastTick_ + ticksAhead) * kTickMs;
    return dueMs > nowMs ? static_cast<int64_t>(dueMs - nowMs) : 0;
  }
  return -1;
}

}  // namespace sluice
