// JavaScript's end of one worker's rings, word for word what native/lib/worker-port.ts does: reads
// events, writes commands, and wakes the worker if it sleeps.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket_address.h"
#include "ring/region.h"

namespace sluice::test {

struct Dial {
  WireAddress to{};
  std::string path{};
  uint32_t skip = 0;
  std::string reply{};
  uint32_t deadlineMs = 5000;
  uint32_t idleMs = 0;
  uint32_t halfClosedMs = 0;
  uint16_t flags = 0;
};

struct Pair {
  int clientFd = -1;
  int upstreamFd = -1;
  uint32_t idleMs = 0;
  uint32_t halfClosedMs = 0;
  uint16_t flags = 0;
  uint32_t tag = 0;
};

struct ListenerSpec {
  uint32_t detectMs = 5000;
  uint32_t maxConnections = 1000;
  bool immediate = false;
};

class JsPort {
 public:
  JsPort(Region region, std::function<void()> kick) : region_(region), kick_(std::move(kick)) {}

  /// All events published so far; hands their places back.
  [[nodiscard]] std::vector<EventRecord> takeEvents();
  /// Publishes the commands written so far and kicks a sleeping worker.
  void flush();
  /// A cleared record of the ring, counted in: for commands no method below writes.
  CommandRecord& next(CommandType type);
  CommandRecord& answer(CommandType type, const EventRecord& turn);

  void read(const EventRecord& turn, uint32_t deadlineMs = 0);
  void reply(const EventRecord& turn, std::string_view bytes, uint32_t consume, uint16_t flags = 0);
  void connect(const EventRecord& turn, const Dial& dial);
  void echo(const EventRecord& turn, uint32_t skip = 0, uint32_t idleMs = 0);
  void close(const EventRecord& turn, std::string_view bytes = {}, bool reset = false);
  void detach(const EventRecord& turn) { answer(CommandType::Detach, turn); }
  void release(const EventRecord& turn) { answer(CommandType::Release, turn); }
  void relay(const Pair& pair, uint32_t listener = 0);
  void addListener(uint32_t listener, uint32_t ordinal, int fd);
  void setListener(uint32_t listener, const ListenerSpec& spec);
  void removeListener(uint32_t listener, uint32_t ordinal);
  void pauseAccept(uint32_t listener) { next(CommandType::PauseAccept).index = listener; }
  void resumeAccept(uint32_t listener) { next(CommandType::ResumeAccept).index = listener; }

  [[nodiscard]] std::string bytesOf(const EventRecord& event) const;
  [[nodiscard]] const Region& region() const { return region_; }
  /// Both ends of an unused pair of rings start here instead of at 0: call before anything else.
  void startAt(uint32_t eventHead, uint32_t commandTail);
  /// Takes the rings up where the worker is, after somebody has written nonsense into JS's own
  /// words.
  void recover();
  [[nodiscard]] uint32_t unpublished() const { return commandTail_ - publishedTail_; }

 private:
  uint32_t writeReply(const EventRecord& turn, std::string_view bytes);

  Region region_;
  std::function<void()> kick_;
  uint32_t eventHead_ = 0;
  uint32_t commandTail_ = 0;
  uint32_t publishedTail_ = 0;
};

}  // namespace sluice::test
