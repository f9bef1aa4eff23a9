// The socket options of the data plane, each with its reason. Failure of an option never fails a
// connection: an older kernel or a unix socket simply lacks it.
#pragma once

namespace sluice {

/// On a listening socket; accepted sockets inherit it (tcp(7): the child is cloned), so it costs
/// nothing per connection: TCP_NODELAY. Not keepalive: the kernel would arm a timer for every
/// connection, however short.
void setListenerOptions(int fd);
/// Before connect: TCP_NODELAY, IP_BIND_ADDRESS_NO_PORT.
void setUpstreamOptions(int fd, bool isTcp);
/// Keepalive and TCP_USER_TIMEOUT, for a connection that has lived long enough to need them.
void setLivenessOptions(int fd);
/// TCP_QUICKACK: off delays the next ACK so that data can carry it; not sticky (tcp(7)).
void setQuickAck(int fd, bool on);
/// TCP_FASTOPEN_CONNECT (Linux 4.11): connect() returns at once, the first write travels in the
/// SYN.
void setFastOpen(int fd);
/// SO_RCVLOWAT: wake for large reads only.
void setReceiveLowWater(int fd, int bytes);
/// SO_LINGER {on, 0}: close() sends RST.
void setResetOnClose(int fd);
/// SO_ERROR: the pending error of a socket, and clears it.
[[nodiscard]] int takeSocketError(int fd);

}  // namespace sluice
