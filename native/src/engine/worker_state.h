// What the parts of one worker share: its tables, queues, clock and counters, and how a record
// about a connection is posted. Owned by Worker; the parts hold references and never outlive it.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "base/monotonic_clock.h"
#include "engine/engine_options.h"
#include "engine/listener_limits.h"
#include "flow/connection_table.h"
#include "flow/slot_pool.h"
#include "flow/timer_wheel.h"
#include "net/pipe_pool.h"
#include "net/poller.h"
#include "relay/relay_pump.h"
#include "ring/event_ring.h"

namespace sluice {

struct WorkerState {
  WorkerState(Region regionIn, const EngineOptions& optionsIn, ListenerLimits& limitsIn,
              Poller pollerIn, std::function<void()> wakeJs);

  void refreshClock() {
    nowNs = monotonicNs();
    nowMs = nowNs / kNsPerMs;
  }
  /// Microseconds since the connection was accepted, by a fresh look at the clock.
  [[nodiscard]] static uint32_t sinceAcceptUs(const Connection& connection) {
    return static_cast<uint32_t>((monotonicNs() - connection.acceptedNs) / kNsPerUs);
  }

  void post(const Connection& connection, EventType type, uint32_t detail, int fd = -1);
  /// Gives the turn to JS: posts, and starts the decide deadline.
  void postTurn(Connection& connection, EventType type, uint32_t detail, int fd = -1);
  /// The turn came back.
  void takeTurn(Connection& connection);

  void releaseSlot(Connection& connection);
  [[nodiscard]] uint8_t* slotBytes(const Connection& connection) const {
    return slots.bytes(connection.slot);
  }
  [[nodiscard]] uint8_t* slotTail(const Connection& connection) const {
    return slots.bytes(connection.slot) + slots.capacity(connection.slot);
  }
  /// Registers a descriptor of the connection with the poller if it is not yet.
  [[nodiscard]] bool watch(Connection& connection, uint32_t side, bool wantsOutput);
  [[nodiscard]] uint32_t fdsInUse() const { return 2 * (connections.active() + pipes.open()); }
  double& listenerCounter(uint32_t listener, ListenerCounter which) const {
    return region.listenerCounters(listener)[static_cast<uint32_t>(which)];
  }

  Region region;
  EngineOptions options;
  ListenerLimits& limits;
  Counters counters;
  Poller poller;
  ConnectionTable connections;
  SlotPool slots;
  PipePool pipes;
  EventRing events;
  RelayPump relay;
  TimerWheel timers;
  std::deque<ConnectionSide> slotWaiters;
  uint64_t nowNs;
  uint64_t nowMs;
  uint32_t deciding = 0;
};

}  // namespace sluice
