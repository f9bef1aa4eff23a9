// The bytes the one-shot origin answers with: the client knows them and compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

inline std::vector<uint8_t> replyPattern(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; i++) {
    bytes[i] = static_cast<uint8_t>(i * 131 + 7);
  }
  return bytes;
}

}  // namespace bench
