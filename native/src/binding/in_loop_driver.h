// Steps a worker inside a libuv loop, and blocks there in libuv's place: the worker's own epoll
// waits for its sockets and for libuv's descriptor alike, and libuv gets its turn when that
// descriptor, a libuv timer or a handle of the isolate asks for it. One wait serves both; nesting
// our epoll in libuv's would cost a second wake-up and a second wait per event.
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

 private:
  /// Before libuv would wait: waits in its place, for as long as only the worker has something to
  /// do.
  void waitInPlace();
  /// How long the worker may block; 0 when libuv has something to do at once.
  [[nodiscard]] int64_t patienceNs() const;
  void askIfAwake();

  uv_loop_t* loop_;
  Worker& worker_;
  std::function<void()> askJs_;
  std::function<void()> onClosed_;
  uv_prepare_t prepare_{};
  uv_idle_t idle_{};
  int openHandles_ = 0;
  bool isAwake_ = false;
  bool isClosing_ = false;
};

}  // namespace sluice
