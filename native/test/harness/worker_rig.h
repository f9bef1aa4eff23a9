// One worker under a test that plays everything around it: the clients, the upstreams, and
// JavaScript. No threads: the worker moves only when the test steps it, so each order of events can
// be had at will.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/worker.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"
#include "test/harness/test_socket.h"

namespace sluice::test {

/// Small rings and few slots: limits are near.
[[nodiscard]] EngineOptions smallOptions();

/// A client whose bytes an upstream has got.
struct Relayed {
  TestSocket client;
  TestSocket server;
  EventRecord turn;  // the event whose answer made the connection
};

class WorkerRig {
 public:
  explicit WorkerRig(EngineOptions options = smallOptions());
  ~WorkerRig();
  WorkerRig(const WorkerRig&) = delete;
  WorkerRig& operator=(const WorkerRig&) = delete;

  /// Opens a listening socket on 127.0.0.1 and gives it to the worker; its port.
  uint16_t listen(uint32_t listener = 0, const ListenerSpec& spec = {}, uint32_t ordinal = 0);
  /// Publishes commands, steps once (waits 2 ms at most unless told otherwise), takes the events.
  void step(int64_t waitNs = 2'000'000);
  /// Steps until `isSo` or five seconds have passed; whether it became so.
  bool until(const std::function<bool()>& isSo, uint32_t withinMs = 5000);
  void stepFor(uint32_t ms);
  /// The next event of this kind; fails the test when none comes. Other events stay queued.
  EventRecord expect(EventType type);
  /// A queued event of this kind, without stepping.
  std::optional<EventRecord> take(EventType type);
  /// The next Closed event and its cause.
  EndCause expectClosed();
  TestSocket expectUpstream(const TestListener& upstream);
  /// Steps until `socket` has received exactly this many bytes; fails when it ends before.
  std::string expectBytes(TestSocket& socket, size_t count);
  /// Steps until the socket's stream has ended; what came before the end.
  std::string expectEnd(TestSocket& socket);
  /// Steps until the socket fails with ECONNRESET (bytes before it are dropped).
  bool expectReset(TestSocket& socket);
  /// A client that sent `preface`, connected to `upstream`, which has read it.
  Relayed relay(uint16_t port, const TestListener& upstream, Dial dial = {},
                std::string_view preface = "hello");
  /// Two connected sockets adopted as one relaying connection, over TCP.
  Relayed adoptPair(Pair pair = {});

  [[nodiscard]] JsPort& js() { return js_; }
  [[nodiscard]] Worker& worker() { return *worker_; }
  [[nodiscard]] WorkerState& state() { return worker_->state(); }
  [[nodiscard]] Connection& connection(const EventRecord& event) {
    return state().connections.at(event.index);
  }
  [[nodiscard]] uint64_t counter(Counter which) {
    return static_cast<uint64_t>(state().counters.get(which));
  }
  [[nodiscard]] uint64_t listenerCounter(uint32_t listener, ListenerCounter which) {
    return static_cast<uint64_t>(state().listenerCounter(listener, which));
  }
  [[nodiscard]] ListenerLimits& limits() { return limits_; }
  [[nodiscard]] size_t queuedEvents() const { return events_.size(); }
  /// Closes everything now instead of at the end.
  void teardown();

 private:
  SharedRegion region_;
  ListenerLimits limits_;
  std::unique_ptr<Worker> worker_;
  JsPort js_;
  std::deque<EventRecord> events_;
};

/// The cause in a Closed event, and who ended first.
[[nodiscard]] inline EndCause causeOf(const EventRecord& event) {
  return static_cast<EndCause>(event.detail & 0xffU);
}
[[nodiscard]] inline FirstEnd firstEndOf(const EventRecord& event) {
  return static_cast<FirstEnd>(event.detail >> 8);
}

}  // namespace sluice::test
