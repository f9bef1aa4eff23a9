#include "engine/acceptor.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice {

namespace {
// Poller tokens of listening sockets; see Worker::dispatch.
constexpr uint32_t kListenerGeneration = 0xffffffff;
constexpr int kDrainBatch = 1 << 16;

/// Whether accept would find a client: a listening socket is readable then (accept(2)).
bool hasQueued(const Fd& fd) {
  pollfd entry{fd.get(), POLLIN, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & POLLIN) != 0;
}
}  // namespace

void Acceptor::addListener(const CommandRecord& command) {
  Fd fd(command.fd);
  if (command.index >= kMaxListeners) return;
  size_t place = 0;
  while (place < sockets_.size() && sockets_[place].fd.valid()) ++place;
  if (place == sockets_.size()) sockets_.emplace_back();
  sockets_[place].fd = std::move(fd);
  sockets_[place].listener = static_cast<uint16_t>(command.index);
  sockets_[place].ordinal = command.generation;
  watch(sockets_[place]);
}

/// Level-triggered: what one batch leaves in the queue is reported again, without an accept that
/// only finds EAGAIN. For the same reason a socket that must not be accepted from may not stay
/// watched.
void Acceptor::watch(ListeningSocket& socket) {
  const auto place = static_cast<uint32_t>(&socket - sockets_.data());
  socket.watched = state_.poller.addLevel(socket.fd.get(), {kListenerGeneration, place, 0});
}

void Acceptor::unwatch(ListeningSocket& socket) {
  if (socket.watched) state_.poller.remove(socket.fd.get());
  socket.watched = false;
  socket.ready = false;
}

void Acceptor::unwatchAll() {
  for (ListeningSocket& socket : sockets_) unwatch(socket);
}

void Acceptor::setListener(const CommandRecord& command) {
  if (command.index >= kMaxListeners) return;
  ListenerSettings& settings = settings_[command.index];
  settings.detectMs = command.deadlineMs;
  settings.immediate = (command.flags & kFlagImmediate) != 0;
  state_.limits.setMaximum(command.index, command.tag);
}

void Acceptor::removeListener(uint32_t listener, uint32_t ordinal) {
  for (ListeningSocket& socket : sockets_) {
    const bool isIt = socket.listener == listener && socket.ordinal == ordinal;
    if (!socket.fd.valid() || !isIt || socket.leaveByMs != TimerWheel::kNever) continue;
    unwatch(socket);
    socket.leaveByMs = state_.nowMs + kLeaveMs;
    leaveWhenEmpty(socket);
  }
}

/// At a limit what is queued has to wait for a place, like the clients of every other socket.
void Acceptor::leaveWhenEmpty(ListeningSocket& socket) {
  if (retryAtMs_ == TimerWheel::kNever && blocker() == Counter::Count)
    acceptFrom(socket, kDrainBatch);
  if (hasQueued(socket.fd)) {
    if (state_.nowMs < socket.leaveByMs) return;
    state_.counters.add(Counter::ListenersCutShort);
  }
  leave(socket);
}

void Acceptor::leave(ListeningSocket& socket) {
  // Explicitly: another listener may hold a duplicate, and epoll keeps what a duplicate keeps open.
  unwatch(socket);
  socket.fd.reset();
  socket.leaveByMs = TimerWheel::kNever;
  Connection about;
  about.listener = socket.listener;
  about.tag = socket.ordinal;
  about.acceptedNs = state_.nowNs;
  state_.post(about, EventType::ListenerClosed, socket.ordinal);
}

void Acceptor::setPaused(uint32_t listener, bool paused) {
  if (listener >= kMaxListeners) return;
  settings_[listener].paused = paused;
  for (ListeningSocket& socket : sockets_) {
    if (paused && socket.fd.valid() && socket.listener == listener) unwatch(socket);
  }
}

bool Acceptor::hasWork() const {
  if (retryAtMs_ != TimerWheel::kNever || blocker() != Counter::Count) return false;
  return std::any_of(sockets_.begin(), sockets_.end(), [this](const ListeningSocket& socket) {
    const bool mayAccept = socket.fd.valid() && !settings_[socket.listener].paused;
    return mayAccept && (socket.ready || !socket.watched);
  });
}

Counter Acceptor::blocker() const {
  if (state_.connections.active() >= state_.options.maxConnections) return Counter::ConnectionLimit;
  if (state_.fdsInUse() + 2 > state_.options.fdBudget) return Counter::FdLimit;
  // JS is behind: let the kernel's queue hold the rest.
  const bool jsIsBehind = state_.events.overflowSize() > state_.region.shape().eventCapacity;
  return !state_.slots.hasSmall() || jsIsBehind ? Counter::SlotLimit : Counter::Count;
}

uint64_t Acceptor::nextLookMs() const {
  uint64_t next = retryAtMs_;
  for (const ListeningSocket& socket : sockets_) next = std::min(next, socket.leaveByMs);
  return next;
}

void Acceptor::acceptReady() {
  if (retryAtMs_ <= state_.nowMs) retryAtMs_ = TimerWheel::kNever;
  const bool rests = retryAtMs_ != TimerWheel::kNever;
  for (ListeningSocket& socket : sockets_) {
    if (!socket.fd.valid()) continue;
    if (socket.leaveByMs != TimerWheel::kNever) {
      leaveWhenEmpty(socket);
      continue;
    }
    if (rests || settings_[socket.listener].paused) continue;
    if (!socket.watched && blocker() == Counter::Count) watch(socket);
    if (socket.ready) acceptFrom(socket, socket.batch);
  }
}

void Acceptor::acceptFrom(ListeningSocket& socket, int batch) {
  socket.ready = false;
  for (int i = 0; i < batch; ++i) {
    if (const Counter limit = blocker(); limit != Counter::Count) {
      state_.counters.add(limit);
      state_.counters.add(Counter::AcceptPauses);
      return unwatchAll();  // watched again when something has ended
    }
    SocketAddress peer;
    Fd client(accept4(socket.fd.get(), peer.data(), peer.sizeData(), SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.valid()) {
      // The client left while it was queued, or was reset: the next one may be fine (accept(2)).
      if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
      if (errno != EAGAIN) pauseAfter(errno);
      socket.batch = std::max(1, i);
      return;
    }
    if (state_.limits.enter(socket.listener)) {
      admit(socket, std::move(client), peer);
    } else {
      refuse(socket, peer);
    }
  }
  socket.batch = std::min(kAcceptBatch, 2 * socket.batch);
}

/// EMFILE, ENFILE, ENOBUFS, ENOMEM: the listener stays readable, so trying at once again would
/// spin. Try in a while.
void Acceptor::pauseAfter(int error) {
  state_.counters.add(error == EMFILE || error == ENFILE ? Counter::FdLimit
                                                         : Counter::ConnectionLimit);
  state_.counters.add(Counter::AcceptPauses);
  retryAtMs_ = state_.nowMs + kAcceptRetryMs;
  unwatchAll();
}

void Acceptor::admit(const ListeningSocket& socket, Fd client, const SocketAddress& peer) {
  Connection* connection = state_.connections.allocate();
  if (connection == nullptr) {
    state_.limits.leave(socket.listener);
    state_.counters.add(Counter::ConnectionLimit);
    return;
  }
  const ListenerSettings& settings = settings_[socket.listener];
  const WireAddress wire = peer.toWire();
  connection->fd[kClient] = std::move(client);
  connection->listener = socket.listener;
  connection->peer = wire.portAndFamily;
  connection->address = wire.words;
  connection->acceptedNs = monotonicNs();
  // From the moment of the accept, rounded up: the turn's own clock is older, and a deadline is
  // never early.
  connection->readDeadlineMs =
      (connection->acceptedNs + kNsPerMs - 1) / kNsPerMs + settings.detectMs;
  connection->direction[0].readable = true;
  state_.counters.add(Counter::Accepted);
  state_.counters.set(Counter::Active, state_.connections.active());
  state_.counters.set(Counter::FdsInUse, state_.fdsInUse());
  Counters::bump(state_.listenerCounter(socket.listener, ListenerCounter::Accepted), 1);
  Counters::bump(state_.listenerCounter(socket.listener, ListenerCounter::Active), 1);
  if (settings.immediate) {
    connection->phase = Phase::Reading;
    reader_.askAtOnce(*connection);
  } else {
    reader_.startReading(*connection);
  }
}

void Acceptor::refuse(const ListeningSocket& socket, const SocketAddress& peer) {
  state_.counters.add(Counter::ListenerLimit);
  Counters::bump(state_.listenerCounter(socket.listener, ListenerCounter::Accepted), 1);
  Counters::bump(state_.listenerCounter(socket.listener, ListenerCounter::Shed), 1);
  const WireAddress wire = peer.toWire();
  Connection about;
  about.listener = socket.listener;
  about.peer = wire.portAndFamily;
  about.address = wire.words;
  about.acceptedNs = monotonicNs();
  state_.post(about, EventType::Refused, 0);
}

}  // namespace sluice
