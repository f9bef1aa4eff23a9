// Connects to upstreams and starts the relay: connect(2), the preface, the answer to the client
// once connected. A failed attempt gives the turn back to JS with the client's bytes still in the
// slot.
#pragma once
#include "engine/closer.h"
#include "engine/worker_state.h"
#include "flow/fast_upstreams.h"
#include "net/socket_address.h"

namespace sluice {

class Dialer {
 public:
  Dialer(WorkerState& state, Closer& closer) : state_(state), closer_(closer) {}

  void dial(Connection& connection, const CommandRecord& command);
  /// Relays the client to itself, its first bytes included.
  void echo(Connection& connection, const CommandRecord& command);
  /// The upstream socket of a connecting connection has an event.
  void upstreamReady(Connection& connection, uint32_t events);
  void timedOut(Connection& connection);
  /// Pumps and acts on the outcome; the one way a relaying connection moves.
  void pump(Connection& connection);
  /// Starts relaying over two open descriptors.
  void startRelay(Connection& connection);

 private:
  [[nodiscard]] SocketAddress addressOf(const Connection& connection,
                                        const CommandRecord& command) const;
  void connectTo(Connection& connection, const SocketAddress& address, uint32_t deadlineMs);
  [[nodiscard]] bool sendEarly(Connection& connection);
  void holdBackAcks(Connection& connection);
  void connected(Connection& connection);
  void failed(Connection& connection, int error);
  [[nodiscard]] static uint32_t prefaceBytes(const Connection& connection) {
    return connection.length - connection.skip;
  }
  void armIdle(Connection& connection);

  WorkerState& state_;
  Closer& closer_;
  FastUpstreams fast_;
};

}  // namespace sluice
