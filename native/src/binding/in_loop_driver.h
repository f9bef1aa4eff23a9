// Steps a worker inside a libuv loop: its epoll descriptor is polled, its deadlines are a uv timer.
// JS is asked in the same turn in which its events came, so that a decision costs no wake-up of a
// thread.
#pragma once
#include <uv.h>

#include <functional>

#include "engine/worker.h"

namespace sluice {

class InLoopDriver {
 public:
  /// `askJs` runs the decisions for everything posted.
  InLoopDriver(uv_loop_t* loop, Worker& worker, std::function<void()> askJs);

  void start();
  /// Stops stepping; `onClosed` comes when libuv has let go of the handles.
  void close(std::function<void()> onClosed);
  /// The worker's wakeJs: only ever called from within a step.
  void noteWake() { isAwake_ = true; }
  /// JS has written commands outside a decision (a timer, a resolved name): a turn follows soon.
  void commandsWritten();

 private:
  void turn();
  void turnSoon();
  void armTimer();

  uv_loop_t* loop_;
  Worker& worker_;
  std::function<void()> askJs_;
  std::function<void()> onClosed_;
  uv_poll_t poll_{};
  uv_timer_t timer_{};
  uv_idle_t idle_{};
  int openHandles_ = 0;
  uint64_t timerDueMs_ = 0;
  bool isAwake_ = false;
  bool isClosing_ = false;
  bool isInTurn_ = false;
};

}  // namespace sluice
