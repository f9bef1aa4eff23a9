// Remembers which upstreams finish the TCP handshake before connect(2) returns (same host, same
// rack): there the preface can be sent at once. A fixed, direct-mapped table: a collision only
// costs one wasted send or one more event.
#pragma once
#include <array>
#include <cstdint>

namespace sluice {

class FastUpstreams {
 public:
  /// Whether to try sending right after connect.
  [[nodiscard]] bool isFast(uint64_t key) const {
    return entry(key).key == key && entry(key).score >= kFast;
  }
  /// The handshake took this long until the socket was writable.
  void connected(uint64_t key, uint64_t tookUs) {
    if (tookUs <= kFastUs) {
      raise(key);
    } else {
      lower(key);
    }
  }
  /// A send right after connect worked / found the handshake unfinished.
  void sendWorked(uint64_t key) { raise(key); }
  void sendFailed(uint64_t key) { lower(key); }

  /// FNV-1a over the words of an address.
  [[nodiscard]] static uint64_t keyOf(const uint32_t* words, uint32_t count) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (uint32_t i = 0; i < count; ++i) hash = (hash ^ words[i]) * 0x100000001b3U;
    return hash | 1U;
  }

 private:
  static constexpr uint32_t kEntries = 1024;
  static constexpr uint64_t kFastUs = 150;
  static constexpr uint8_t kFast = 2;
  static constexpr uint8_t kMaxScore = 16;
  struct Entry {
    uint64_t key = 0;
    uint8_t score = 0;
  };

  [[nodiscard]] const Entry& entry(uint64_t key) const { return entries_[(key >> 32) % kEntries]; }
  [[nodiscard]] Entry& own(uint64_t key) {
    Entry& place = entries_[(key >> 32) % kEntries];
    if (place.key != key) place = Entry{key, 0};
    return place;
  }
  void raise(uint64_t key) {
    Entry& place = own(key);
    if (place.score < kMaxScore) ++place.score;
  }
  // One failure outweighs many successes: a wasted EAGAIN costs more than a missed chance.
  void lower(uint64_t key) { own(key).score = 0; }

  std::array<Entry, kEntries> entries_{};
};

}  // namespace sluice
