#include "origin-connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace bench {
namespace {

constexpr size_t kRecordHeaderSize = 5;
constexpr uint8_t kHandshakeRecord = 0x16;
constexpr int kCallsPerTurn = 4;
constexpr size_t kDropSize = 1 << 20;

}  // namespace

bool OriginConnection::onAccepted(Poller& poller) {
  if (!receive(poller)) {
    return false;
  }
  if (!registered_) {
    watch(poller, EPOLLIN);
  }
  return true;
}

bool OriginConnection::onEvent(Poller& poller, uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    return false;
  }
  if ((events & EPOLLOUT) != 0) {
    const bool alive = behaviour_ == Behaviour::kSource ? flood() : flushEcho(poller);
    if (!alive) {
      return false;
    }
  }
  return (events & (EPOLLIN | EPOLLHUP)) == 0 || receive(poller);
}

bool OriginConnection::receive(Poller& poller) {
  std::vector<uint8_t>& buffer = buffers_.receive;
  if (prefaceDone_ && behaviour_ == Behaviour::kSink) {
    for (int turn = 0; turn < kCallsPerTurn; turn++) {
      const ssize_t count = recv(socket_.get(), buffer.data(), kDropSize, MSG_TRUNC);
      if (count <= 0) {
        return count < 0 && errno == EAGAIN;
      }
    }
    return true;
  }
  const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    return count < 0 && errno == EAGAIN;
  }
  const std::span<const uint8_t> rest = skipPreface({buffer.data(), static_cast<size_t>(count)});
  if (!prefaceDone_) {
    return true;
  }
  switch (behaviour_) {
    case Behaviour::kOneShot:
      return answer();
    case Behaviour::kSource:
      watch(poller, EPOLLIN | EPOLLOUT);
      return true;
    case Behaviour::kEcho:
      return echo(poller, rest);
    case Behaviour::kSink:
      return true;
  }
  return false;
}

std::span<const uint8_t> OriginConnection::skipPreface(std::span<const uint8_t> bytes) {
  if (!prefaceSizeKnown_) {
    const size_t missing = kRecordHeaderSize - header_.size();
    const size_t taken = std::min(missing, bytes.size());
    header_.insert(header_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    if (header_[0] != kHandshakeRecord) {
      prefaceSizeKnown_ = prefaceDone_ = true;
      return bytes;
    }
    bytes = bytes.subspan(taken);
    if (header_.size() < kRecordHeaderSize) {
      return {};
    }
    prefaceSizeKnown_ = true;
    prefaceLeft_ = static_cast<size_t>(header_[3]) << 8 | header_[4];
  }
  const size_t skipped = std::min(prefaceLeft_, bytes.size());
  prefaceLeft_ -= skipped;
  prefaceDone_ = prefaceLeft_ == 0;
  return bytes.subspan(skipped);
}

bool OriginConnection::answer() {
  send(socket_.get(), buffers_.reply.data(), buffers_.reply.size(), MSG_NOSIGNAL);
  return false;
}

bool OriginConnection::flood() {
  for (int turn = 0; turn < kCallsPerTurn; turn++) {
    const ssize_t sent =
        send(socket_.get(), buffers_.flood.data(), buffers_.flood.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return errno == EAGAIN;
    }
  }
  return true;
}

bool OriginConnection::echo(Poller& poller, std::span<const uint8_t> bytes) {
  if (bytes.empty()) {
    return true;
  }
  const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    return false;
  }
  const size_t done = sent > 0 ? static_cast<size_t>(sent) : 0;
  if (done < bytes.size()) {
    // Not read again until this is gone: an echo must push back, not grow.
    unsent_.assign(bytes.begin() + static_cast<ptrdiff_t>(done), bytes.end());
    unsentOffset_ = 0;
    watch(poller, EPOLLOUT);
  }
  return true;
}

bool OriginConnection::flushEcho(Poller& poller) {
  const ssize_t sent = send(socket_.get(), unsent_.data() + unsentOffset_,
                            unsent_.size() - unsentOffset_, MSG_NOSIGNAL);
  if (sent < 0) {
    return errno == EAGAIN;
  }
  unsentOffset_ += static_cast<size_t>(sent);
  if (unsentOffset_ == unsent_.size()) {
    unsent_ = {};
    watch(poller, EPOLLIN);
  }
  return true;
}

void OriginConnection::watch(Poller& poller, uint32_t events) {
  if (registered_) {
    poller.modify(socket_.get(), events, this);
  } else {
    poller.add(socket_.get(), events, this);
    registered_ = true;
  }
}

}  // namespace bench
