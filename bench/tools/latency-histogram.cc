#include "latency-histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {

void LatencyHistogram::record(uint64_t nanoseconds) {
  counts_[bucketOf(nanoseconds)]++;
  total_++;
  maxNs_ = std::max(maxNs_, nanoseconds);
}

uint64_t LatencyHistogram::percentileNs(double fraction) const {
  const uint64_t rank = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(total_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; total_ > 0 && bucket < kBuckets; bucket++) {
    seen += counts_[bucket];
    if (seen >= rank) {
      return std::min(upperEdge(bucket), maxNs_);
    }
  }
  return 0;
}

size_t LatencyHistogram::bucketOf(uint64_t nanoseconds) {
  if (nanoseconds < kSubBuckets) {
    return nanoseconds;
  }
  const unsigned shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - kSubBits;
  return (shift + 1) * kSubBuckets + (nanoseconds >> shift) - kSubBuckets;
}

uint64_t LatencyHistogram::upperEdge(size_t bucket) {
  if (bucket < kSubBuckets) {
    return bucket;
  }
  const size_t shift = bucket / kSubBuckets - 1;
  return ((bucket % kSubBuckets + kSubBuckets + 1) << shift) - 1;
}

}  // namespace bench
