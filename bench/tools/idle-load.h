// Connections that are opened, proven by one echoed message, and held while somebody else measures
// memory. Driven by lines on stdin, each answered by one line of JSON on stdout:
//   hold N       open until N are held
//   traffic B    every held connection moves B bytes to the echo and back
//   quit         end (so does end of input)
// `held` counts what is still open; `err` every connection lost since the start.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client-connection.h"

namespace bench {

class IdleLoad {
 public:
  explicit IdleLoad(const LoadOptions& options);

  void serveCommands();

 private:
  struct Held {
    explicit Held(const LoadOptions& options) : connection(options) {}

    ClientConnection connection;
    bool busy = false;
    uint64_t toSend = 0;
    uint64_t toReceive = 0;
  };

  void hold(size_t count);
  void moveTraffic(uint64_t bytes);
  void begin(Held& held, uint64_t bytes);
  void drive(size_t busyGoal, uint64_t deadlineNs);
  void noticeLosses();
  void handle(Held& held, uint32_t events);
  void sendGreeting(Held& held);
  void exchange(Held& held);
  void lose(Held& held);
  size_t heldCount() const;
  void report(uint64_t moved) const;

  const LoadOptions& options_;
  Poller poller_;
  std::vector<std::unique_ptr<Held>> connections_;
  std::vector<uint8_t> greeting_;
  std::vector<uint8_t> chunk_;
  std::vector<uint8_t> buffer_;
  size_t busy_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace bench
