#include "test/harness/byte_ledger.h"

#include <algorithm>

namespace sluice::test {

namespace {

const std::string& pattern() {
  static const std::string kPattern = [] {
    std::string bytes(ByteLedger::kPeriod, '\0');
    uint32_t state = 2463534242U;
    for (char& byte : bytes) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      byte = static_cast<char>(state >> 24);
    }
    return bytes;
  }();
  return kPattern;
}

}  // namespace

std::string_view ByteLedger::next(size_t most) const {
  const size_t at = (offset_ + sent_) % kPeriod;
  return std::string_view(pattern()).substr(at, most);
}

bool ByteLedger::received(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t at = (offset_ + received_) % kPeriod;
    const size_t count = std::min(bytes.size(), kPeriod - at);
    if (bytes.substr(0, count) != std::string_view(pattern()).substr(at, count)) return false;
    received_ += count;
    bytes.remove_prefix(count);
  }
  return received_ <= sent_;
}

}  // namespace sluice::test
