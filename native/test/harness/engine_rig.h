// A whole engine with its relay threads, and JavaScript played by the test's thread, which also
// steps the worker that runs in-loop. For ThreadSanitizer: everything the two sides share goes
// through the rings.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"
#include "test/harness/test_socket.h"

namespace sluice::test {

struct PortEvent {
  uint32_t port = 0;  // number of the worker
  EventRecord event;
};

class EngineRig {
 public:
  EngineRig(DriveMode mode, uint32_t workers, const EngineOptions& options);
  ~EngineRig() { engine_->stop(); }
  EngineRig(const EngineRig&) = delete;
  EngineRig& operator=(const EngineRig&) = delete;

  /// Opens a listening socket for each accepting worker; the port.
  uint16_t listen(const ListenerSpec& spec = {});
  /// What JS does with each event as it comes; events it returns false for are queued for `expect`.
  std::function<bool(JsPort&, const EventRecord&)> onEvent;
  /// One round of JS: flushes, steps the in-loop worker, takes the events of all.
  void turn();
  bool until(const std::function<bool()>& isSo, uint32_t withinMs = 10'000);
  PortEvent expect(EventType type);
  std::optional<PortEvent> take(EventType type);
  void stop();

  [[nodiscard]] JsPort& js(uint32_t port) { return *ports_[port]; }
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] uint32_t wakes() const { return wakes_.load(); }
  [[nodiscard]] double counter(Counter which) const;

 private:
  void drain();

  DriveMode mode_;
  std::vector<std::unique_ptr<SharedRegion>> regions_;
  std::vector<std::unique_ptr<JsPort>> ports_;
  std::atomic<uint32_t> wakes_{0};
  std::unique_ptr<Engine> engine_;
  std::deque<PortEvent> events_;
};

}  // namespace sluice::test
