// Worker's half that obeys JS. A command names a connection by index and generation, and the turn
// it answers by `seq`: a late, double or forged answer is counted as stale and changes nothing.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/worker.h"

namespace sluice {

void Worker::take(const CommandRecord& command) {
  state_.counters.add(Counter::Commands);
  switch (static_cast<CommandType>(command.type)) {
    case CommandType::AddListener:
      return acceptor_.addListener(command);
    case CommandType::SetListener:
      return acceptor_.setListener(command);
    case CommandType::RemoveListener:
      return acceptor_.removeListener(command.index, command.generation);
    case CommandType::PauseAccept:
      return acceptor_.setPaused(command.index, true);
    case CommandType::ResumeAccept:
      return acceptor_.setPaused(command.index, false);
    case CommandType::Relay:
      return adoptPair(command);
    case CommandType::Fence:
      return answerFence(command);
    case CommandType::Read:
    case CommandType::Reply:
    case CommandType::Connect:
    case CommandType::Echo:
    case CommandType::Close:
    case CommandType::Detach:
    case CommandType::Release:
      return takeForConnection(command);
  }
  state_.counters.add(Counter::StaleCommands);  // a type this engine does not know
}

void Worker::takeForConnection(const CommandRecord& command) {
  Connection* connection = state_.connections.find(command.index, command.generation);
  const bool isClose = static_cast<CommandType>(command.type) == CommandType::Close;
  if (connection == nullptr || connection->phase == Phase::Lingering) {
    return state_.counters.add(Counter::StaleCommands);
  }
  const bool answersTurn = connection->phase == Phase::Deciding && connection->seq == command.seq;
  if (!answersTurn && !isClose) return state_.counters.add(Counter::StaleCommands);
  if (connection->phase == Phase::Deciding) {
    if (!answersTurn) return state_.counters.add(Counter::StaleCommands);
    state_.takeTurn(*connection);
    if (connection->isReported) return closer_.forget(*connection);  // ended while JS decided
  }
  connection->tag = command.tag;
  obey(*connection, command);
}

void Worker::obey(Connection& connection, const CommandRecord& command) {
  const auto type = static_cast<CommandType>(command.type);
  const bool isDecision =
      type == CommandType::Echo || type == CommandType::Close || type == CommandType::Connect;
  if (isDecision && connection.decidedUs == kNotReached)
    connection.decidedUs = WorkerState::sinceAcceptUs(connection);
  switch (type) {
    case CommandType::Read:
      if (command.deadlineMs != 0) connection.readDeadlineMs = state_.nowMs + command.deadlineMs;
      return reader_.startReading(connection);
    case CommandType::Reply:
      return replyAndRead(connection, command);
    case CommandType::Connect:
      return dialer_.dial(connection, command);
    case CommandType::Echo:
      return dialer_.echo(connection, command);
    case CommandType::Close:
      return close(connection, command);
    case CommandType::Detach:
      return detach(connection);
    case CommandType::Release:
    default:
      leaveQuietly(connection);
  }
}

void Worker::answerFence(const CommandRecord& command) {
  Connection about;
  about.tag = command.tag;
  about.acceptedNs = state_.nowNs;
  state_.post(about, EventType::Fenced, 0);
}

void Worker::leaveQuietly(Connection& connection) {
  closer_.leaveListener(connection, true);
  closer_.forget(connection);
}

void Worker::replyAndRead(Connection& connection, const CommandRecord& command) {
  const uint32_t replyBytes = std::min(command.replyBytes, kSlotReplyBytes);
  if (replyBytes > 0) {
    const bool sent =
        state_.relay.sendOrKeep(connection, kUpstream, state_.slotTail(connection), replyBytes);
    // A client that does not take a few hundred bytes of handshake is not read further: no
    // unbounded queue for it.
    if (!sent || connection.direction[1].residualBytes != 0) {
      return closer_.finish(connection, EndCause::ClientReset, true);
    }
  }
  const uint32_t consumed = std::min(command.skip, connection.length);
  uint8_t* bytes = state_.slotBytes(connection);
  std::memmove(bytes, bytes + consumed, connection.length - consumed);
  connection.length -= consumed;
  if (command.deadlineMs != 0) connection.readDeadlineMs = state_.nowMs + command.deadlineMs;
  if ((command.flags & kFlagAgain) != 0 && connection.length > 0)
    return reader_.askAtOnce(connection);
  reader_.startReading(connection);
}

void Worker::close(Connection& connection, const CommandRecord& command) {
  const bool isReset = (command.flags & kFlagReset) != 0;
  const uint32_t replyBytes = std::min(command.replyBytes, kSlotReplyBytes);
  if (connection.slot != kNoSlot && replyBytes > 0) {
    const ssize_t sent =
        send(connection.fd[kClient].get(), state_.slotTail(connection), replyBytes, MSG_NOSIGNAL);
    if (sent > 0) {
      connection.direction[1].bytes += static_cast<uint64_t>(sent);
      state_.relay.accountDown(connection, static_cast<uint64_t>(sent));
    }
  }
  if (isReset || connection.phase == Phase::Relaying) {
    return closer_.finish(connection, EndCause::Commanded, isReset);
  }
  closer_.linger(connection, EndCause::Commanded);
}

void Worker::detach(Connection& connection) {
  if (connection.inPoller[kClient]) state_.poller.remove(connection.fd[kClient].get());
  connection.inPoller[kClient] = false;
  connection.isDetached = true;
  const int fd = connection.fd[kClient].release();
  state_.postTurn(connection, EventType::Detached, 0, fd);
  state_.timers.cancel(connection.index);  // nothing of the connection is left here but its bytes
}

void Worker::adoptPair(const CommandRecord& command) {
  Fd client(command.fd);
  Fd upstream(command.otherFd);
  Connection* connection = command.index < kMaxListeners ? state_.connections.allocate() : nullptr;
  if (connection == nullptr) return state_.counters.add(Counter::StaleCommands);
  for (const Fd* fd : {&client, &upstream}) {
    fcntl(fd->get(), F_SETFL, fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
  }
  connection->fd[kClient] = std::move(client);
  connection->fd[kUpstream] = std::move(upstream);
  connection->listener = static_cast<uint16_t>(command.index);
  connection->tag = command.tag;
  connection->idleMs = command.idleMs;
  connection->halfClosedMs = command.halfClosedMs;
  connection->closesAtUpstreamEnd = (command.flags & kFlagNoHalfClose) != 0;
  connection->acceptedNs = monotonicNs();
  for (Direction& direction : connection->direction) direction.readable = true;
  state_.limits.enterUnchecked(command.index);
  Counters::bump(state_.listenerCounter(command.index, ListenerCounter::Active), 1);
  state_.counters.set(Counter::Active, state_.connections.active());
  state_.post(*connection, EventType::Moved, 0);
  dialer_.startRelay(*connection);
}

}  // namespace sluice
