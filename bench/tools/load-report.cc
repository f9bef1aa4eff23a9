#include "load-report.h"

#include <cinttypes>
#include <cstdio>
#include <numeric>

namespace bench {
namespace {

double microseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

void printFailures(const LoadCounts& counts) {
  std::printf("\"err\":%" PRIu64 ",\"errWarmUp\":%" PRIu64 ",\"errors\":{", counts.totalFailures(),
              counts.warmUpFailures);
  for (size_t kind = 0; kind < kFailureKinds; kind++) {
    std::printf("%s\"%s\":%" PRIu64, kind > 0 ? "," : "", kFailureNames[kind],
                counts.failures[kind]);
  }
  std::printf("},");
}

void printWatched(const LoadReport& report, const WatchedFiles& files) {
  std::printf("\"watched\":{");
  for (size_t i = 0; i < files.size(); i++) {
    std::printf("%s%s:{\"before\":%s,\"after\":%s}", i > 0 ? "," : "",
                jsonText(files.name(i)).c_str(), jsonText(report.before[i]).c_str(),
                jsonText(report.after[i]).c_str());
  }
  std::printf("}");
}

}  // namespace

uint64_t LoadCounts::totalFailures() const {
  return std::accumulate(failures.begin(), failures.end(), uint64_t{0});
}

std::string jsonText(const std::string& text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out.push_back('\\');
    }
    if (static_cast<unsigned char>(character) >= 0x20) {
      out.push_back(character);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", character);
      out += escape;
    }
  }
  return out + "\"";
}

void printReport(const LoadReport& report, const WatchedFiles& files) {
  const LoadCounts& counts = report.counts;
  std::printf("{\"seconds\":%.6f,\"aborted\":%s,\"ok\":%" PRIu64 ",\"bytes\":%" PRIu64
              ",\"rts\":%" PRIu64 ",\"inFlight\":%" PRIu64 ",",
              report.seconds, report.aborted ? "true" : "false", counts.ok, counts.bytes,
              counts.roundTrips, counts.inFlight);
  printFailures(counts);
  std::printf("\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,",
              microseconds(report.latencies.percentileNs(0.50)),
              microseconds(report.latencies.percentileNs(0.99)),
              microseconds(report.latencies.percentileNs(0.999)),
              microseconds(report.latencies.maxNs()));
  printWatched(report, files);
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace bench
