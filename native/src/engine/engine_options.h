// What the TypeScript side decides about an engine when it starts; fixed for its life. Limits the
// kernel or limits.h impose are applied by the caller that fills this in.
#pragma once
#include <cstdint>

#include "base/limits.h"
#include "ring/region.h"

namespace sluice {

struct EngineOptions {
  RegionShape shape;
  uint32_t maxConnections = kMaxConnectionsPerWorker;  // per worker
  uint32_t fdBudget = 16'384;  // per worker: connections take two, pipes two
  uint32_t maxPipes = kMaxPipesPerWorker;
  uint32_t pipeBytes = kPipeBytes;
  uint32_t decideTimeoutMs = kDecideTimeoutMs;
  uint32_t settleMs = kSettleMs;
  bool splice = true;
  bool receiveLowWater = false;
  bool delayedAck = true;
  bool coalesceFin = true;
  bool optimisticSend = true;
};

}  // namespace sluice
