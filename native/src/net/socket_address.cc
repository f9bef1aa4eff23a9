#include "net/socket_address.h"

#include <arpa/inet.h>

#include <cstddef>
#include <cstring>

namespace sluice {

SocketAddress SocketAddress::fromWire(const WireAddress& wire) {
  SocketAddress address;
  const auto port = static_cast<uint16_t>(wire.portAndFamily & 0xffffU);
  const uint32_t family = wire.portAndFamily >> 16;
  if (family == 4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = wire.words[0];
    std::memcpy(&address.storage_, &in, sizeof in);
    address.size_ = sizeof in;
  } else if (family == 6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, wire.words.data(), sizeof in.sin6_addr);
    std::memcpy(&address.storage_, &in, sizeof in);
    address.size_ = sizeof in;
  } else {
    address.size_ = sizeof(sa_family_t);
  }
  return address;
}

SocketAddress SocketAddress::fromPath(std::span<const uint8_t> path) {
  SocketAddress address;
  sockaddr_un un{};
  if (path.empty() || path.size() >= sizeof un.sun_path) {
    address.size_ = sizeof(sa_family_t);
    return address;
  }
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  std::memcpy(&address.storage_, &un, sizeof un);
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

WireAddress SocketAddress::toWire() const {
  WireAddress wire;
  if (storage_.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage_, sizeof in);
    wire.portAndFamily = ntohs(in.sin_port) | 4U << 16;
    wire.words[0] = in.sin_addr.s_addr;
  } else if (storage_.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage_, sizeof in);
    wire.portAndFamily = ntohs(in.sin6_port) | 6U << 16;
    std::memcpy(wire.words.data(), &in.sin6_addr, sizeof in.sin6_addr);
  } else if (storage_.ss_family == AF_UNIX) {
    wire.portAndFamily = 1U << 16;
  }
  return wire;
}

}  // namespace sluice
