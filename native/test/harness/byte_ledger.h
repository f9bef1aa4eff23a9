// What one direction of a connection must carry: an endless pattern whose period no chunk size
// divides, and how far sender and receiver are in it. A byte lost, doubled or out of place does not
// fit.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::test {

class ByteLedger {
 public:
  explicit ByteLedger(uint32_t seed) : offset_(seed * 7919U % kPeriod) {}

  /// The next bytes to send, at most `most`; `sent` says how many of them went.
  [[nodiscard]] std::string_view next(size_t most) const;
  void sent(size_t count) { sent_ += count; }
  /// False when these are not the bytes that come next.
  [[nodiscard]] bool received(std::string_view bytes);

  [[nodiscard]] uint64_t sentBytes() const { return sent_; }
  [[nodiscard]] uint64_t receivedBytes() const { return received_; }
  [[nodiscard]] bool isSettled() const { return sent_ == received_; }

  static constexpr size_t kPeriod = 1'000'003;  // a prime

 private:
  uint64_t offset_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

}  // namespace sluice::test
