#include "idle-load.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "client-hello.h"

namespace bench {
namespace {

constexpr size_t kAtOnce = 128;  // below any listen backlog
constexpr size_t kChunkSize = 64 * 1024;
constexpr int kPollMs = 20;
constexpr uint64_t kCommandDeadlineNs = 60 * kNanosecondsPerSecond;

}  // namespace

IdleLoad::IdleLoad(const LoadOptions& options)
    : options_(options),
      greeting_(buildClientHello(options.serverName, options.helloSize)),
      chunk_(kChunkSize, 0x41),
      buffer_(kChunkSize) {}

void IdleLoad::serveCommands() {
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    unsigned long number = 0;
    if (std::sscanf(line, "hold %lu", &number) == 1) {
      hold(number);
      noticeLosses();
      report(0);
    } else if (std::sscanf(line, "traffic %lu", &number) == 1) {
      moveTraffic(number);
      noticeLosses();
      report(number * heldCount());
    } else {
      return;
    }
  }
}

void IdleLoad::hold(size_t count) {
  const uint64_t deadlineNs = monotonicNs() + kCommandDeadlineNs;
  while (connections_.size() < count && monotonicNs() < deadlineNs) {
    connections_.push_back(std::make_unique<Held>(options_));
    Held& held = *connections_.back();
    held.busy = true;
    busy_++;
    held.connection.open(poller_, &held);
    drive(kAtOnce, deadlineNs);
  }
  drive(1, deadlineNs);
}

void IdleLoad::moveTraffic(uint64_t bytes) {
  const uint64_t deadlineNs = monotonicNs() + kCommandDeadlineNs;
  for (const auto& held : connections_) {
    if (held->connection.isOpen()) {
      held->busy = true;
      busy_++;
      begin(*held, bytes);
      drive(kAtOnce, deadlineNs);
    }
  }
  drive(1, deadlineNs);
}

// Handles events until fewer than `busyGoal` connections are at work.
void IdleLoad::drive(size_t busyGoal, uint64_t deadlineNs) {
  while (busy_ >= busyGoal && monotonicNs() < deadlineNs) {
    for (const epoll_event& event : poller_.wait(kPollMs)) {
      handle(*static_cast<Held*>(event.data.ptr), event.events);
    }
  }
}

// A held connection that ended shows as readable: look before saying what is held.
void IdleLoad::noticeLosses() {
  for (auto events = poller_.wait(0); !events.empty(); events = poller_.wait(0)) {
    for (const epoll_event& event : events) {
      handle(*static_cast<Held*>(event.data.ptr), event.events);
    }
  }
}

void IdleLoad::handle(Held& held, uint32_t events) {
  if (held.connection.isOpen()) {
    exchange(held);
    return;
  }
  switch (held.connection.advance(poller_, events, &held)) {
    case ClientConnection::Progress::kPending:
      return;
    case ClientConnection::Progress::kFailed:
      lose(held);
      return;
    case ClientConnection::Progress::kOpen:
      sendGreeting(held);
      return;
  }
}

void IdleLoad::sendGreeting(Held& held) {
  const ssize_t sent = send(held.connection.fd(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(greeting_.size())) {
    lose(held);
    return;
  }
  begin(held, options_.messageSize);
}

void IdleLoad::begin(Held& held, uint64_t bytes) {
  held.toSend = bytes;
  held.toReceive = bytes;
  poller_.modify(held.connection.fd(), EPOLLIN | EPOLLOUT, &held);
}

void IdleLoad::exchange(Held& held) {
  if (held.toSend > 0) {
    const size_t size = std::min<uint64_t>(held.toSend, chunk_.size());
    const ssize_t sent = send(held.connection.fd(), chunk_.data(), size, MSG_NOSIGNAL);
    held.toSend -= sent > 0 ? static_cast<uint64_t>(sent) : 0;
    if (held.toSend == 0) {
      poller_.modify(held.connection.fd(), EPOLLIN, &held);
    }
  }
  const ssize_t count = recv(held.connection.fd(), buffer_.data(), buffer_.size(), 0);
  if (count < 0 && errno == EAGAIN) {
    return;
  }
  if (count <= 0 || static_cast<uint64_t>(count) > held.toReceive) {
    lose(held);
    return;
  }
  held.toReceive -= static_cast<uint64_t>(count);
  if (held.toReceive == 0) {
    held.busy = false;
    busy_--;
  }
}

void IdleLoad::lose(Held& held) {
  held.connection.close();
  lost_++;
  busy_ -= held.busy ? 1 : 0;
  held.busy = false;
}

size_t IdleLoad::heldCount() const {
  const auto isHeld = [](const auto& held) { return held->connection.isOpen() && !held->busy; };
  return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(), isHeld));
}

void IdleLoad::report(uint64_t moved) const {
  std::printf("{\"held\":%zu,\"err\":%" PRIu64 ",\"moved\":%" PRIu64 "}\n", heldCount(), lost_,
              moved);
  std::fflush(stdout);
}

}  // namespace bench
