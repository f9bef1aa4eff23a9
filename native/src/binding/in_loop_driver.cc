#include "binding/in_loop_driver.h"

#include <utility>

namespace sluice {

namespace {
// Turns of the worker before libuv gets its own: a flood of connections must not starve messages of
// this isolate.
constexpr int kTurnsPerLoop = 64;
}  // namespace

InLoopDriver::InLoopDriver(uv_loop_t* loop, Worker& worker, std::function<void()> askJs)
    : loop_(loop), worker_(worker), askJs_(std::move(askJs)) {}

void InLoopDriver::start() {
  worker_.askInLoop();
  worker_.watchForeign(uv_backend_fd(loop_));
  uv_prepare_init(loop_, &prepare_);
  uv_idle_init(loop_, &idle_);
  openHandles_ = 2;
  prepare_.data = idle_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) {
    static_cast<InLoopDriver*>(handle->data)->waitInPlace();
  });
}

int64_t InLoopDriver::patienceNs() const {
  // The loop's clock stands still while we block: without the update a timer's distance is measured
  // from long ago.
  uv_update_time(loop_);
  const int untilTimerMs = uv_backend_timeout(loop_);
  return untilTimerMs < 0 ? -1
                          : static_cast<int64_t>(untilTimerMs) * static_cast<int64_t>(kNsPerMs);
}

void InLoopDriver::askIfAwake() {
  worker_.publish();
  if (!isAwake_) return;
  isAwake_ = false;
  askJs_();
  if (!isClosing_) worker_.drainCommands();
}

void InLoopDriver::waitInPlace() {
  if (isClosing_) return;
  uv_idle_stop(&idle_);
  for (int turn = 0; turn < kTurnsPerLoop; ++turn) {
    const int64_t patience = patienceNs();
    worker_.step(patience);
    askIfAwake();
    if (isClosing_) return;
    if (patience == 0 || worker_.takeForeignReady()) break;
  }
  // libuv is about to wait by its own clock: with work of ours left it must not. A busy idle handle
  // makes it look only.
  uv_update_time(loop_);
  uv_idle_start(&idle_, [](uv_idle_t*) {});
}

void InLoopDriver::close(std::function<void()> onClosed) {
  isClosing_ = true;
  onClosed_ = std::move(onClosed);
  if (openHandles_ == 0) return onClosed_();
  const auto closed = [](uv_handle_t* handle) {
    auto* driver = static_cast<InLoopDriver*>(handle->data);
    if (--driver->openHandles_ == 0) driver->onClosed_();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), closed);
}

}  // namespace sluice
