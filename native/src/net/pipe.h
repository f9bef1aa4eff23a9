// A non-blocking kernel pipe for splice(2). It must be empty when it is given back to a pool:
// leftover bytes of one connection would reach another.
#pragma once
#include <cstdint>

#include "base/fd.h"
#include "base/result.h"

namespace sluice {

class Pipe {
 public:
  Pipe() = default;
  Pipe(Fd readEnd, Fd writeEnd, uint32_t capacity)
      : readEnd_(static_cast<Fd&&>(readEnd)),
        writeEnd_(static_cast<Fd&&>(writeEnd)),
        capacity_(capacity) {}

  /// Opens a pipe and asks for `wantedBytes`, then for less until the kernel grants it (see
  /// pipe_pool.cc). pipe2(2).
  static Result<Pipe> open(uint32_t wantedBytes);

  [[nodiscard]] bool valid() const { return readEnd_.valid(); }
  [[nodiscard]] int readEnd() const { return readEnd_.get(); }
  [[nodiscard]] int writeEnd() const { return writeEnd_.get(); }
  /// What F_GETPIPE_SZ says. Not a bound on the bytes inside: one slot can hold a GRO segment
  /// larger than a page.
  [[nodiscard]] uint32_t capacity() const { return capacity_; }

 private:
  Fd readEnd_;
  Fd writeEnd_;
  uint32_t capacity_ = 0;
};

}  // namespace sluice
