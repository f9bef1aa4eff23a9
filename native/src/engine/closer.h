// Ends connections: reports them once, passes a reset on as a reset, and lets an answered client
// read its answer before the descriptor goes.
#pragma once
#include "engine/worker_state.h"

namespace sluice {

class Closer {
 public:
  explicit Closer(WorkerState& state) : state_(state) {}

  /// Reports and closes now. With `reset` both sides get RST.
  void finish(Connection& connection, EndCause cause, bool reset);
  /// Sends FIN at once and discards what the client still sends, so that close() does not turn the
  /// answer into a reset.
  void linger(Connection& connection, EndCause cause);
  /// Reports and closes a connection whose turn JS still holds; its slot stays until JS answers.
  void abandon(Connection& connection, EndCause cause);
  /// A lingering client did something: discard, and forget it at its end.
  void drainLingering(Connection& connection);
  /// Forgets a connection that was reported before or that JS took away.
  void forget(Connection& connection);
  /// Clears what ties the connection to this worker's listener counters (it ends or moves away).
  void leaveListener(const Connection& connection, bool countsGlobally);

 private:
  void report(Connection& connection, EndCause cause);
  void closeSides(Connection& connection, bool reset);

  WorkerState& state_;
};

}  // namespace sluice
