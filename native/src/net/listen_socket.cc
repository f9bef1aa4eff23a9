#include "net/listen_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/socket_options.h"

namespace sluice {

namespace {

Result<Fd> bindOne(const SocketAddress& address, bool sharesPort) {
  Fd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SysError{errno, "socket"};
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (sharesPort) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address.family() == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd.get(), address.get(), address.size()) != 0) return SysError{errno, "bind"};
  return fd;
}

Result<uint16_t> portOf(const Fd& fd) {
  SocketAddress local;
  if (getsockname(fd.get(), local.data(), local.sizeData()) != 0)
    return SysError{errno, "getsockname"};
  return static_cast<uint16_t>(local.toWire().portAndFamily & 0xffffU);
}

/// Another process of this user could join a SO_REUSEPORT group unnoticed and take half of the
/// connections: a bind and listen without the option shows whether the port is free.
int probePort(const SocketAddress& address) {
  Result<Fd> probe = bindOne(address, false);
  if (!probe.ok()) return probe.error().code;
  return ::listen(probe.value().get(), 1) == 0 ? 0 : errno;
}

}  // namespace

Result<BoundSockets> bindListenSockets(const WireAddress& address, uint32_t count, int backlog) {
  WireAddress wanted = address;
  const bool sharesPort = count > 1;
  if (sharesPort && (wanted.portAndFamily & 0xffffU) != 0) {
    if (const int taken = probePort(SocketAddress::fromWire(wanted)); taken != 0)
      return SysError{taken, "bind"};
  }
  BoundSockets bound;
  for (uint32_t i = 0; i < count; ++i) {
    Result<Fd> fd = bindOne(SocketAddress::fromWire(wanted), sharesPort);
    if (!fd.ok()) return fd.error();
    if (i == 0) {
      Result<uint16_t> port = portOf(fd.value());
      if (!port.ok()) return port.error();
      bound.port = port.value();
      wanted.portAndFamily = (wanted.portAndFamily & 0xffff0000U) | bound.port;
    }
    setListenerOptions(fd.value().get());
    bound.sockets.push_back(std::move(fd.value()));
  }
  // Listen last: until every socket of the group is bound, none of them takes a connection.
  for (const Fd& fd : bound.sockets) {
    if (::listen(fd.get(), backlog) != 0) return SysError{errno, "listen"};
  }
  return bound;
}

}  // namespace sluice
