#include "test/harness/test_socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "net/socket_options.h"

namespace sluice::test {

size_t TestSocket::write(std::string_view bytes, int flags) {
  if (bytes.empty()) return 0;
  const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno != EAGAIN) error_ = errno;
  return 0;
}

std::string TestSocket::read(size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = recv(fd_.get(), bytes.data(), most, 0);
  if (got < 0 && errno != EAGAIN) error_ = errno;
  if (got == 0 && most > 0) ended_ = true;
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

void TestSocket::finishWriting() { shutdown(fd_.get(), SHUT_WR); }

void TestSocket::reset() {
  setResetOnClose(fd_.get());
  fd_.reset();
}

void TestSocket::setReceiveBuffer(int bytes) const {
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void TestSocket::setSendBuffer(int bytes) const {
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

TestListener TestListener::tcp(int backlog) {
  TestListener listener;
  listener.fd_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress any = SocketAddress::fromWire(loopback(0));
  SocketAddress bound;
  if (bind(listener.fd_.get(), any.get(), any.size()) != 0) return listener;
  if (::listen(listener.fd_.get(), backlog) != 0) return listener;
  if (getsockname(listener.fd_.get(), bound.data(), bound.sizeData()) == 0)
    listener.address_ = bound.toWire();
  return listener;
}

TestListener TestListener::unixPath(const std::string& path) {
  TestListener listener;
  unlink(path.c_str());
  listener.fd_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address =
      SocketAddress::fromPath({reinterpret_cast<const uint8_t*>(path.data()), path.size()});
  if (bind(listener.fd_.get(), address.get(), address.size()) != 0) return listener;
  if (::listen(listener.fd_.get(), 128) != 0) return listener;
  listener.address_.portAndFamily = 1U << 16;
  listener.path_ = path;
  return listener;
}

TestListener::~TestListener() {
  if (fd_.valid() && !path_.empty()) unlink(path_.c_str());
}

TestSocket TestListener::accept() const {
  return TestSocket(Fd(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)));
}

WireAddress loopback(uint16_t port) { return {port | 4U << 16, {htonl(INADDR_LOOPBACK), 0, 0, 0}}; }

TestSocket connectTo(uint16_t port, int receiveBufferBytes) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  TestSocket made(std::move(fd));
  if (receiveBufferBytes != 0) made.setReceiveBuffer(receiveBufferBytes);
  const SocketAddress to = SocketAddress::fromWire(loopback(port));
  if (connect(made.fd(), to.get(), to.size()) != 0) return {};
  fcntl(made.fd(), F_SETFL, O_NONBLOCK);
  return made;
}

std::pair<TestSocket, TestSocket> tcpPair() {
  const TestListener listener = TestListener::tcp();
  TestSocket ours = connectTo(listener.port());
  return {std::move(ours), listener.accept()};
}

std::pair<TestSocket, TestSocket> unixPair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return {};
  return {TestSocket(Fd(ends[0])), TestSocket(Fd(ends[1]))};
}

uint16_t refusingPort() { return TestListener::tcp().port(); }

size_t openDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  size_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count - 3;  // ".", ".." and the directory itself
}

}  // namespace sluice::test
