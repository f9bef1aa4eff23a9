#include "engine/worker_state.h"

#include <utility>

namespace sluice {

WorkerState::WorkerState(Region regionIn, const EngineOptions& optionsIn, ListenerLimits& limitsIn,
                         Poller pollerIn, std::function<void()> wakeJs)
    : region(regionIn),
      options(optionsIn),
      limits(limitsIn),
      counters(region.counters()),
      poller(std::move(pollerIn)),
      slots(region),
      pipes(counters, optionsIn.maxPipes, optionsIn.pipeBytes),
      events(region, counters, std::move(wakeJs)),
      relay(poller, pipes, counters, region,
            {.splice = optionsIn.splice,
             .receiveLowWater = optionsIn.receiveLowWater,
             .coalesceFin = optionsIn.coalesceFin}),
      timers(monotonicNs() / kNsPerMs),
      nowNs(monotonicNs()),
      nowMs(nowNs / kNsPerMs) {
  counters.set(Counter::FdBudget, optionsIn.fdBudget);
}

void WorkerState::post(const Connection& connection, EventType type, uint32_t detail, int fd) {
  EventRecord record;
  record.type = static_cast<uint8_t>(type);
  record.seq = connection.seq;
  record.listener = connection.listener;
  record.index = connection.index;
  record.generation = connection.generation;
  record.tag = connection.tag;
  if (connection.slot != kNoSlot) {
    record.offset = static_cast<uint32_t>(slots.offset(connection.slot));
    record.tailOffset = record.offset + slots.capacity(connection.slot);
    record.length = connection.length;
  }
  record.detail = detail;
  record.peer = connection.peer;
  for (uint32_t i = 0; i < 4; ++i) record.address[i] = connection.address[i];
  record.fd = fd;
  record.decidedUs = connection.decidedUs;
  record.connectedUs = connection.connectedUs;
  record.firstByteUs = connection.firstByteUs;
  const uint64_t sinceAcceptUs = (monotonicNs() - connection.acceptedNs) / kNsPerUs;
  record.sinceAcceptUs = static_cast<double>(sinceAcceptUs);
  record.bytesUp = static_cast<double>(connection.direction[0].bytes);
  record.bytesDown = static_cast<double>(connection.direction[1].bytes);
  events.post(record, nowNs);
}

void WorkerState::postTurn(Connection& connection, EventType type, uint32_t detail, int fd) {
  connection.phase = Phase::Deciding;
  ++connection.seq;
  counters.set(Counter::Deciding, ++deciding);
  timers.arm(connection.index, nowMs + options.decideTimeoutMs);
  post(connection, type, detail, fd);
}

void WorkerState::takeTurn(Connection& connection) {
  connection.phase = Phase::Reading;
  counters.set(Counter::Deciding, --deciding);
}

void WorkerState::releaseSlot(Connection& connection) {
  if (connection.slot == kNoSlot) return;
  slots.giveBack(connection.slot);
  connection.slot = kNoSlot;
  connection.length = 0;
  counters.set(Counter::SlotsInUse, slots.inUse());
}

bool WorkerState::watch(Connection& connection, uint32_t side, bool wantsOutput) {
  if (connection.inPoller[side]) return true;
  const PollToken token{connection.generation, connection.index, side};
  if (!poller.add(connection.fd[side].get(), token, wantsOutput)) return false;
  connection.inPoller[side] = true;
  connection.outArmed[side] = wantsOutput;
  return true;
}

}  // namespace sluice
