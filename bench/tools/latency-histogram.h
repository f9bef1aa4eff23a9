// Counts latencies in buckets no wider than 1/128 of their value, so that a percentile is exact to
// 0.8 % at any scale and recording one is a few instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bench {

class LatencyHistogram {
 public:
  void record(uint64_t nanoseconds);
  uint64_t maxNs() const { return maxNs_; }
  // The latency that `fraction` of the recorded ones do not exceed; 0 when none was recorded.
  uint64_t percentileNs(double fraction) const;

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr uint64_t kSubBuckets = 1U << kSubBits;
  static constexpr size_t kBuckets = (64 - kSubBits + 1) * kSubBuckets;

  static size_t bucketOf(uint64_t nanoseconds);
  static uint64_t upperEdge(size_t bucket);

  std::array<uint32_t, kBuckets> counts_{};
  uint64_t total_ = 0;
  uint64_t maxNs_ = 0;
};

}  // namespace bench
