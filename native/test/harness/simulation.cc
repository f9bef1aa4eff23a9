#include "test/harness/simulation.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::test {

namespace {

constexpr uint32_t kMostLines = 24;
constexpr size_t kIdBytes =
    4;  // each client says its number first, so that its server can be told from others

std::string idBytes(uint32_t id) {
  std::string bytes(kIdBytes, '\0');
  std::memcpy(bytes.data(), &id, kIdBytes);
  return bytes;
}

}  // namespace

EngineOptions Simulation::options() {
  EngineOptions chosen = smallOptions();
  chosen.shape = {.eventCapacity = 16, .commandCapacity = 64, .smallSlots = 6, .largeSlots = 1};
  chosen.maxPipes = 4;
  return chosen;
}

Simulation::Simulation(uint32_t seed) : random_(seed), rig_(options()) {
  port_ = rig_.listen(0, {.detectMs = 60'000, .immediate = seed % 5 == 0});
}

void Simulation::complain(const std::string& what) {
  if (problem_.empty()) problem_ = what;
}

void Simulation::openPair() {
  const uint32_t id = nextId_++;
  auto line = std::make_unique<Line>(id);
  auto [client, clientEnd] = below(2) == 0 ? tcpPair() : unixPair();
  auto [server, serverEnd] = below(2) == 0 ? tcpPair() : unixPair();
  if (below(2) == 0) serverEnd.setSendBuffer(4096);
  if (below(2) == 0) clientEnd.setSendBuffer(4096);
  rig_.js().relay({.clientFd = clientEnd.takeFd().release(),
                   .upstreamFd = serverEnd.takeFd().release(),
                   .tag = id});
  line->client = std::move(client);
  line->server = std::move(server);
  lines_.emplace(id, std::move(line));
}

void Simulation::openClient() {
  const uint32_t id = nextId_++;
  auto line = std::make_unique<Line>(id);
  line->client = connectTo(port_);
  line->client.write(idBytes(id));
  lines_.emplace(id, std::move(line));
}

void Simulation::write(TestSocket& from, ByteLedger& ledger) {
  const size_t size = below(4) == 0 ? 200'000 : 1 + below(3000);
  ledger.sent(from.write(ledger.next(size)));
}

void Simulation::read(Line& line) {
  const size_t most = below(3) == 0 ? 1 + below(500) : 100'000;
  if (line.server.valid() && !line.up.received(line.server.read(most)))
    complain("wrong bytes reached an upstream");
  if (!line.client.valid()) return;
  ByteLedger& expected = line.isEcho ? line.up : line.down;
  if (!expected.received(line.client.read(most))) complain("wrong bytes reached a client");
}

void Simulation::actOn(Line& line) {
  switch (below(24)) {
    case 0:
      if (!line.hasClientFinished && line.client.valid()) line.client.finishWriting();
      line.hasClientFinished = true;
      return;
    case 1:
      if (!line.hasServerFinished && line.server.valid()) {
        line.server.finishWriting();
        line.hasServerFinished = true;
      }
      return;
    case 2:
      line.isSpoilt = true;
      return below(2) == 0 ? line.client.reset() : line.client.close();
    case 3:
      if (!line.server.valid()) return;
      line.isSpoilt = true;
      return below(2) == 0 ? line.server.reset() : line.server.close();
    default:
      break;
  }
  if (below(2) == 0) return read(line);
  if (line.client.valid() && !line.hasClientFinished) write(line.client, line.up);
  if (line.server.valid() && !line.hasServerFinished) write(line.server, line.down);
}

void Simulation::act() {
  if (lines_.size() < kMostLines && below(3) == 0) return below(2) == 0 ? openPair() : openClient();
  if (lines_.empty()) return;
  const auto chosen = std::next(lines_.begin(), below(static_cast<uint32_t>(lines_.size())));
  actOn(*chosen->second);
}

void Simulation::answer(const EventRecord& turn) {
  JsPort& js = rig_.js();
  const std::string bytes = js.bytesOf(turn);
  const bool isEnd = (turn.detail & kDataEnd) != 0;
  if (bytes.size() < kIdBytes && turn.type == static_cast<uint8_t>(EventType::Data))
    return isEnd ? js.close(turn, {}, true) : js.read(turn);
  EventRecord named = turn;
  std::memcpy(&named.tag, bytes.data(), kIdBytes);
  const auto entry = lines_.find(named.tag);
  if (entry == lines_.end()) return js.close(turn, {}, true);
  Line& line = *entry->second;
  switch (below(8)) {
    case 0:
      if (!isEnd && turn.length < 3000) return js.read(named);
      break;
    case 1:
      line.isSpoilt = true;
      return js.close(named, {}, below(2) == 0);
    case 2:
      line.isEcho = true;
      return js.echo(named, kIdBytes);
    case 3:
      return js.connect(named, {.to = loopback(1)});
    default:
      break;
  }
  js.connect(named, {.to = upstream_.address()});
}

void Simulation::playJs() {
  // JS is slow: it answers some of what waits.
  for (const EventType type : {EventType::Data, EventType::ConnectFailed}) {
    while (below(3) != 0) {
      const auto turn = rig_.take(type);
      if (!turn.has_value()) break;
      answer(*turn);
    }
  }
  for (auto moved = rig_.take(EventType::Moved); moved; moved = rig_.take(EventType::Moved)) {
  }
  for (auto closed = rig_.take(EventType::Closed); closed; closed = rig_.take(EventType::Closed)) {
    const auto entry = lines_.find(closed->tag);
    if (entry == lines_.end() || entry->second->isSpoilt) continue;
    if (causeOf(*closed) != EndCause::Finished) complain("an untouched connection did not finish");
    const double id = entry->second->client.valid() && closed->peer != 0 ? kIdBytes : 0;
    if (closed->bytesUp != static_cast<double>(entry->second->up.sentBytes()) + id)
      complain("bytesUp is not what the client sent");
  }
}

void Simulation::acceptServers() {
  for (TestSocket server = upstream_.accept(); server.valid(); server = upstream_.accept())
    unmatched_.push_back(std::move(server));
  for (TestSocket& server : unmatched_) matchServer(server);
  std::erase_if(unmatched_, [](const TestSocket& server) { return !server.valid(); });
}

void Simulation::matchServer(TestSocket& server) {
  uint32_t id = 0;
  const ssize_t got = recv(server.fd(), &id, kIdBytes, MSG_PEEK);
  if (got < 0 && errno == EAGAIN) return;
  if (got != kIdBytes) return server.close();  // its client was reset before
  const auto entry = lines_.find(id);
  if (entry == lines_.end()) return server.close();
  (void)server.read(kIdBytes);
  entry->second->server = std::move(server);
}

void Simulation::checkConnection(Connection& connection) {
  if (connection.slot != kNoSlot) ++slotsSeen_;
  for (const Direction& direction : connection.direction) {
    if (direction.pipe.valid() && direction.inPipe == 0 && !direction.readable)
      complain("a pipe is held with nothing in flight");
    if (direction.inPipe != 0 && !direction.pipe.valid()) complain("bytes in no pipe");
    if (direction.residualBytes != 0 && direction.residual == nullptr)
      complain("bytes in no buffer");
    if (direction.shut && direction.hasPending()) complain("an end overtook bytes");
  }
}

void Simulation::checkInvariants() {
  WorkerState& state = rig_.state();
  slotsSeen_ = 0;
  uint32_t active = 0;
  for (uint32_t index = 0; index < state.connections.capacity(); ++index) {
    Connection& connection = state.connections.at(index);
    if (connection.phase == Phase::Free) continue;
    ++active;
    checkConnection(connection);
  }
  if (active != state.connections.active()) complain("the table miscounts its connections");
  if (active != rig_.counter(Counter::Active)) complain("the counter of connections is wrong");
  if (slotsSeen_ != state.slots.inUse()) complain("a slot belongs to nobody");
  if (state.pipes.open() > 4) complain("more pipes than allowed");
}

bool Simulation::isOver(const Line& line) const {
  const bool isClientOver = !line.client.valid() || line.client.isOver();
  return isClientOver && (!line.server.valid() || line.server.isOver());
}

void Simulation::finish(Line& line) {
  if (line.client.valid() && !line.hasClientFinished) {
    line.client.finishWriting();
    line.hasClientFinished = true;
  }
  if (line.server.valid() && !line.hasServerFinished) {
    line.server.finishWriting();
    line.hasServerFinished = true;
  }
  read(line);
}

void Simulation::finishAll() {
  const bool isQuiet = rig_.until(
      [&] {
        playJs();
        acceptServers();
        bool areAllOver = true;
        for (const auto& [id, line] : lines_) {
          finish(*line);
          areAllOver = areAllOver && isOver(*line);
        }
        return !problem_.empty() || (areAllOver && rig_.counter(Counter::Active) == 0);
      },
      20'000);
  if (!isQuiet)
    complain("connections do not end: " + std::to_string(rig_.counter(Counter::Active)));
  for (const auto& [id, line] : lines_) {
    const bool isWhole = line->up.isSettled() && (line->isEcho || line->down.isSettled());
    if (!line->isSpoilt && !isWhole) complain("line " + std::to_string(id) + " lost bytes");
  }
  if (rig_.limits().active(0) != 0) complain("the listener still counts connections");
  if (rig_.state().slots.inUse() != 0) complain("slots are still in use");
}

std::string Simulation::run(int actions) {
  for (int i = 0; i < actions && problem_.empty(); ++i) {
    act();
    rig_.step(0);
    playJs();
    acceptServers();
    checkInvariants();
    if (i % 16 == 0) {
      std::erase_if(lines_, [&](const auto& entry) {
        return entry.second->isSpoilt && isOver(*entry.second);
      });
    }
  }
  if (problem_.empty()) finishAll();
  return problem_;
}

}  // namespace sluice::test
