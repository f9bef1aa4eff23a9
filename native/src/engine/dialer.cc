#include "engine/dialer.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "net/socket_options.h"

namespace sluice {

SocketAddress Dialer::addressOf(const Connection& connection, const CommandRecord& command) const {
  WireAddress wire{command.destination, {}};
  std::copy_n(command.address, 4, wire.words.begin());
  if (command.destination >> 16 != 1) return SocketAddress::fromWire(wire);
  const uint32_t size = std::min(command.address[0], kSlotPathBytes);
  return SocketAddress::fromPath({state_.slotTail(connection) + kSlotReplyBytes, size});
}

void Dialer::dial(Connection& connection, const CommandRecord& command) {
  connection.skip = std::min(command.skip, connection.length);
  connection.replyBytes = std::min(command.replyBytes, kSlotReplyBytes);
  connection.idleMs = command.idleMs;
  connection.halfClosedMs = command.halfClosedMs;
  connection.closesAtUpstreamEnd = (command.flags & kFlagNoHalfClose) != 0;
  connection.fastOpen = (command.flags & kFlagFastOpen) != 0;
  connection.sent = 0;
  connection.upstreamKey = FastUpstreams::keyOf(&command.destination, 5);
  if (connection.clientBroke) return closer_.finish(connection, EndCause::ClientReset, false);
  connectTo(connection, addressOf(connection, command), command.deadlineMs);
}

void Dialer::connectTo(Connection& connection, const SocketAddress& address, uint32_t deadlineMs) {
  connection.phase = Phase::Connecting;
  state_.timers.arm(connection.index, state_.nowMs + deadlineMs);
  Fd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid())
    return failed(connection,
                  errno);  // EMFILE, ENFILE: no descriptor; EAFNOSUPPORT: no such family
  const bool isTcp = address.family() != AF_UNIX;
  const bool hasPreface = prefaceBytes(connection) > 0 && connection.replyBytes == 0;
  setUpstreamOptions(fd.get(), isTcp);
  connection.delayedAck = state_.options.delayedAck && isTcp && hasPreface;
  // The third packet of the handshake waits for the preface and travels with it: one packet and one
  // wake-up less.
  if (connection.delayedAck) setQuickAck(fd.get(), false);
  if (connection.fastOpen && isTcp && hasPreface) setFastOpen(fd.get());
  connection.fd[kUpstream] = static_cast<Fd&&>(fd);
  const int result = connect(connection.fd[kUpstream].get(), address.get(), address.size());
  if (result != 0 && errno != EINPROGRESS) return failed(connection, errno);
  if (!isTcp && result == 0) return connected(connection);
  if (connection.fastOpen && hasPreface && result == 0) {
    // The SYN leaves with the first write; the bytes stay in the slot until the handshake is known
    // to have worked.
    const ssize_t sent =
        send(connection.fd[kUpstream].get(), state_.slotBytes(connection) + connection.skip,
             prefaceBytes(connection), MSG_NOSIGNAL);
    if (sent > 0) connection.sent = static_cast<uint32_t>(sent);
    if (sent < 0 && errno != EAGAIN && errno != EINPROGRESS) return failed(connection, errno);
  } else if (hasPreface && state_.options.optimisticSend && isTcp &&
             fast_.isFast(connection.upstreamKey)) {
    if (sendEarly(connection)) return;
    if (connection.phase != Phase::Connecting) return;
  }
  if (!state_.watch(connection, kUpstream, true)) return failed(connection, errno);
  // A client that resets while we wait is let go at once. (If epoll has no memory, at the
  // deadline.)
  if (!state_.watch(connection, kClient, false)) connection.direction[0].readable = true;
}

/// On the same host the handshake is over when connect() returns: the preface can go at once. True:
/// relaying (or over).
bool Dialer::sendEarly(Connection& connection) {
  const uint32_t count = prefaceBytes(connection);
  const ssize_t sent = send(connection.fd[kUpstream].get(),
                            state_.slotBytes(connection) + connection.skip, count, MSG_NOSIGNAL);
  if (sent < 0) {
    fast_.sendFailed(connection.upstreamKey);
    if (errno != EAGAIN) failed(connection, errno);
    return false;
  }
  fast_.sendWorked(connection.upstreamKey);
  state_.counters.add(Counter::OptimisticSends);
  connection.sent = static_cast<uint32_t>(sent);
  connected(connection);
  return true;
}

void Dialer::upstreamReady(Connection& connection, uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    const int error = takeSocketError(connection.fd[kUpstream].get());
    if (error != 0) return failed(connection, error);
  }
  if ((events & (EPOLLOUT | EPOLLIN | EPOLLHUP)) == 0) return;
  const uint32_t tookUs = WorkerState::sinceAcceptUs(connection) - connection.decidedUs;
  fast_.connected(connection.upstreamKey, tookUs);
  connected(connection);
}

void Dialer::connected(Connection& connection) {
  const uint32_t unsent = prefaceBytes(connection) - connection.sent;
  const uint8_t* preface = state_.slotBytes(connection) + connection.skip + connection.sent;
  if (unsent > 0 && !state_.relay.sendOrKeep(connection, kClient, preface, unsent)) {
    return failed(connection, errno);
  }
  connection.connectedUs = WorkerState::sinceAcceptUs(connection);
  if (connection.replyBytes > 0) holdBackAcks(connection);
  if (connection.replyBytes > 0 &&
      !state_.relay.sendOrKeep(connection, kUpstream, state_.slotTail(connection),
                               connection.replyBytes)) {
    return closer_.finish(connection, EndCause::ClientReset, true);
  }
  state_.releaseSlot(connection);
  startRelay(connection);
}

/// A tunnel has no bytes for the handshake's last packet to wait for, and an upstream that speaks
/// first may not wait for ours. But from here on the ACK of a short answer can travel with our FIN;
/// an answer that goes on brings prompt ACKs back (RelayPump::noteFirstReply).
void Dialer::holdBackAcks(Connection& connection) {
  if (!state_.options.delayedAck || connection.delayedAck) return;
  connection.delayedAck = true;
  setQuickAck(connection.fd[kUpstream].get(), false);
}

void Dialer::startRelay(Connection& connection) {
  connection.phase = Phase::Relaying;
  connection.lastActiveMs = state_.nowMs;
  const uint64_t firstLook = state_.options.settleMs;
  const bool idleIsSooner = connection.idleMs != 0 && connection.idleMs < firstLook;
  state_.timers.arm(connection.index,
                    state_.nowMs + (idleIsSooner ? connection.idleMs : firstLook));
  const bool upPending = connection.direction[0].residualBytes != 0;
  const bool downPending = connection.direction[1].residualBytes != 0;
  const bool upstreamIsWatched =
      connection.isEcho || state_.watch(connection, kUpstream, upPending);
  if (!upstreamIsWatched ||
      !state_.watch(connection, kClient, downPending || (connection.isEcho && upPending))) {
    return closer_.finish(connection, EndCause::Internal, true);
  }
  // Residuals were kept before the descriptors were watched for output: try them once, which arms
  // what is missing.
  for (Direction& direction : connection.direction) direction.writable = true;
  pump(connection);
}

void Dialer::pump(Connection& connection) {
  switch (state_.relay.pump(connection, state_.nowMs)) {
    case RelayOutcome::Open:
      return armIdle(connection);
    case RelayOutcome::Finished:
      return closer_.finish(connection, EndCause::Finished, false);
    case RelayOutcome::ClientBroke:
      return closer_.finish(connection, EndCause::ClientReset, true);
    case RelayOutcome::UpstreamBroke:
      return closer_.finish(connection, EndCause::UpstreamReset, true);
  }
}

void Dialer::armIdle(Connection& connection) {
  const bool isHalfOpen = connection.direction[0].ended != connection.direction[1].ended;
  if (!isHalfOpen || connection.halfArmed || connection.isEcho) return;
  connection.halfArmed = true;
  const uint64_t due = state_.nowMs + connection.halfClosedMs;
  if (due < state_.timers.deadline(connection.index)) state_.timers.arm(connection.index, due);
}

void Dialer::echo(Connection& connection, const CommandRecord& command) {
  connection.isEcho = true;
  connection.closesAtUpstreamEnd = false;  // there is none; an attempt that failed may have asked
  connection.idleMs = command.idleMs;
  connection.halfClosedMs = command.halfClosedMs;
  connection.direction[1].ended = true;
  connection.direction[1].shut = true;
  connection.skip = std::min(command.skip, connection.length);
  const uint8_t* bytes = state_.slotBytes(connection) + connection.skip;
  const uint32_t count = prefaceBytes(connection);
  if (count > 0 && !state_.relay.sendOrKeep(connection, kClient, bytes, count)) {
    return closer_.finish(connection, EndCause::ClientReset, true);
  }
  state_.releaseSlot(connection);
  startRelay(connection);
}

void Dialer::timedOut(Connection& connection) { failed(connection, ETIMEDOUT); }

void Dialer::failed(Connection& connection, int error) {
  connection.fd[kUpstream].reset();
  connection.inPoller[kUpstream] = false;
  connection.outArmed[kUpstream] = false;
  connection.sent = 0;
  connection.delayedAck = false;
  // What the client was sent before this attempt stays counted.
  const uint64_t bytesDown = connection.direction[1].bytes;
  connection.direction[1] = Direction{};
  connection.direction[1].bytes = bytesDown;
  // JS may try another endpoint: the client's bytes are still in the slot.
  state_.postTurn(connection, EventType::ConnectFailed, static_cast<uint32_t>(error));
}

}  // namespace sluice
