// CLOCK_MONOTONIC in nanoseconds: deadlines and durations never follow the wall clock.
#pragma once
#include <cstdint>
#include <ctime>

namespace sluice {

inline uint64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

inline constexpr uint64_t kNsPerMs = 1'000'000;
inline constexpr uint64_t kNsPerUs = 1'000;

}  // namespace sluice
