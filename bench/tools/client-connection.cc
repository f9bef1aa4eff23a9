#include "client-connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace bench {

void ClientConnection::open(Poller& poller, void* cookie) {
  connected_ = false;
  open_ = false;
  tunnel_.restart();
  socket_.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket_.get() < 0) {
    die("cannot open a socket");
  }
  setNoDelay(socket_.get());
  const sockaddr* address = reinterpret_cast<const sockaddr*>(&options_->proxy);
  // A refusal shows as EPOLLERR on the socket, so that every outcome takes the same path.
  if (connect(socket_.get(), address, sizeof options_->proxy) != 0 && errno == EADDRNOTAVAIL) {
    die("no local port is left to connect from");
  }
  poller.add(socket_.get(), EPOLLOUT, cookie);
}

ClientConnection::Progress ClientConnection::advance(Poller& poller, uint32_t events,
                                                     void* cookie) {
  if (!connected_) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      return fail(Failure::kConnect);
    }
    connected_ = true;
    poller.modify(socket_.get(), EPOLLIN, cookie);
  }
  const Progress progress = handshake();
  open_ = progress == Progress::kOpen;
  return progress;
}

void ClientConnection::close() {
  socket_.reset();
  open_ = false;
}

ClientConnection::Progress ClientConnection::fail(Failure why) {
  failure_ = why;
  return Progress::kFailed;
}

ClientConnection::Progress ClientConnection::handshake() {
  for (;;) {
    switch (tunnel_.state()) {
      case TunnelHandshake::State::kOpen:
        return Progress::kOpen;
      case TunnelHandshake::State::kRefused:
        return fail(Failure::kRefused);
      case TunnelHandshake::State::kSend: {
        const std::vector<uint8_t> out = tunnel_.takeOutput();
        const ssize_t sent = send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(out.size())) {
          return fail(Failure::kReset);
        }
        return Progress::kPending;
      }
      case TunnelHandshake::State::kReceive: {
        uint8_t bytes[4096];
        const ssize_t count = recv(socket_.get(), bytes, tunnel_.wanted(), 0);
        if (count < 0 && errno == EAGAIN) {
          return Progress::kPending;
        }
        if (count <= 0) {
          return fail(count == 0 ? Failure::kRefused : Failure::kReset);
        }
        tunnel_.feed({bytes, static_cast<size_t>(count)});
        break;
      }
    }
  }
}

}  // namespace bench
