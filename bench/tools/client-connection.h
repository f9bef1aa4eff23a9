// One client connection up to the point where its payload may flow: connect, then the handshake of
// a forward proxy if there is one. Its owner does what comes after, on fd().
#pragma once

#include <cstdint>

#include "load-options.h"
#include "system.h"
#include "tunnel-handshake.h"

namespace bench {

// Why a connection counts as failed; each failure is counted under exactly one of them.
enum class Failure { kConnect, kRefused, kReset, kWrongReply, kTimeout };
inline constexpr size_t kFailureKinds = 5;
inline constexpr const char* kFailureNames[kFailureKinds] = {"connect", "refused", "reset",
                                                             "wrongReply", "timeout"};

class ClientConnection {
 public:
  enum class Progress { kPending, kOpen, kFailed };

  explicit ClientConnection(const LoadOptions& options)
      : options_(&options), tunnel_(options.tunnel) {}

  // Closes what was open and begins to connect; events come with `cookie`.
  void open(Poller& poller, void* cookie);
  // Handles an event before the payload; kOpen is reported once, with EPOLLIN watched.
  Progress advance(Poller& poller, uint32_t events, void* cookie);
  bool isOpen() const { return open_; }
  Failure failure() const { return failure_; }
  int fd() const { return socket_.get(); }
  void close();

 private:
  Progress fail(Failure why);
  Progress handshake();

  const LoadOptions* options_;
  TunnelHandshake tunnel_;
  OwnedFd socket_;
  bool connected_ = false;
  bool open_ = false;
  Failure failure_ = Failure::kConnect;
};

}  // namespace bench
