#include "net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sluice {

namespace {

constexpr int kKeepIdleSeconds = 60;
constexpr int kKeepIntervalSeconds = 15;
constexpr int kKeepProbes = 4;
// Unacknowledged data for this long ends the connection. Idle (60 s) + probes (4 x 15 s) is the
// same two minutes.
constexpr unsigned kUserTimeoutMs = 120'000;

void set(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

void setListenerOptions(int fd) { set(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

void setUpstreamOptions(int fd, bool isTcp) {
  if (!isTcp) return;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // The local port is chosen at connect, per destination: without it a bind(2) to a source address
  // reserves a port for all destinations and ports run out at 28 000.
  set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

void setLivenessOptions(int fd) {
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
}

void setQuickAck(int fd, bool on) { set(fd, IPPROTO_TCP, TCP_QUICKACK, on ? 1 : 0); }

void setFastOpen(int fd) { set(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1); }

void setReceiveLowWater(int fd, int bytes) { set(fd, SOL_SOCKET, SO_RCVLOWAT, bytes); }

void setResetOnClose(int fd) {
  const linger abortive{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
}

int takeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error;
}

}  // namespace sluice
