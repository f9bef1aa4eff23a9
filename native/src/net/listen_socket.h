// Opens listening TCP sockets. Tells a taken port apart from one that only SO_REUSEPORT siblings of
// this engine share.
#pragma once
#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "net/socket_address.h"

namespace sluice {

struct BoundSockets {
  std::vector<Fd> sockets;  // one per worker, the same port
  uint16_t port = 0;
};

/// Binds and listens `count` sockets on one address; with more than one they share the port by
/// SO_REUSEPORT (socket(7)). IPv6 sockets are V6ONLY. Errors: EADDRINUSE, EADDRNOTAVAIL, EACCES,
/// EMFILE, EAFNOSUPPORT.
Result<BoundSockets> bindListenSockets(const WireAddress& address, uint32_t count, int backlog);

}  // namespace sluice
