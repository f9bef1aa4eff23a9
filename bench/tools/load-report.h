// The result of a run as one line of JSON on stdout.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "client-connection.h"
#include "latency-histogram.h"
#include "watched-files.h"

namespace bench {

struct LoadCounts {
  uint64_t ok = 0;          // whole connections, mode conn
  uint64_t bytes = 0;       // payload received (down) or sent (up)
  uint64_t roundTrips = 0;  // mode ping
  uint64_t inFlight = 0;    // begun and not ended when the window closed: neither ok nor err
  uint64_t warmUpFailures = 0;
  std::array<uint64_t, kFailureKinds> failures{};

  uint64_t totalFailures() const;
};

struct LoadReport {
  double seconds = 0;
  bool aborted = false;  // too many failures to go on
  LoadCounts counts;
  LatencyHistogram latencies;
  std::vector<std::string> before;
  std::vector<std::string> after;
};

std::string jsonText(const std::string& text);
void printReport(const LoadReport& report, const WatchedFiles& files);

}  // namespace bench
