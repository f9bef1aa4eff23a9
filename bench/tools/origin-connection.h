// One connection of the origin. Whatever it does, it first takes the client's preface: a whole TLS
// record if the first byte is one's, nothing otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "system.h"

namespace bench {

enum class Behaviour {
  kOneShot,  // answer the preface and close
  kSource,   // send without end
  kEcho,     // send back what follows the preface
  kSink      // read and drop
};

// Shared by all connections of the one thread.
struct OriginBuffers {
  std::vector<uint8_t> receive;
  std::vector<uint8_t> flood;
  std::vector<uint8_t> reply;
};

class OriginConnection {
 public:
  OriginConnection(int fd, Behaviour behaviour, OriginBuffers& buffers)
      : socket_(fd), behaviour_(behaviour), buffers_(buffers) {}

  // False: it is over, destroy it.
  bool onEvent(Poller& poller, uint32_t events);
  // Reads before the poller ever sees the socket; the preface is usually there already.
  bool onAccepted(Poller& poller);

 private:
  bool receive(Poller& poller);
  // What of `bytes` follows the preface; empty while the preface is incomplete.
  std::span<const uint8_t> skipPreface(std::span<const uint8_t> bytes);
  bool answer();
  bool flood();
  bool echo(Poller& poller, std::span<const uint8_t> bytes);
  bool flushEcho(Poller& poller);
  void watch(Poller& poller, uint32_t events);

  OwnedFd socket_;
  Behaviour behaviour_;
  OriginBuffers& buffers_;
  std::vector<uint8_t> header_;  // the first bytes, until the preface's size is known
  size_t prefaceLeft_ = 0;
  bool prefaceSizeKnown_ = false;
  bool prefaceDone_ = false;
  bool registered_ = false;
  std::vector<uint8_t> unsent_;
  size_t unsentOffset_ = 0;
};

}  // namespace bench
