// Moves bytes between the two descriptors of a connection: copies small traffic through one shared
// buffer, splices bulk through a borrowed pipe, and passes ends on only after everything before
// them. Does not close anything: it reports.
//
// Invariant: bytes leave a direction in the order they came: residual, then pipe, then source.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "flow/connection.h"
#include "flow/connection_table.h"
#include "net/pipe_pool.h"
#include "net/poller.h"
#include "ring/region.h"

namespace sluice {

struct RelayOptions {
  bool splice = true;
  bool receiveLowWater = false;
  bool coalesceFin = true;
};

enum class RelayOutcome : uint8_t { Open, Finished, ClientBroke, UpstreamBroke };

struct ConnectionSide {
  uint32_t index;
  uint32_t generation;
  uint32_t side;
};

class RelayPump {
 public:
  RelayPump(Poller& poller, PipePool& pipes, Counters& counters, const Region& region,
            RelayOptions options);

  /// Moves what can be moved in both directions within a budget and passes ends on.
  RelayOutcome pump(Connection& connection, uint64_t nowMs);

  /// Sends `bytes` to the sink of direction `k`; what the kernel does not take is kept as residual.
  /// False: sink broken.
  [[nodiscard]] bool sendOrKeep(Connection& connection, uint32_t k, const uint8_t* bytes,
                                uint32_t count);

  /// Lets go of pipes, residuals and marks before the connection is closed or leaves.
  void dropBuffers(Connection& connection);
  /// Frees a quiet connection from what is this worker's: pipes, low-water marks. False: not quiet,
  /// try later.
  [[nodiscard]] bool letGo(Connection& connection);

  /// Directions whose budget was spent: the caller pumps them before it waits again.
  [[nodiscard]] std::deque<ConnectionSide>& runQueue() { return runQueue_; }
  [[nodiscard]] const std::deque<ConnectionSide>& runQueue() const { return runQueue_; }
  /// Directions under a raised low-water mark: the caller pumps them at each tick.
  [[nodiscard]] std::vector<ConnectionSide>& lowWaterList() { return lowWater_; }

  void accountUp(const Connection& connection, uint64_t bytes) {
    account(connection.listener, Counter::BytesUp, ListenerCounter::BytesUp, bytes);
  }
  void accountDown(const Connection& connection, uint64_t bytes) {
    account(connection.listener, Counter::BytesDown, ListenerCounter::BytesDown, bytes);
  }

 private:
  enum class Progress : uint8_t { Continue, Stop, SourceBroken, SinkBroken };

  Progress pumpDirection(Connection& connection, uint32_t k);
  Progress moveOnce(Connection& connection, uint32_t k, uint32_t& spliced);
  Progress flushResidual(Connection& connection, uint32_t k);
  Progress flushPipe(Connection& connection, uint32_t k);
  Progress copyOnce(Connection& connection, uint32_t k);
  Progress fillPipe(Connection& connection, uint32_t k, uint32_t& spliced);
  Progress pipeToResidual(Connection& connection, uint32_t k);
  void sourceWentDry(Connection& connection, uint32_t k, uint32_t spliced);
  void refuseSplice(Connection& connection, uint32_t k);
  void leaveSplice(Connection& connection, uint32_t k);
  void returnPipe(Direction& direction);
  void blockWrite(Connection& connection, uint32_t k);
  void noteRead(Connection& connection, uint32_t k, uint64_t bytes);
  void noteSent(Connection& connection, uint32_t k, uint64_t bytes);
  void noteFirstReply(Connection& connection, bool isLast);
  void markEnded(Connection& connection, uint32_t k);
  void setLowWater(Connection& connection, uint32_t k, bool on);
  void keepResidual(Direction& direction, const uint8_t* bytes, uint32_t count);
  void adapt(Connection& connection, uint32_t k, bool wasFull);
  void deliverLastAnswer(Connection& connection);
  void passEnds(Connection& connection);
  void account(uint32_t listener, Counter all, ListenerCounter own, uint64_t bytes);
  [[nodiscard]] static bool isFinished(const Connection& connection);

  Poller& poller_;
  PipePool& pipes_;
  Counters& counters_;
  const Region& region_;
  RelayOptions options_;
  std::unique_ptr<uint8_t[]> buffer_;
  std::deque<ConnectionSide> runQueue_;
  std::vector<ConnectionSide> lowWater_;
  uint64_t nowMs_ = 0;
};

/// The descriptor that direction `k` writes to: an echo answers on the descriptor it reads.
[[nodiscard]] inline int sinkOf(const Connection& connection, uint32_t k) {
  return connection.isEcho ? connection.fd[kClient].get() : connection.fd[1 - k].get();
}

}  // namespace sluice
