// The memory that one worker shares with JS, made as a test needs it: zeroed, line-aligned, small,
// and fenced by the sanitizer, so that an access behind its end is seen.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ring/region.h"

namespace sluice::test {

class SharedRegion {
 public:
  explicit SharedRegion(RegionShape shape)
      : shape_(shape), memory_(static_cast<uint8_t*>(std::aligned_alloc(64, rounded(shape)))) {
    std::memset(memory_.get(), 0, rounded(shape));
  }

  [[nodiscard]] Region view() const { return {{memory_.get(), shape_.bytes()}, shape_}; }

 private:
  static size_t rounded(const RegionShape& shape) { return (shape.bytes() + 63) / 64 * 64; }
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };

  RegionShape shape_;
  std::unique_ptr<uint8_t, Free> memory_;
};

}  // namespace sluice::test
