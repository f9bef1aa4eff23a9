#include "ring/event_ring.h"

#include <atomic>
#include <cstring>
#include <utility>

#include "base/monotonic_clock.h"

namespace sluice {

namespace {
bool wantsAnswer(uint8_t type) {
  const auto kind = static_cast<EventType>(type);
  return kind != EventType::Closed && kind != EventType::Refused && kind != EventType::Moved;
}
}  // namespace

EventRing::EventRing(const Region& region, Counters& counters, std::function<void()> wakeJs)
    : region_(region), counters_(counters), wakeJs_(std::move(wakeJs)) {
  const std::atomic_ref<uint32_t> tail(region.control(Control::EventTail));
  tail_ = published_ = tail.load(std::memory_order_acquire);
}

bool EventRing::isFull() const {
  const std::atomic_ref<uint32_t> head(region_.control(Control::EventHead));
  return tail_ - head.load(std::memory_order_acquire) >= region_.shape().eventCapacity;
}

bool EventRing::isJsAsked() const {
  const std::atomic_ref<uint32_t> awake(region_.control(Control::JsAwake));
  return awake.load(std::memory_order_relaxed) != 0;
}

void EventRing::write(const EventRecord& record) {
  std::memcpy(&region_.events()[tail_ & (region_.shape().eventCapacity - 1)], &record,
              sizeof record);
  ++tail_;
}

void EventRing::noteUrgency(const EventRecord& record, uint64_t nowNs) {
  if (wantsAnswer(record.type)) {
    urgent_ = true;
  } else if (lazyDueNs_ == 0) {
    lazyDueNs_ = nowNs + kLazyEventMs * kNsPerMs;
  }
}

void EventRing::post(const EventRecord& record, uint64_t nowNs) {
  counters_.add(Counter::Events);
  noteUrgency(record, nowNs);
  if (!overflow_.empty() || isFull()) {
    counters_.add(Counter::EventOverflow);
    overflow_.push_back(record);
    return;
  }
  write(record);
}

void EventRing::publish(uint64_t nowNs) {
  while (!overflow_.empty() && !isFull()) {
    // Its urgency may be forgotten: records before it were published while it waited here.
    noteUrgency(overflow_.front(), nowNs);
    write(overflow_.front());
    overflow_.pop_front();
  }
  if (published_ == tail_) return;
  const bool lazyIsDue = lazyDueNs_ != 0 && nowNs >= lazyDueNs_;
  if (!urgent_ && !lazyIsDue && tail_ - published_ < region_.shape().eventCapacity / 4) return;
  urgent_ = false;
  lazyDueNs_ = 0;
  published_ = tail_;
  // Dekker with native/lib/worker-port.ts: publish the tail, then test the flag; JS clears the
  // flag, then reads the tail. Acquire and release are not enough for that: both must be
  // sequentially consistent.
  const std::atomic_ref<uint32_t> tail(region_.control(Control::EventTail));
  tail.store(tail_, std::memory_order_seq_cst);
  const std::atomic_ref<uint32_t> awake(region_.control(Control::JsAwake));
  if (awake.exchange(1, std::memory_order_seq_cst) == 0) {
    counters_.add(Counter::JsWakes);
    wakeJs_();
  }
}

}  // namespace sluice
