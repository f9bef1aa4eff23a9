// epoll, edge-triggered. Events carry a token (generation, index, side), never a descriptor number:
// numbers are reused within one batch of events.
#pragma once
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/fd.h"
#include "base/limits.h"
#include "base/result.h"

namespace sluice {

struct PollToken {
  uint32_t generation = 0;
  uint32_t index = 0;
  uint32_t side = 0;

  [[nodiscard]] uint64_t packed() const {
    return uint64_t{generation} << 32 | uint64_t{index} << 1 | side;
  }
  static PollToken unpack(uint64_t value) {
    return {static_cast<uint32_t>(value >> 32), static_cast<uint32_t>(value & 0xffffffffU) >> 1,
            static_cast<uint32_t>(value & 1U)};
  }
};

class Poller {
 public:
  static Result<Poller> create();

  /// Registers for input (and output if `wantsOutput`). ADD polls at once: what is already readable
  /// is reported.
  [[nodiscard]] bool add(int fd, PollToken token, bool wantsOutput);
  /// Registers for input, level-triggered.
  [[nodiscard]] bool addLevel(int fd, PollToken token);
  /// Adds output to the interest. MOD polls again, so an edge between EAGAIN and this call is not
  /// lost.
  [[nodiscard]] bool armOutput(int fd, PollToken token);
  void remove(int fd);
  /// Waits up to `timeoutNs` (negative: for ever). Empty on timeout or EINTR.
  [[nodiscard]] std::span<const epoll_event> wait(int64_t timeoutNs);
  [[nodiscard]] int fd() const { return epoll_.get(); }

 private:
  explicit Poller(Fd epoll) : epoll_(static_cast<Fd&&>(epoll)) {}
  bool control(int operation, int fd, PollToken token, uint32_t events);

  Fd epoll_;
  bool hasPwait2_ = true;
  std::array<epoll_event, kEventsPerWait> events_{};
};

}  // namespace sluice
