// A socket address between the kernel's form and the ring's words (port | family << 16, four words
// whose memory is in network order). No text is parsed here: that is TypeScript's work.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <span>

namespace sluice {

struct WireAddress {
  uint32_t portAndFamily = 0;  // family 4, 6, or 1 for a unix socket
  std::array<uint32_t, 4> words{};
};

class SocketAddress {
 public:
  SocketAddress() = default;
  /// Family 4 or 6; anything else gives an address of family AF_UNSPEC, which connect(2) refuses.
  static SocketAddress fromWire(const WireAddress& wire);
  /// A file system path without its NUL; too long a path gives AF_UNSPEC.
  static SocketAddress fromPath(std::span<const uint8_t> path);

  [[nodiscard]] WireAddress toWire() const;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] socklen_t* sizeData() { return &size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

}  // namespace sluice
