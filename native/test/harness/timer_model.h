// A timer wheel and, beside it, the plainest thing with the same contract: a map of deadlines. Each
// operation is done to both and the answers are compared. Used by the random test and by the fuzz
// target.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "flow/timer_wheel.h"

namespace sluice::test {

class TimerModel {
 public:
  explicit TimerModel(uint64_t nowMs) : wheel_(nowMs), nowMs_(nowMs) {}

  void arm(uint32_t id, uint64_t deadlineMs) {
    wheel_.arm(id, deadlineMs);
    if (deadlineMs == TimerWheel::kNever) {
      deadlines_.erase(id);
    } else {
      deadlines_[id] = {deadlineMs, nowMs_};
    }
  }
  void cancel(uint32_t id) {
    wheel_.cancel(id);
    deadlines_.erase(id);
  }
  /// Moves time on; `rearmMs` (unless 0) arms each id that fires anew, that much later, from inside
  /// its callback, and cancels its neighbour.
  void advance(uint64_t byMs, uint64_t rearmMs);
  /// What did not agree; empty when all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] uint64_t nowMs() const { return nowMs_; }

 private:
  struct Armed {
    uint64_t deadlineMs = 0;
    uint64_t armedAtMs = 0;
  };

  void fired(uint32_t id, uint64_t rearmMs);
  void complain(const std::string& what, uint32_t id);
  void compare();

  TimerWheel wheel_;
  std::map<uint32_t, Armed> deadlines_;
  uint64_t nowMs_;
  std::string problem_;
};

}  // namespace sluice::test
