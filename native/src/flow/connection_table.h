// All connections of one worker, in chunks that never move, with a free list. An id is index and
// generation; the generation changes when the place is reused, so that a late command or event is
// recognised as stale.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "flow/connection.h"

namespace sluice {

class ConnectionTable {
 public:
  /// Generations from here on are not connections: the poller uses them for listeners and wake-ups.
  static constexpr uint32_t kFirstReservedGeneration = 0xfffffff0;

  /// A fresh connection, or nullptr at kMaxConnectionsPerWorker.
  [[nodiscard]] Connection* allocate();
  void release(Connection& connection);
  /// The live connection with this id, or nullptr.
  [[nodiscard]] Connection* find(uint32_t index, uint32_t generation);
  [[nodiscard]] Connection& at(uint32_t index) {
    return chunks_[index / kConnectionChunk][index % kConnectionChunk];
  }
  [[nodiscard]] uint32_t active() const { return active_; }
  [[nodiscard]] uint32_t capacity() const {
    return static_cast<uint32_t>(chunks_.size()) * kConnectionChunk;
  }

 private:
  std::vector<std::unique_ptr<Connection[]>> chunks_;
  std::vector<uint32_t> free_;
  uint32_t active_ = 0;
};

}  // namespace sluice
