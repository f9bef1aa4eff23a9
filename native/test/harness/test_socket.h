// A peer of the engine: one end of a real connection, never blocking. Errors are remembered, not
// thrown, so that a test can say which one it expects.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "net/socket_address.h"

namespace sluice::test {

class TestSocket {
 public:
  TestSocket() = default;
  explicit TestSocket(Fd fd) : fd_(std::move(fd)) {}

  /// Sends what the kernel takes now; returns how many bytes that was.
  size_t write(std::string_view bytes, int flags = 0);
  /// Receives what is there now, up to `most`; notes the end and errors.
  std::string read(size_t most = 1 << 16);
  void finishWriting();
  /// close() that sends RST.
  void reset();
  void close() { fd_.reset(); }
  void setReceiveBuffer(int bytes) const;
  void setSendBuffer(int bytes) const;

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] bool isOver() const { return ended_ || error_ != 0; }
  [[nodiscard]] bool valid() const { return fd_.valid(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Fd takeFd() { return std::move(fd_); }

 private:
  Fd fd_;
  bool ended_ = false;
  int error_ = 0;
};

/// A listening socket of a test: an upstream whose accept queue the test serves itself.
class TestListener {
 public:
  /// On 127.0.0.1, port chosen by the kernel.
  static TestListener tcp(int backlog = 128);
  /// On a path that is unlinked when the listener goes.
  static TestListener unixPath(const std::string& path);
  TestListener(TestListener&&) = default;
  TestListener& operator=(TestListener&&) = default;
  TestListener(const TestListener&) = delete;
  TestListener& operator=(const TestListener&) = delete;
  ~TestListener();

  /// A queued connection, or an invalid socket.
  [[nodiscard]] TestSocket accept() const;
  [[nodiscard]] WireAddress address() const { return address_; }
  [[nodiscard]] uint16_t port() const {
    return static_cast<uint16_t>(address_.portAndFamily & 0xffffU);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

 private:
  TestListener() = default;
  Fd fd_;
  WireAddress address_;
  std::string path_;
};

/// 127.0.0.1 in the words of the rings.
[[nodiscard]] WireAddress loopback(uint16_t port);
/// A connection to a port of 127.0.0.1: complete in the kernel before anybody accepts it.
[[nodiscard]] TestSocket connectTo(uint16_t port, int receiveBufferBytes = 0);
/// Both ends of a loopback TCP connection.
[[nodiscard]] std::pair<TestSocket, TestSocket> tcpPair();
/// Both ends of a unix stream connection.
[[nodiscard]] std::pair<TestSocket, TestSocket> unixPair();
/// A port of 127.0.0.1 that refuses connections (bound by nobody a moment ago).
[[nodiscard]] uint16_t refusingPort();
/// How many descriptors this process has open.
[[nodiscard]] size_t openDescriptors();

}  // namespace sluice::test
