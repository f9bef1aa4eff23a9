#include "engine/client_reader.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace sluice {

namespace {
constexpr uint32_t kSlotRetryMs = 50;
}

void ClientReader::startReading(Connection& connection) {
  connection.phase = Phase::Reading;
  state_.timers.arm(connection.index, connection.readDeadlineMs);
  if (connection.direction[0].ended) return ended(connection);
  readMore(connection);
}

bool ClientReader::hasRoom(Connection& connection) {
  SlotPool& slots = state_.slots;
  if (connection.slot == kNoSlot) {
    connection.slot = slots.takeSmall();
    connection.length = 0;
  } else if (connection.length == slots.capacity(connection.slot)) {
    if (slots.isLarge(connection.slot)) return false;
    const uint32_t large = slots.takeLarge();
    if (large == kNoSlot) return false;
    std::memcpy(slots.bytes(large), slots.bytes(connection.slot), connection.length);
    slots.giveBack(connection.slot);
    connection.slot = large;
  }
  state_.counters.set(Counter::SlotsInUse, slots.inUse());
  return connection.slot != kNoSlot;
}

void ClientReader::waitForSlot(Connection& connection) {
  state_.counters.add(Counter::SlotLimit);
  if (connection.waitsForSlot) return;
  connection.waitsForSlot = true;
  state_.slotWaiters.push_back({connection.index, connection.generation, kClient});
}

void ClientReader::serveSlotWaiters() {
  for (size_t left = state_.slotWaiters.size(); left > 0 && state_.slots.hasSmall(); --left) {
    const ConnectionSide waiter = state_.slotWaiters.front();
    state_.slotWaiters.pop_front();
    Connection* connection = state_.connections.find(waiter.index, waiter.generation);
    if (connection == nullptr) continue;
    connection->waitsForSlot = false;
    if (connection->phase == Phase::Reading) readMore(*connection);
  }
}

void ClientReader::readMore(Connection& connection) {
  if (!hasRoom(connection)) return waitForSlot(connection);
  const uint32_t room = state_.slots.capacity(connection.slot) - connection.length;
  const ssize_t got =
      recv(connection.fd[kClient].get(), state_.slotBytes(connection) + connection.length, room, 0);
  if (got > 0) return bytesArrived(connection, static_cast<uint32_t>(got), room);
  if (got == 0) return ended(connection);
  if (errno != EAGAIN && errno != EINTR)
    return closer_.finish(connection, EndCause::ClientReset, false);
  connection.direction[0].readable = false;
  if (connection.length == 0) state_.releaseSlot(connection);  // an idle connection holds no slot
  // ADD polls at once: bytes that came between recv and here are reported.
  if (!state_.watch(connection, kClient, false))
    closer_.finish(connection, EndCause::Internal, false);
}

void ClientReader::bytesArrived(Connection& connection, uint32_t count, uint32_t room) {
  Direction& up = connection.direction[0];
  if (count < room && !up.hangup && !up.urgent) up.readable = false;
  connection.length += count;
  up.bytes += count;
  state_.relay.accountUp(connection, count);
  state_.postTurn(connection, EventType::Data, 0);
}

void ClientReader::ended(Connection& connection) {
  connection.direction[0].ended = true;
  connection.direction[0].readable = false;
  if (connection.firstEnd == FirstEnd::Nobody) connection.firstEnd = FirstEnd::Client;
  if (connection.length == 0) return closer_.finish(connection, EndCause::ClientGone, false);
  state_.postTurn(connection, EventType::Data, kDataEnd);
}

void ClientReader::askAtOnce(Connection& connection) {
  if (connection.slot == kNoSlot && !hasRoom(connection)) return waitForSlot(connection);
  state_.postTurn(connection, EventType::Data, 0);
}

void ClientReader::deadlinePassed(Connection& connection) {
  if (!hasRoom(connection) && connection.slot == kNoSlot) {
    state_.counters.add(Counter::SlotLimit);
    state_.timers.arm(connection.index, state_.nowMs + kSlotRetryMs);
    return;
  }
  state_.postTurn(connection, EventType::Data, kDataDeadline);
}

}  // namespace sluice
