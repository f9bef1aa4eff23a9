#include "engine/worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/socket_options.h"

namespace sluice {

namespace {
constexpr uint64_t kHandoverRetryMs = 50;
constexpr uint32_t kListenerGeneration = 0xffffffff;
constexpr uint32_t kWakeGeneration = 0xfffffffe;
constexpr uint32_t kForeignGeneration = 0xfffffffd;
static_assert(kWakeGeneration >= ConnectionTable::kFirstReservedGeneration);
}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(Region region, const EngineOptions& options,
                                               ListenerLimits& limits,
                                               std::function<void()> wakeJs) {
  Result<Poller> poller = Poller::create();
  if (!poller.ok()) return poller.error();
  Fd wakeFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wakeFd.valid()) return SysError{errno, "eventfd"};
  if (!poller.value().add(wakeFd.get(), {kWakeGeneration, 0, 0}, false))
    return SysError{errno, "epoll_ctl"};
  return std::unique_ptr<Worker>(new Worker(region, options, limits, std::move(poller.value()),
                                            std::move(wakeJs), std::move(wakeFd)));
}

Worker::Worker(Region region, const EngineOptions& options, ListenerLimits& limits, Poller poller,
               std::function<void()> wakeJs, Fd wakeFd)
    : state_(region, options, limits, std::move(poller), std::move(wakeJs)),
      commands_(state_.region),
      closer_(state_),
      reader_(state_, closer_),
      dialer_(state_, closer_),
      acceptor_(state_, reader_),
      wakeFd_(std::move(wakeFd)),
      inbox_([this] { kick(); }) {}

void Worker::kick() {
  const uint64_t one = 1;
  // EAGAIN: the counter is at its maximum, so the worker is awake or about to be.
  if (write(wakeFd_.get(), &one, sizeof one) < 0) return;
}

void Worker::watchForeign(int fd) {
  // Level-triggered: it stays reported until its own loop has looked.
  if (!state_.poller.addLevel(fd, {kForeignGeneration, 0, 0})) isForeignReady_ = true;
}

void Worker::drainCommands() {
  // In-loop JS has just decided in this thread, however long that took: deadlines run from now.
  state_.refreshClock();
  commands_.drain([this](const CommandRecord& command) { take(command); });
}

bool Worker::step(int64_t maxWaitNs) {
  drainCommands();
  if (hasDeferredWork()) deferredWork();
  publish();
  int64_t timeout = waitNs(maxWaitNs);
  if (timeout != 0 && !commands_.announceSleep()) timeout = 0;
  const std::span<const epoll_event> events = state_.poller.wait(timeout);
  commands_.announceAwake();
  state_.refreshClock();
  state_.counters.add(Counter::Waits);
  state_.counters.add(Counter::Ready, static_cast<double>(events.size()));
  for (const epoll_event& event : events) dispatch(event);
  deferredWork();
  // After the events: bytes that came while this thread was stopped win over deadlines that passed
  // meanwhile.
  state_.timers.advance(state_.nowMs, [this](uint32_t index) { deadlinePassed(index); });
  lowWaterTick();
  return events.size() == kEventsPerWait || hasDeferredWork();
}

bool Worker::hasDeferredWork() const {
  return !state_.relay.runQueue().empty() || !state_.slotWaiters.empty() || acceptor_.hasWork();
}

int64_t Worker::waitNs(int64_t maxWaitNs) const {
  if (maxWaitNs == 0) return 0;
  if (!state_.relay.runQueue().empty() || acceptor_.hasWork()) return 0;
  // In-loop the thread that would block is the one that has to answer.
  if (asksInLoop_ && state_.events.isJsAsked()) return 0;
  const int64_t next = nsUntilNextDeadline();
  if (next < 0) return maxWaitNs;
  return maxWaitNs < 0 ? next : std::min(next, maxWaitNs);
}

int64_t Worker::nsUntilNextDeadline() const {
  uint64_t dueNs = UINT64_MAX;
  const int64_t timerMs = state_.timers.msUntilNext(state_.nowMs);
  if (timerMs >= 0) dueNs = (state_.nowMs + static_cast<uint64_t>(timerMs)) * kNsPerMs;
  if (const uint64_t lookMs = acceptor_.nextLookMs(); lookMs != TimerWheel::kNever)
    dueNs = std::min(dueNs, lookMs * kNsPerMs);
  if (state_.events.lazyDueNs() != 0) dueNs = std::min(dueNs, state_.events.lazyDueNs());
  if (state_.events.hasOverflow()) dueNs = std::min(dueNs, state_.nowNs + kNsPerMs);
  if (lastLowWaterTickNs_ != 0) dueNs = std::min(dueNs, lastLowWaterTickNs_ + kLowWaterTickNs);
  if (dueNs == UINT64_MAX) return -1;
  return dueNs > state_.nowNs ? static_cast<int64_t>(dueNs - state_.nowNs) : 1;
}

void Worker::deferredWork() {
  std::deque<ConnectionSide>& queue = state_.relay.runQueue();
  for (size_t left = queue.size(); left > 0; --left) {
    const ConnectionSide entry = queue.front();
    queue.pop_front();
    Connection* connection = state_.connections.find(entry.index, entry.generation);
    if (connection == nullptr) continue;
    connection->direction[entry.side].queued = false;
    if (connection->phase == Phase::Relaying) dialer_.pump(*connection);
  }
  reader_.serveSlotWaiters();
  acceptor_.acceptReady();
}

void Worker::dispatch(const epoll_event& event) {
  const PollToken token = PollToken::unpack(event.data.u64);
  if (token.generation == kListenerGeneration) return acceptor_.socketReady(token.index);
  if (token.generation == kWakeGeneration) {
    uint64_t count = 0;
    if (read(wakeFd_.get(), &count, sizeof count) > 0) state_.counters.add(Counter::Kicks);
    for (Connection& arriving : inbox_.takeAll()) adopt(std::move(arriving));
    return;
  }
  if (token.generation == kForeignGeneration) {
    isForeignReady_ = true;
    return;
  }
  Connection* connection = state_.connections.find(token.index, token.generation);
  if (connection == nullptr) return;  // freed earlier in this batch
  connectionEvent(*connection, token.side, event.events);
}

void Worker::noteEvents(Connection& connection, uint32_t side, uint32_t events) {
  Direction& from = connection.direction[side];
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0) from.readable = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) from.hangup = true;
  if ((events & EPOLLRDHUP) != 0) from.finQueued = true;
  if ((events & EPOLLERR) != 0) from.finQueued = false;
  if ((events & EPOLLPRI) != 0) from.urgent = true;
  if ((events & EPOLLERR) != 0 && side == kClient) connection.clientBroke = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0) return;
  connection.direction[connection.isEcho ? kClient : 1 - side].writable = true;
}

void Worker::connectionEvent(Connection& connection, uint32_t side, uint32_t events) {
  noteEvents(connection, side, events);
  switch (connection.phase) {
    case Phase::Reading:
      if (side == kClient) reader_.readMore(connection);
      return;
    case Phase::Connecting:
      if (side == kUpstream) return dialer_.upstreamReady(connection, events);
      if (connection.clientBroke) closer_.finish(connection, EndCause::ClientReset, true);
      return;
    case Phase::Relaying:
      return relayEvent(connection, side, events);
    case Phase::Lingering:
      return closer_.drainLingering(connection);
    case Phase::Deciding:  // JS has the turn: the marks are remembered
    case Phase::Free:
      return;
  }
}

void Worker::relayEvent(Connection& connection, uint32_t side, uint32_t events) {
  // A reset that no read will tell: it came after its FIN, or the client's bytes are stuck before
  // an upstream that does not take them. (Bytes of an upstream that reset go to a slow client all
  // the same.)
  const Direction& from = connection.direction[side];
  const bool isClient = side == kClient;
  const bool isStuck = isClient && from.hasPending() && !from.writable;
  if ((events & EPOLLERR) != 0 && (from.ended || isStuck)) {
    return closer_.finish(connection, isClient ? EndCause::ClientReset : EndCause::UpstreamReset,
                          true);
  }
  dialer_.pump(connection);
}

void Worker::deadlinePassed(uint32_t index) {
  Connection& connection = state_.connections.at(index);
  switch (connection.phase) {
    case Phase::Reading:
      return reader_.deadlinePassed(connection);
    case Phase::Deciding:
      state_.counters.add(Counter::DecideTimeouts);
      return closer_.abandon(connection, EndCause::DecideTimeout);
    case Phase::Connecting:
      return dialer_.timedOut(connection);
    case Phase::Relaying:
      return relayDeadline(connection);
    case Phase::Lingering:
      return closer_.forget(connection);
    case Phase::Free:
      return;
  }
}

void Worker::relayDeadline(Connection& connection) {
  const bool isHalfOpen =
      !connection.isEcho && connection.direction[0].ended != connection.direction[1].ended;
  const uint32_t limitMs = isHalfOpen ? connection.halfClosedMs : connection.idleMs;
  const uint64_t due = limitMs == 0 ? TimerWheel::kNever : connection.lastActiveMs + limitMs;
  if (due <= state_.nowMs) {
    return closer_.finish(connection,
                          isHalfOpen ? EndCause::HalfClosedTimeout : EndCause::IdleTimeout, false);
  }
  state_.timers.arm(connection.index, due);
  settle(connection);
}

/// The connection has outlived the short ones: what those need not pay for is done now.
void Worker::settle(Connection& connection) {
  if (!connection.settled) {
    setLivenessOptions(connection.fd[kClient].get());
    if (!connection.isEcho) setLivenessOptions(connection.fd[kUpstream].get());
  }
  connection.settled = true;
  if (handoverTargets_.empty() || connection.isEcho) return;
  if (state_.relay.letGo(connection)) return handOver(connection);
  const uint64_t retry = state_.nowMs + kHandoverRetryMs;
  if (retry < state_.timers.deadline(connection.index)) state_.timers.arm(connection.index, retry);
}

void Worker::handOver(Connection& connection) {
  for (uint32_t side = 0; side < 2; ++side) {
    state_.poller.remove(connection.fd[side].get());
    connection.inPoller[side] = false;
    connection.outArmed[side] = false;
    connection.direction[side].readable = true;
    connection.direction[side].writable = true;
  }
  closer_.leaveListener(connection, false);
  state_.counters.add(Counter::HandedOver);
  state_.timers.cancel(connection.index);
  const uint32_t index = connection.index;
  const uint32_t generation = connection.generation;
  Connection leaving = std::exchange(connection, Connection{});
  connection.index = index;
  connection.generation = generation;
  state_.connections.release(connection);
  state_.counters.set(Counter::Active, state_.connections.active());
  handoverTargets_[nextHandover_++ % handoverTargets_.size()]->offer(std::move(leaving));
}

void Worker::adopt(Connection arriving) {
  Connection* place = state_.connections.allocate();
  if (place == nullptr)
    return;  // kMaxConnectionsPerWorker: bounded far above what descriptors allow
  const uint32_t index = place->index;
  const uint32_t generation = place->generation;
  *place = std::move(arriving);
  place->index = index;
  place->generation = generation;
  Counters::bump(state_.listenerCounter(place->listener, ListenerCounter::Active), 1);
  state_.counters.set(Counter::Active, state_.connections.active());
  state_.post(*place, EventType::Moved, 0);
  dialer_.startRelay(*place);
}

void Worker::lowWaterTick() {
  std::vector<ConnectionSide>& list = state_.relay.lowWaterList();
  if (list.empty()) {
    lastLowWaterTickNs_ = 0;
    return;
  }
  if (lastLowWaterTickNs_ != 0 && state_.nowNs - lastLowWaterTickNs_ < kLowWaterTickNs) return;
  lastLowWaterTickNs_ = state_.nowNs;
  const std::vector<ConnectionSide> due = std::exchange(list, {});
  for (const ConnectionSide& entry : due) {
    Connection* connection = state_.connections.find(entry.index, entry.generation);
    if (connection == nullptr || !connection->direction[entry.side].lowWater) continue;
    list.push_back(entry);
    // What stays under the mark raises no event: the tail of a burst waits for this tick at most.
    connection->direction[entry.side].readable = true;
    if (connection->phase == Phase::Relaying) dialer_.pump(*connection);
  }
}

void Worker::teardown() {
  for (Connection& arriving : inbox_.takeAll()) adopt(std::move(arriving));
  for (uint32_t index = 0; index < state_.connections.capacity(); ++index) {
    Connection& connection = state_.connections.at(index);
    if (connection.phase != Phase::Free) closer_.finish(connection, EndCause::Stopped, false);
  }
  state_.events.publishAll(state_.nowNs);
}

bool Worker::publishRest() {
  if (!state_.events.hasOverflow()) return false;
  state_.events.publishAll(state_.nowNs);
  return true;
}

}  // namespace sluice
