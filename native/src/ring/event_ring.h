// The worker's end of the event ring. Records are written at once but published together; JS is
// woken only when it is not already awake, and events that ask for no answer never wake it by
// themselves: they ride with the next one that does, or with a short timer. A full ring spills into
// a queue that the number of connections bounds.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "ring/counters.h"
#include "ring/region.h"

namespace sluice {

class EventRing {
 public:
  EventRing(const Region& region, Counters& counters, std::function<void()> wakeJs);

  void post(const EventRecord& record, uint64_t nowNs);
  /// Makes posted records visible and wakes JS if one of them is urgent or the lazy ones are due.
  void publish(uint64_t nowNs);
  /// Makes everything visible that the ring has room for, however lazy: nothing will come after it.
  void publishAll(uint64_t nowNs) {
    urgent_ = true;
    publish(nowNs);
  }
  /// Whether JS was woken and has not looked yet.
  [[nodiscard]] bool isJsAsked() const;
  /// When the lazy records must go out, or 0.
  [[nodiscard]] uint64_t lazyDueNs() const { return lazyDueNs_; }
  [[nodiscard]] bool hasOverflow() const { return !overflow_.empty(); }
  [[nodiscard]] size_t overflowSize() const { return overflow_.size(); }

 private:
  [[nodiscard]] bool isFull() const;
  void noteUrgency(const EventRecord& record, uint64_t nowNs);
  void write(const EventRecord& record);

  const Region& region_;
  Counters& counters_;
  std::function<void()> wakeJs_;
  std::deque<EventRecord> overflow_;
  uint64_t lazyDueNs_ = 0;
  uint32_t tail_ = 0;
  uint32_t published_ = 0;
  bool urgent_ = false;
};

}  // namespace sluice
