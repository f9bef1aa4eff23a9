// The client's side of opening a tunnel through a forward proxy: SOCKS5 (RFC 1928, 1929) or HTTP
// CONNECT. It only speaks bytes; the socket is somebody else's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "load-options.h"

namespace bench {

// One connection's way through the handshake. `Via::kDirect` is open from the start.
class TunnelHandshake {
 public:
  enum class State { kSend, kReceive, kOpen, kRefused };

  explicit TunnelHandshake(const TunnelOptions& options) : options_(&options) {}

  // Starts over for a new connection.
  void restart();
  State state() const { return state_; }
  // What to send in state kSend; the state is kReceive afterwards.
  std::vector<uint8_t> takeOutput();
  // How many bytes may be read next without taking any that belong to the tunnel.
  size_t wanted() const;
  void feed(std::span<const uint8_t> bytes);

 private:
  enum class Step { kMethods, kPassword, kRequest, kConnect };

  void feedSocks();
  void feedConnect();
  std::vector<uint8_t> socksRequest() const;
  std::string connectRequest() const;

  const TunnelOptions* options_;
  Step step_ = Step::kMethods;
  State state_ = State::kOpen;
  std::vector<uint8_t> received_;
};

}  // namespace bench
