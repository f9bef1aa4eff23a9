// The server side of every measurement: four ports in a row from --port on all local addresses,
// one-shot reply, source, echo, sink. One thread, so that each proxy meets the same origin.

#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "origin-connection.h"
#include "reply-pattern.h"
#include "system.h"

namespace {

using bench::Behaviour;

constexpr Behaviour kBehaviours[] = {Behaviour::kOneShot, Behaviour::kSource, Behaviour::kEcho,
                                     Behaviour::kSink};
constexpr int kBacklog = 16384;
constexpr int kAcceptsPerTurn = 64;
constexpr size_t kBufferSize = 256 * 1024;
constexpr int kExitUsage = 64;

struct Listener {
  bench::OwnedFd socket;
  Behaviour behaviour;
};

Listener listenOn(uint16_t port, Behaviour behaviour) {
  bench::OwnedFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bench::setNoDelay(socket.get());  // inherited by what it accepts
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const bool bound = bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (!bound || listen(socket.get(), kBacklog) != 0) {
    bench::die("cannot listen");
  }
  return {std::move(socket), behaviour};
}

class Origin {
 public:
  Origin(uint16_t port, size_t replySize) {
    buffers_.receive.resize(kBufferSize);
    buffers_.flood.assign(kBufferSize, 0x77);
    buffers_.reply = bench::replyPattern(replySize);
    for (const Behaviour behaviour : kBehaviours) {
      listeners_.push_back(listenOn(port++, behaviour));
    }
    for (Listener& listener : listeners_) {
      poller_.add(listener.socket.get(), EPOLLIN, &listener);
    }
  }

  [[noreturn]] void serve() {
    for (;;) {
      for (const epoll_event& event : poller_.wait(-1)) {
        dispatch(event);
      }
    }
  }

 private:
  void dispatch(const epoll_event& event) {
    for (const Listener& listener : listeners_) {
      if (event.data.ptr == &listener) {
        acceptFrom(listener);
        return;
      }
    }
    auto* connection = static_cast<bench::OriginConnection*>(event.data.ptr);
    if (!connection->onEvent(poller_, event.events)) {
      delete connection;
    }
  }

  void acceptFrom(const Listener& listener) {
    for (int turn = 0; turn < kAcceptsPerTurn; turn++) {
      const int fd = accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      auto connection = std::make_unique<bench::OriginConnection>(fd, listener.behaviour, buffers_);
      if (connection->onAccepted(poller_)) {
        // From here the poller's cookie owns it; dispatch() deletes it when it is over.
        static_cast<void>(connection.release());
      }
    }
  }

  bench::Poller poller_;
  bench::OriginBuffers buffers_;
  std::vector<Listener> listeners_;
};

unsigned long numberAfter(const char* name, int argc, char** argv, unsigned long otherwise) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], name) == 0) {
      return std::strtoul(argv[i + 1], nullptr, 10);
    }
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const unsigned long port = numberAfter("--port", argc, argv, 0);
  const unsigned long replySize = numberAfter("--reply", argc, argv, 100);
  if (port == 0 || port > 65532 || argc % 2 == 0) {
    std::fprintf(stderr, "usage: origin --port FIRST [--reply BYTES]\n");
    return kExitUsage;
  }
  bench::raiseFileLimit();
  Origin(static_cast<uint16_t>(port), replySize).serve();
}
