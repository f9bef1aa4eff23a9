#include "relay/relay_pump.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/monotonic_clock.h"
#include "net/socket_options.h"

namespace sluice {

namespace {

// What splice(2) says where it cannot work at all: filtered by seccomp (EPERM, ENOSYS), a socket
// kind without splice_read (EINVAL), a policy (EOPNOTSUPP). Copying always works.
bool isSpliceRefusal(int e) {
  return e == EINVAL || e == ENOSYS || e == EPERM || e == EOPNOTSUPP || e == ENOMEM;
}

bool wouldBlock(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

RelayPump::RelayPump(Poller& poller, PipePool& pipes, Counters& counters, const Region& region,
                     RelayOptions options)
    : poller_(poller),
      pipes_(pipes),
      counters_(counters),
      region_(region),
      options_(options),
      buffer_(new uint8_t[kLargeCopyBytes]) {}

void RelayPump::account(uint32_t listener, Counter all, ListenerCounter own, uint64_t bytes) {
  counters_.add(all, static_cast<double>(bytes));
  Counters::bump(region_.listenerCounters(listener)[static_cast<uint32_t>(own)],
                 static_cast<double>(bytes));
}

RelayOutcome RelayPump::pump(Connection& connection, uint64_t nowMs) {
  nowMs_ = nowMs;
  // Down first: an upstream that answers early and resets must have its answer delivered before a
  // write to it fails.
  for (const uint32_t k : {kUpstream, kClient}) {
    const Direction& direction = connection.direction[k];
    if (!direction.readable && !direction.hasPending()) continue;
    const Progress progress = pumpDirection(connection, k);
    if (progress == Progress::Continue || progress == Progress::Stop) continue;
    const uint32_t brokenSide = progress == Progress::SourceBroken || connection.isEcho ? k : 1 - k;
    if (brokenSide == kClient) return RelayOutcome::ClientBroke;
    if (k == kClient) deliverLastAnswer(connection);
    return RelayOutcome::UpstreamBroke;
  }
  if (isFinished(connection)) return RelayOutcome::Finished;
  passEnds(connection);
  return RelayOutcome::Open;
}

/// The upstream takes no more. What it answered before may be unread, or corked until its end is
/// passed on.
void RelayPump::deliverLastAnswer(Connection& connection) {
  connection.direction[kUpstream].readable = !connection.direction[kUpstream].ended;
  pumpDirection(connection, kUpstream);
  passEnds(connection);
}

bool RelayPump::isFinished(const Connection& connection) {
  const Direction& up = connection.direction[0];
  const Direction& down = connection.direction[1];
  const bool downIsOver = down.ended && !down.hasPending();
  if (connection.closesAtUpstreamEnd && downIsOver) return true;
  return downIsOver && up.ended && !up.hasPending();
}

void RelayPump::passEnds(Connection& connection) {
  for (uint32_t k = 0; k < 2; ++k) {
    Direction& direction = connection.direction[k];
    if (!direction.ended || direction.shut || direction.hasPending()) continue;
    shutdown(sinkOf(connection, k), SHUT_WR);
    direction.shut = true;
  }
}

RelayPump::Progress RelayPump::pumpDirection(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  uint32_t spliced = 0;
  Progress progress = Progress::Continue;
  for (int round = 0; round < kPumpRounds && progress == Progress::Continue; ++round) {
    progress = moveOnce(connection, k, spliced);
  }
  const bool couldGoOn =
      direction.writable && (direction.hasPending() || (direction.readable && !direction.ended));
  if (progress == Progress::Continue && couldGoOn && !direction.queued) {
    direction.queued = true;
    runQueue_.push_back({connection.index, connection.generation, k});
  }
  return progress;
}

RelayPump::Progress RelayPump::moveOnce(Connection& connection, uint32_t k, uint32_t& spliced) {
  const Direction& direction = connection.direction[k];
  if (direction.hasPending() && !direction.writable) return Progress::Stop;
  if (direction.residualBytes != 0) return flushResidual(connection, k);
  if (direction.inPipe != 0) return flushPipe(connection, k);
  if (direction.ended || !direction.readable) return Progress::Stop;
  return direction.spliceMode ? fillPipe(connection, k, spliced) : copyOnce(connection, k);
}

RelayPump::Progress RelayPump::flushResidual(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  const ssize_t sent =
      send(sinkOf(connection, k), direction.residual.get() + direction.residualOffset,
           direction.residualBytes, MSG_NOSIGNAL);
  if (sent < 0) {
    if (!wouldBlock(errno)) return Progress::SinkBroken;
    blockWrite(connection, k);
    return Progress::Stop;
  }
  const auto taken = static_cast<uint32_t>(sent);
  noteSent(connection, k, taken);
  direction.residualBytes -= taken;
  direction.residualOffset += taken;
  if (direction.residualBytes != 0) {
    blockWrite(connection, k);
    return Progress::Stop;
  }
  direction.residual.reset();
  direction.residualOffset = 0;
  return Progress::Continue;
}

RelayPump::Progress RelayPump::flushPipe(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  // Never SPLICE_F_MORE: it holds back the tail of a burst for 200 ms.
  const ssize_t moved = splice(direction.pipe.readEnd(), nullptr, sinkOf(connection, k), nullptr,
                               direction.inPipe, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  counters_.add(Counter::Splices);
  if (moved < 0) {
    if (errno == EINTR) return Progress::Continue;
    if (isSpliceRefusal(errno)) return pipeToResidual(connection, k);
    if (errno != EAGAIN) return Progress::SinkBroken;
    blockWrite(connection, k);
    return Progress::Stop;
  }
  direction.inPipe -= static_cast<uint32_t>(moved);
  noteSent(connection, k, static_cast<uint64_t>(moved));
  if (direction.inPipe == 0 && !direction.readable) returnPipe(direction);
  return Progress::Continue;
}

RelayPump::Progress RelayPump::copyOnce(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  const uint32_t room = direction.noSplice ? kLargeCopyBytes : kCopyBytes;
  const ssize_t got = recv(connection.fd[k].get(), buffer_.get(), room, 0);
  counters_.add(Counter::Copies);
  if (got < 0) {
    if (errno == EINTR) return Progress::Continue;
    if (errno != EAGAIN) return Progress::SourceBroken;
    direction.readable = false;
    return Progress::Stop;
  }
  if (got == 0) {
    markEnded(connection, k);
    return Progress::Stop;
  }
  const auto count = static_cast<uint32_t>(got);
  const bool isShort = count < room && !direction.urgent;
  // FIN was in order before this read and the read emptied the queue: the end is certain without
  // another recv, and data and FIN can share one segment. The shutdown that pushes it comes in this
  // same turn (passEnds or close).
  const bool isLast = options_.coalesceFin && direction.finQueued && isShort;
  if (isLast) markEnded(connection, k);
  if (isShort && !direction.hangup) direction.readable = false;
  noteRead(connection, k, count);
  if (k == kUpstream) noteFirstReply(connection, isLast);

  ssize_t sent = 0;
  if (direction.writable) {
    sent =
        send(sinkOf(connection, k), buffer_.get(), count, MSG_NOSIGNAL | (isLast ? MSG_MORE : 0));
    if (sent < 0 && !wouldBlock(errno)) return Progress::SinkBroken;
    if (sent < 0) sent = 0;
  }
  const auto taken = static_cast<uint32_t>(sent);
  noteSent(connection, k, taken);
  if (taken < count) {
    keepResidual(direction, buffer_.get() + taken, count - taken);
    blockWrite(connection, k);
  }
  adapt(connection, k, count == room || taken < count);
  return Progress::Continue;
}

void RelayPump::adapt(Connection& connection, uint32_t k, bool wasFull) {
  Direction& direction = connection.direction[k];
  if (!wasFull) {
    direction.fullReads = 0;
    return;
  }
  if (direction.fullReads < kFullReadsToSplice) ++direction.fullReads;
  if (!options_.splice || direction.noSplice || direction.fullReads < kFullReadsToSplice) return;
  direction.spliceMode = true;
  direction.smallWakes = 0;
  counters_.add(Counter::ToSplice);
  if (options_.receiveLowWater) setLowWater(connection, k, true);
}

RelayPump::Progress RelayPump::fillPipe(Connection& connection, uint32_t k, uint32_t& spliced) {
  Direction& direction = connection.direction[k];
  if (!direction.pipe.valid()) direction.pipe = pipes_.take();
  if (!direction.pipe.valid()) {  // at a limit: copy, and try again when reads fill the buffer
    leaveSplice(connection, k);
    return copyOnce(connection, k);
  }
  // Only ever into an empty pipe: then EAGAIN means "socket is dry" and never "pipe is full".
  const ssize_t got = splice(connection.fd[k].get(), nullptr, direction.pipe.writeEnd(), nullptr,
                             kPipeBytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  counters_.add(Counter::Splices);
  if (got < 0) {
    if (errno == EINTR) return Progress::Continue;
    if (isSpliceRefusal(errno)) {
      refuseSplice(connection, k);
      return Progress::Continue;
    }
    if (errno != EAGAIN) return Progress::SourceBroken;
    if (!direction.urgent) {
      sourceWentDry(connection, k, spliced);
      return Progress::Stop;
    }
  }
  if (got <= 0) {
    // Splice cannot pass an urgent mark: it says EAGAIN there, or 0 once FIN has come, as at the
    // end. Only recv steps over the mark and knows the end for certain.
    leaveSplice(connection, k);
    return copyOnce(connection, k);
  }
  direction.inPipe = static_cast<uint32_t>(got);
  spliced += direction.inPipe;
  noteRead(connection, k, direction.inPipe);
  if (k == kUpstream) noteFirstReply(connection, false);
  return Progress::Continue;
}

void RelayPump::sourceWentDry(Connection& connection, uint32_t k, uint32_t spliced) {
  Direction& direction = connection.direction[k];
  direction.readable = false;
  returnPipe(direction);
  if (spliced >= kSmallWakeBytes) {
    direction.smallWakes = 0;
    return;
  }
  if (++direction.smallWakes < kSmallWakesToCopy) return;
  counters_.add(Counter::ToCopy);
  leaveSplice(connection, k);
}

void RelayPump::leaveSplice(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  direction.spliceMode = false;
  direction.fullReads = 0;
  returnPipe(direction);
  setLowWater(connection, k, false);
}

void RelayPump::refuseSplice(Connection& connection, uint32_t k) {
  counters_.add(Counter::SpliceFallbacks);
  connection.direction[k].noSplice = true;
  leaveSplice(connection, k);
}

RelayPump::Progress RelayPump::pipeToResidual(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  direction.residual.reset(new uint8_t[direction.inPipe]);
  direction.residualOffset = 0;
  while (direction.residualBytes < direction.inPipe) {
    const ssize_t got =
        read(direction.pipe.readEnd(), direction.residual.get() + direction.residualBytes,
             direction.inPipe - direction.residualBytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return Progress::SinkBroken;  // the bytes are in the pipe: anything else is a kernel fault
    direction.residualBytes += static_cast<uint32_t>(got);
  }
  direction.inPipe = 0;
  refuseSplice(connection, k);
  return Progress::Continue;
}

void RelayPump::noteSent(Connection& connection, uint32_t k, uint64_t bytes) {
  if (bytes == 0) return;
  connection.lastActiveMs = nowMs_;
  if (k != kUpstream && !connection.isEcho) return;
  connection.direction[kUpstream].bytes += bytes;
  accountDown(connection, bytes);
}

void RelayPump::noteRead(Connection& connection, uint32_t k, uint64_t bytes) {
  connection.lastActiveMs = nowMs_;
  if (k != kClient) return;
  connection.direction[k].bytes += bytes;
  accountUp(connection, bytes);
}

void RelayPump::noteFirstReply(Connection& connection, bool isLast) {
  if (connection.firstByteUs == kNotReached) {
    connection.firstByteUs =
        static_cast<uint32_t>((monotonicNs() - connection.acceptedNs) / kNsPerUs);
  }
  if (!connection.delayedAck) return;
  connection.delayedAck = false;
  // The connection goes on: give the upstream its prompt ACKs back, or one that uses Nagle waits 40
  // ms for ours.
  if (!isLast) setQuickAck(connection.fd[kUpstream].get(), true);
}

void RelayPump::markEnded(Connection& connection, uint32_t k) {
  Direction& direction = connection.direction[k];
  direction.ended = true;
  direction.readable = false;
  if (connection.firstEnd == FirstEnd::Nobody) {
    connection.firstEnd = k == kClient ? FirstEnd::Client : FirstEnd::Upstream;
  }
}

bool RelayPump::sendOrKeep(Connection& connection, uint32_t k, const uint8_t* bytes,
                           uint32_t count) {
  Direction& direction = connection.direction[k];
  ssize_t sent = 0;
  if (direction.writable && direction.residualBytes == 0) {
    sent = send(sinkOf(connection, k), bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && !wouldBlock(errno)) return false;
    if (sent < 0) sent = 0;
  }
  const auto taken = static_cast<uint32_t>(sent);
  noteSent(connection, k, taken);
  if (taken < count) {
    keepResidual(direction, bytes + taken, count - taken);
    direction.writable = false;
  }
  return true;
}

void RelayPump::keepResidual(Direction& direction, const uint8_t* bytes, uint32_t count) {
  const uint32_t kept = direction.residualBytes;
  std::unique_ptr<uint8_t[]> grown(new uint8_t[kept + count]);
  if (kept != 0)
    std::memcpy(grown.get(), direction.residual.get() + direction.residualOffset, kept);
  std::memcpy(grown.get() + kept, bytes, count);
  direction.residual = std::move(grown);
  direction.residualBytes = kept + count;
  direction.residualOffset = 0;
}

void RelayPump::blockWrite(Connection& connection, uint32_t k) {
  connection.direction[k].writable = false;
  const uint32_t side = connection.isEcho ? kClient : 1 - k;
  if (connection.outArmed[side] || !connection.inPoller[side]) return;
  connection.outArmed[side] = true;
  if (!poller_.armOutput(connection.fd[side].get(),
                         {connection.generation, connection.index, side})) {
    connection.direction[k].writable = true;  // ENOMEM: fall back to trying at every event
  }
}

void RelayPump::returnPipe(Direction& direction) {
  if (!direction.pipe.valid()) return;
  const bool isEmpty = direction.inPipe == 0;
  direction.inPipe = 0;
  pipes_.giveBack(std::move(direction.pipe), isEmpty);
}

void RelayPump::setLowWater(Connection& connection, uint32_t k, bool on) {
  Direction& direction = connection.direction[k];
  if (direction.lowWater == on) return;
  direction.lowWater = on;
  setReceiveLowWater(connection.fd[k].get(), on ? kReceiveLowWaterBytes : 1);
  if (on) lowWater_.push_back({connection.index, connection.generation, k});
}

bool RelayPump::letGo(Connection& connection) {
  for (const Direction& direction : connection.direction) {
    if (direction.queued || direction.hasPending()) return false;
  }
  for (uint32_t k = 0; k < 2; ++k) leaveSplice(connection, k);
  return true;
}

void RelayPump::dropBuffers(Connection& connection) {
  for (Direction& direction : connection.direction) {
    returnPipe(direction);
    direction.residual.reset();
    direction.residualBytes = 0;
    direction.residualOffset = 0;
  }
}

}  // namespace sluice
