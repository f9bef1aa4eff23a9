// Reads the first bytes of clients into slots and gives the turn to JS: on bytes, on the end of the
// stream, and when the read deadline has passed. Interprets none of them.
#pragma once
#include "engine/closer.h"
#include "engine/worker_state.h"

namespace sluice {

class ClientReader {
 public:
  ClientReader(WorkerState& state, Closer& closer) : state_(state), closer_(closer) {}

  /// Waits for bytes behind those already in the slot, under connection.readDeadlineMs.
  void startReading(Connection& connection);
  /// Tries to read now; called on events too.
  void readMore(Connection& connection);
  /// Asks JS without waiting for a byte.
  void askAtOnce(Connection& connection);
  void deadlinePassed(Connection& connection);
  /// Serves connections that had to wait for a free slot.
  void serveSlotWaiters();

 private:
  [[nodiscard]] bool hasRoom(Connection& connection);
  void waitForSlot(Connection& connection);
  void bytesArrived(Connection& connection, uint32_t count, uint32_t room);
  void ended(Connection& connection);

  WorkerState& state_;
  Closer& closer_;
};

}  // namespace sluice
