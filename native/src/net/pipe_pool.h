// Pipes of one worker: borrowed while bytes are in flight, returned empty. Keeps a few for reuse;
// the number open is bounded, and a pipe that the kernel made too small for splice to pay is not
// handed out.
#pragma once
#include <cstdint>
#include <vector>

#include "net/pipe.h"
#include "ring/counters.h"

namespace sluice {

class PipePool {
 public:
  PipePool(Counters& counters, uint32_t maxOpen, uint32_t wantedBytes)
      : counters_(counters), maxOpen_(maxOpen), wantedBytes_(wantedBytes) {}

  /// An empty pipe, or an invalid one: at the maximum, out of descriptors, or the kernel grants too
  /// little.
  [[nodiscard]] Pipe take();
  /// Takes a pipe back; one that still holds bytes is closed, never pooled.
  void giveBack(Pipe pipe, bool isEmpty);
  [[nodiscard]] uint32_t open() const { return open_; }
  /// Capacity of the pipe opened last: what the kernel grants at present.
  [[nodiscard]] uint32_t grantedBytes() const { return grantedBytes_; }

 private:
  Counters& counters_;
  uint32_t maxOpen_;
  uint32_t wantedBytes_;
  uint32_t open_ = 0;
  uint32_t grantedBytes_ = 0;
  std::vector<Pipe> idle_;
};

}  // namespace sluice
