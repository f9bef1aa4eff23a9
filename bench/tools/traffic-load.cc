#include "traffic-load.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "client-hello.h"
#include "reply-pattern.h"

namespace bench {
namespace {

constexpr size_t kReadSize = 1 << 20;
constexpr size_t kFloodSize = 256 * 1024;
constexpr int kReadsPerTurn = 4;
constexpr int kPollMs = 10;
constexpr uint64_t kSweepNs = kNanosecondsPerSecond / 10;
constexpr uint64_t kMaxFailures = 10'000;

uint64_t nanoseconds(double seconds) {
  return static_cast<uint64_t>(seconds * static_cast<double>(kNanosecondsPerSecond));
}

}  // namespace

TrafficLoad::TrafficLoad(const LoadOptions& options)
    : options_(options),
      files_(options.watched),
      buffer_(kReadSize),
      floodBytes_(kFloodSize, 0x55),
      expectedReply_(replyPattern(options.replySize)) {
  for (uint32_t number = 0; number < options.connections; number++) {
    streams_.push_back(std::make_unique<Stream>(options));
    prepare(*streams_.back(), number);
  }
}

void TrafficLoad::prepare(Stream& stream, uint32_t number) {
  stream.first = buildClientHello(options_.serverName, options_.helloSize);
  if (stream.first.empty()) {
    std::fprintf(stderr, "load-generator: no ClientHello for '%s' has %zu bytes\n",
                 options_.serverName.c_str(), options_.helloSize);
    std::exit(64);
  }
  if (options_.mode == Mode::kPing) {
    stream.message.assign(options_.messageSize, 0x41);
    std::memcpy(stream.message.data(), &number, sizeof number);
    stream.first.insert(stream.first.end(), stream.message.begin(), stream.message.end());
  }
}

const LoadReport& TrafficLoad::run() {
  uint64_t nowNs = monotonicNs();
  windowTurnsNs_ = nowNs + nanoseconds(options_.warmUpSeconds);
  for (const auto& stream : streams_) {
    start(*stream);
  }
  while (window_ != Window::kOver && !report_.aborted) {
    for (const epoll_event& event : poller_.wait(kPollMs)) {
      handle(*static_cast<Stream*>(event.data.ptr), event.events);
    }
    nowNs = monotonicNs();
    expireSilent(nowNs);
    turnWindow(nowNs);
  }
  if (report_.after.empty()) {
    report_.before.resize(files_.size());
    report_.after.resize(files_.size());
  }
  report_.counts.inFlight = options_.mode == Mode::kConn ? streams_.size() : 0;
  return report_;
}

void TrafficLoad::turnWindow(uint64_t nowNs) {
  if (nowNs < windowTurnsNs_) {
    return;
  }
  if (window_ == Window::kWarmUp) {
    report_.before = files_.read();
    windowOpenedNs_ = monotonicNs();
    windowTurnsNs_ = windowOpenedNs_ + nanoseconds(options_.seconds);
    window_ = Window::kMeasured;
  } else {
    report_.seconds = static_cast<double>(monotonicNs() - windowOpenedNs_) /
                      static_cast<double>(kNanosecondsPerSecond);
    report_.after = files_.read();
    window_ = Window::kOver;
  }
}

void TrafficLoad::start(Stream& stream) {
  stream.received = 0;
  stream.outgoing = {};
  stream.waitsForRoom = false;
  stream.activeNs = monotonicNs();
  stream.connection.open(poller_, &stream);
}

void TrafficLoad::handle(Stream& stream, uint32_t events) {
  if (!stream.connection.isOpen()) {
    switch (stream.connection.advance(poller_, events, &stream)) {
      case ClientConnection::Progress::kPending:
        return;
      case ClientConnection::Progress::kFailed:
        fail(stream, stream.connection.failure());
        return;
      case ClientConnection::Progress::kOpen:
        onOpen(stream);
        return;
    }
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    onReadable(stream, events);
  } else if ((events & EPOLLOUT) != 0) {
    flush(stream);
  }
}

void TrafficLoad::onOpen(Stream& stream) {
  stream.outgoing = stream.first;
  if (options_.mode == Mode::kPing) {
    stream.activeNs = monotonicNs();
  }
  flush(stream);
}

void TrafficLoad::onReadable(Stream& stream, uint32_t events) {
  switch (options_.mode) {
    case Mode::kConn:
      receiveReply(stream);
      return;
    case Mode::kDown:
      receiveFlood(stream);
      return;
    case Mode::kPing:
      receiveEcho(stream);
      return;
    case Mode::kUp:
    case Mode::kIdle:
      // The sink never speaks: an end or an error is all that can be read.
      fail(stream, (events & EPOLLERR) != 0 ? Failure::kReset : Failure::kWrongReply);
      return;
  }
}

void TrafficLoad::receiveReply(Stream& stream) {
  for (;;) {
    const ssize_t count = recv(stream.connection.fd(), buffer_.data(), buffer_.size(), 0);
    if (count == 0 && stream.received == expectedReply_.size()) {
      finishConnection(stream);
      return;
    }
    if (count <= 0) {
      failBroken(stream, count);
      return;
    }
    const size_t size = static_cast<size_t>(count);
    const bool fits = stream.received + size <= expectedReply_.size();
    if (!fits || std::memcmp(buffer_.data(), &expectedReply_[stream.received], size) != 0) {
      fail(stream, Failure::kWrongReply);
      return;
    }
    stream.received += size;
  }
}

void TrafficLoad::finishConnection(Stream& stream) {
  if (measured()) {
    report_.counts.ok++;
    report_.latencies.record(monotonicNs() - stream.activeNs);
  }
  start(stream);
}

void TrafficLoad::receiveFlood(Stream& stream) {
  for (int turn = 0; turn < kReadsPerTurn; turn++) {
    // MSG_TRUNC: the kernel drops the bytes without copying them, so the client stays cheap.
    const ssize_t count = recv(stream.connection.fd(), buffer_.data(), kReadSize, MSG_TRUNC);
    if (count <= 0) {
      failBroken(stream, count);
      return;
    }
    if (measured()) {
      report_.counts.bytes += static_cast<uint64_t>(count);
    }
    stream.activeNs = monotonicNs();
    if (static_cast<size_t>(count) < kReadSize / 4) {
      return;
    }
  }
}

void TrafficLoad::receiveEcho(Stream& stream) {
  const size_t missing = stream.message.size() - stream.received;
  // One byte more than is due shows an echo that says too much.
  const ssize_t count = recv(stream.connection.fd(), buffer_.data(), missing + 1, 0);
  if (count <= 0) {
    failBroken(stream, count);
    return;
  }
  const size_t size = static_cast<size_t>(count);
  if (size > missing || std::memcmp(buffer_.data(), &stream.message[stream.received], size) != 0) {
    fail(stream, Failure::kWrongReply);
    return;
  }
  stream.received += size;
  if (stream.received == stream.message.size()) {
    nextMessage(stream);
  }
}

void TrafficLoad::nextMessage(Stream& stream) {
  const uint64_t nowNs = monotonicNs();
  if (measured()) {
    report_.counts.roundTrips++;
    report_.latencies.record(nowNs - stream.activeNs);
  }
  uint32_t sequence = 0;
  std::memcpy(&sequence, &stream.message[sizeof sequence], sizeof sequence);
  sequence++;
  std::memcpy(&stream.message[sizeof sequence], &sequence, sizeof sequence);
  stream.received = 0;
  stream.activeNs = nowNs;
  stream.outgoing = stream.message;
  flush(stream);
}

void TrafficLoad::flush(Stream& stream) {
  while (!stream.outgoing.empty()) {
    const ssize_t sent =
        send(stream.connection.fd(), stream.outgoing.data(), stream.outgoing.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      watchWritable(stream, true);
      return;
    }
    if (sent < 0) {
      fail(stream, Failure::kReset);
      return;
    }
    stream.outgoing = stream.outgoing.subspan(static_cast<size_t>(sent));
  }
  if (options_.mode == Mode::kUp) {
    flood(stream);
  } else {
    watchWritable(stream, false);
  }
}

void TrafficLoad::flood(Stream& stream) {
  const ssize_t sent =
      send(stream.connection.fd(), floodBytes_.data(), floodBytes_.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    fail(stream, Failure::kReset);
    return;
  }
  if (sent > 0) {
    stream.activeNs = monotonicNs();
    report_.counts.bytes += measured() ? static_cast<uint64_t>(sent) : 0;
  }
  watchWritable(stream, true);
}

void TrafficLoad::watchWritable(Stream& stream, bool wanted) {
  if (stream.waitsForRoom != wanted) {
    stream.waitsForRoom = wanted;
    poller_.modify(stream.connection.fd(), wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, &stream);
  }
}

void TrafficLoad::failBroken(Stream& stream, ssize_t received) {
  if (received == 0) {
    fail(stream, Failure::kWrongReply);
  } else if (errno != EAGAIN) {
    fail(stream, Failure::kReset);
  }
}

void TrafficLoad::fail(Stream& stream, Failure why) {
  if (measured()) {
    report_.counts.failures[static_cast<size_t>(why)]++;
  } else {
    report_.counts.warmUpFailures++;
  }
  const uint64_t failures = report_.counts.totalFailures() + report_.counts.warmUpFailures;
  report_.aborted = failures >= kMaxFailures;
  start(stream);
}

void TrafficLoad::expireSilent(uint64_t nowNs) {
  if (nowNs < nextSweepNs_) {
    return;
  }
  nextSweepNs_ = nowNs + kSweepNs;
  const uint64_t timeoutNs = nanoseconds(options_.connectionTimeoutSeconds);
  for (const auto& stream : streams_) {
    if (nowNs > stream->activeNs + timeoutNs) {
      fail(*stream, Failure::kTimeout);
    }
  }
}

}  // namespace bench
