#include "engine/closer.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/socket_options.h"

namespace sluice {

void Closer::leaveListener(const Connection& connection, bool countsGlobally) {
  if (countsGlobally) state_.limits.leave(connection.listener);
  Counters::bump(state_.listenerCounter(connection.listener, ListenerCounter::Active), -1);
}

void Closer::report(Connection& connection, EndCause cause) {
  if (connection.isReported) return;
  connection.isReported = true;
  leaveListener(connection, true);
  const uint32_t detail = static_cast<uint32_t>(cause) | static_cast<uint32_t>(connection.firstEnd)
                                                             << 8;
  state_.post(connection, EventType::Closed, detail);
}

void Closer::closeSides(Connection& connection, bool reset) {
  state_.relay.dropBuffers(connection);
  for (uint32_t side = 0; side < 2; ++side) {
    Fd& fd = connection.fd[side];
    if (!fd.valid()) continue;
    if (reset) setResetOnClose(fd.get());
    fd.reset();  // leaves epoll by itself: no duplicate of the descriptor exists
    connection.inPoller[side] = false;
  }
}

void Closer::forget(Connection& connection) {
  closeSides(connection, false);
  state_.releaseSlot(connection);
  state_.timers.cancel(connection.index);
  state_.connections.release(connection);
  state_.counters.set(Counter::Active, state_.connections.active());
}

void Closer::finish(Connection& connection, EndCause cause, bool reset) {
  closeSides(connection, reset);
  report(connection, cause);
  forget(connection);
}

void Closer::abandon(Connection& connection, EndCause cause) {
  closeSides(connection, false);
  report(connection, cause);
  state_.timers.cancel(connection.index);
}

void Closer::linger(Connection& connection, EndCause cause) {
  const Fd& client = connection.fd[kClient];
  const bool alreadyOver =
      connection.direction[0].ended || connection.clientBroke || !client.valid();
  if (alreadyOver || shutdown(client.get(), SHUT_WR) != 0 ||
      !state_.watch(connection, kClient, false)) {
    return finish(connection, cause, false);
  }
  connection.fd[kUpstream].reset();
  connection.inPoller[kUpstream] = false;
  state_.relay.dropBuffers(connection);
  report(connection, cause);
  state_.releaseSlot(connection);
  connection.phase = Phase::Lingering;
  connection.length = 0;
  state_.timers.arm(connection.index, state_.nowMs + kLingerTimeoutMs);
  drainLingering(connection);
}

void Closer::drainLingering(Connection& connection) {
  for (;;) {
    // MSG_TRUNC on TCP discards without copying (tcp(7)).
    const ssize_t got =
        recv(connection.fd[kClient].get(), nullptr, kCopyBytes, MSG_TRUNC | MSG_DONTWAIT);
    if (got > 0) {
      connection.length += static_cast<uint32_t>(got);
      if (connection.length < kLingerBytes) continue;
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    return forget(connection);
  }
}

}  // namespace sluice
