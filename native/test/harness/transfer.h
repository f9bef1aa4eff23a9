// Moves bytes through a relayed pair in both directions at once and compares every one of them.
#pragma once
#include <cstdint>
#include <functional>

#include "test/harness/byte_ledger.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {

struct TransferPlan {
  uint64_t upBytes = 0;
  uint64_t downBytes = 0;
  size_t writeChunk = 256 * 1024;
  size_t readChunk = 256 * 1024;
  /// Called in each round; true: the readers rest in this round.
  std::function<bool()> isReaderResting{};
  /// Half-closes each direction behind its last byte and waits for both ends.
  bool finishes = true;
};

class Transfer {
 public:
  Transfer(WorkerRig& rig, Relayed& pair, TransferPlan plan)
      : rig_(rig), pair_(pair), plan_(std::move(plan)) {}

  /// Until all bytes of the plan have arrived (and both ends, if it finishes). False: lost, damaged
  /// or stuck.
  [[nodiscard]] bool run(uint32_t withinMs = 60'000);
  [[nodiscard]] const ByteLedger& up() const { return up_; }
  [[nodiscard]] const ByteLedger& down() const { return down_; }

 private:
  bool round();
  void send(TestSocket& from, ByteLedger& ledger, uint64_t wanted, bool& isFinished) const;
  bool receive(TestSocket& to, ByteLedger& ledger) const;
  [[nodiscard]] bool isComplete() const;

  WorkerRig& rig_;
  Relayed& pair_;
  TransferPlan plan_;
  ByteLedger up_{1};
  ByteLedger down_{2};
  bool isUpFinished_ = false;
  bool isDownFinished_ = false;
};

}  // namespace sluice::test
