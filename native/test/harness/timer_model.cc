#include "test/harness/timer_model.h"

#include <algorithm>

namespace sluice::test {

void TimerModel::complain(const std::string& what, uint32_t id) {
  if (!problem_.empty()) return;
  problem_ = what + ": id " + std::to_string(id) + " at " + std::to_string(nowMs_) + " ms";
}

void TimerModel::fired(uint32_t id, uint64_t rearmMs) {
  const auto entry = deadlines_.find(id);
  if (entry == deadlines_.end()) return complain("fired although nothing was armed", id);
  if (entry->second.deadlineMs > nowMs_) complain("fired before its deadline", id);
  if (wheel_.deadline(id) != TimerWheel::kNever) complain("still armed inside its callback", id);
  deadlines_.erase(entry);
  if (rearmMs == 0) return;
  cancel(id ^ 1U);
  arm(id, nowMs_ + rearmMs);
}

void TimerModel::advance(uint64_t byMs, uint64_t rearmMs) {
  nowMs_ += byMs;
  wheel_.advance(nowMs_, [&](uint32_t id) { fired(id, rearmMs); });
  compare();
}

void TimerModel::compare() {
  uint64_t soonest = TimerWheel::kNever;
  for (const auto& [id, armed] : deadlines_) {
    if (wheel_.deadline(id) != armed.deadlineMs) complain("another deadline than was armed", id);
    // A deadline that had passed when it was armed cannot fire earlier than then.
    const uint64_t dueMs = std::max(armed.deadlineMs, armed.armedAtMs);
    if (dueMs + TimerWheel::kTickMs < nowMs_) complain("more than a tick late", id);
    soonest = std::min(soonest, dueMs);
  }
  const int64_t waitMs = wheel_.msUntilNext(nowMs_);
  if (deadlines_.empty()) {
    if (waitMs != -1) complain("a wait although nothing is armed", 0);
    return;
  }
  // The next look may come too early (a deadline that moved later), never more than a tick late.
  if (waitMs < 0) return complain("no wait although something is armed", 0);
  if (nowMs_ + static_cast<uint64_t>(waitMs) > soonest + TimerWheel::kTickMs)
    complain("a wait beyond the next deadline", 0);
}

}  // namespace sluice::test
