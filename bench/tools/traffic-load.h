// N connections that do one thing over and over for a fixed time: whole connections (conn), a flood
// in one direction (down, up) or round trips (ping). One thread, one epoll. Everything that happens
// in the measured window is counted once, as done or as failed under its reason.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client-connection.h"
#include "load-report.h"

namespace bench {

class TrafficLoad {
 public:
  explicit TrafficLoad(const LoadOptions& options);

  // Blocks for warm-up and window, then returns what was counted.
  const LoadReport& run();

 private:
  struct Stream {
    explicit Stream(const LoadOptions& options) : connection(options) {}

    ClientConnection connection;
    std::vector<uint8_t> first;    // ClientHello, followed by the message in mode ping
    std::vector<uint8_t> message;  // carries the stream's number and the round trip's
    std::span<const uint8_t> outgoing;
    size_t received = 0;
    uint64_t activeNs = 0;  // conn: begun; else: last progress
    bool waitsForRoom = false;
  };
  enum class Window { kWarmUp, kMeasured, kOver };

  void prepare(Stream& stream, uint32_t number);
  void start(Stream& stream);
  void handle(Stream& stream, uint32_t events);
  void onOpen(Stream& stream);
  void onReadable(Stream& stream, uint32_t events);
  void finishConnection(Stream& stream);
  void receiveReply(Stream& stream);
  void receiveFlood(Stream& stream);
  void receiveEcho(Stream& stream);
  void nextMessage(Stream& stream);
  void flush(Stream& stream);
  void flood(Stream& stream);
  void watchWritable(Stream& stream, bool wanted);
  void fail(Stream& stream, Failure why);
  void failBroken(Stream& stream, ssize_t received);
  void expireSilent(uint64_t nowNs);
  void turnWindow(uint64_t nowNs);
  bool measured() const { return window_ == Window::kMeasured; }

  const LoadOptions& options_;
  WatchedFiles files_;
  Poller poller_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<uint8_t> buffer_;
  std::vector<uint8_t> floodBytes_;
  std::vector<uint8_t> expectedReply_;
  LoadReport report_;
  Window window_ = Window::kWarmUp;
  uint64_t windowTurnsNs_ = 0;
  uint64_t windowOpenedNs_ = 0;
  uint64_t nextSweepNs_ = 0;
};

}  // namespace bench
