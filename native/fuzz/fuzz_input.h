// The fuzzer's bytes, taken one value at a time; zeroes once they are used up.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* bytes, size_t size) : bytes_(bytes), left_(size) {}

  [[nodiscard]] bool isEmpty() const { return left_ == 0; }
  template <typename T>
  T take() {
    T value{};
    fill(&value, sizeof value);
    return value;
  }
  /// Below `end`, which is not 0.
  uint32_t below(uint32_t end) { return take<uint8_t>() % end; }
  void fill(void* into, size_t size) {
    const size_t count = size < left_ ? size : left_;
    std::memcpy(into, bytes_, count);
    bytes_ += count;
    left_ -= count;
  }

 private:
  const uint8_t* bytes_;
  size_t left_;
};

}  // namespace sluice::fuzz
