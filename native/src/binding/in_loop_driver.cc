#include "binding/in_loop_driver.h"

#include <utility>

namespace sluice {

namespace {
// Turns of the worker before libuv gets its own: timers, resolved names and messages of this
// isolate must not starve.
constexpr int kTurnsPerLoop = 8;
}  // namespace

InLoopDriver::InLoopDriver(uv_loop_t* loop, Worker& worker, std::function<void()> askJs)
    : loop_(loop), worker_(worker), askJs_(std::move(askJs)) {}

void InLoopDriver::start() {
  uv_poll_init(loop_, &poll_, worker_.pollFd());
  uv_timer_init(loop_, &timer_);
  uv_idle_init(loop_, &idle_);
  openHandles_ = 3;
  poll_.data = timer_.data = idle_.data = this;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<InLoopDriver*>(handle->data)->turn();
  });
}

void InLoopDriver::turn() {
  if (isClosing_ || isInTurn_) return;
  isInTurn_ = true;
  bool more = true;
  for (int i = 0; i < kTurnsPerLoop && more && !isClosing_; ++i) {
    more = worker_.step(0);
    worker_.publish();
    if (!isAwake_) continue;
    isAwake_ = false;
    askJs_();
    if (isClosing_) break;
    worker_.drainCommands();
    // One more look: an upstream on the same host has often answered by now, and libuv's own wait
    // is dearer.
    more = true;
  }
  isInTurn_ = false;
  if (isClosing_) return;
  if (more) turnSoon();
  armTimer();
}

void InLoopDriver::turnSoon() {
  uv_idle_start(&idle_, [](uv_idle_t* handle) {
    uv_idle_stop(handle);
    static_cast<InLoopDriver*>(handle->data)->turn();
  });
}

void InLoopDriver::commandsWritten() {
  // Not at once: the caller is JS, and a turn may ask JS again.
  if (!isClosing_ && !isInTurn_) turnSoon();
}

void InLoopDriver::armTimer() {
  const int64_t ns = worker_.nsUntilNextDeadline();
  if (ns < 0) return;
  const uint64_t delayMs = (static_cast<uint64_t>(ns) + kNsPerMs - 1) / kNsPerMs;
  const uint64_t dueMs = worker_.state().nowMs + delayMs;
  // A timer that stands earlier fires for nothing once and is set anew: cheaper than moving it at
  // every turn.
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&timer_)) != 0 && timerDueMs_ <= dueMs) return;
  timerDueMs_ = dueMs;
  uv_update_time(loop_);
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { static_cast<InLoopDriver*>(handle->data)->turn(); },
      delayMs, 0);
}

void InLoopDriver::close(std::function<void()> onClosed) {
  isClosing_ = true;
  onClosed_ = std::move(onClosed);
  const auto closed = [](uv_handle_t* handle) {
    auto* driver = static_cast<InLoopDriver*>(handle->data);
    if (--driver->openHandles_ == 0) driver->onClosed_();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), closed);
}

}  // namespace sluice
