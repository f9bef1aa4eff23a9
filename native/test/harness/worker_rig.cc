#include "test/harness/worker_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/monotonic_clock.h"
#include "net/listen_socket.h"

namespace sluice::test {

namespace {

std::unique_ptr<Worker> makeWorker(Region region, const EngineOptions& options,
                                   ListenerLimits& limits) {
  std::signal(SIGPIPE, SIG_IGN);  // as Node does: splice has no MSG_NOSIGNAL
  Result<std::unique_ptr<Worker>> worker = Worker::create(region, options, limits, [] {});
  if (!worker.ok()) std::abort();
  return std::move(worker.value());
}

}  // namespace

EngineOptions smallOptions() {
  EngineOptions options;
  options.shape = {.eventCapacity = 64, .commandCapacity = 64, .smallSlots = 16, .largeSlots = 2};
  return options;
}

WorkerRig::WorkerRig(EngineOptions options)
    : region_(options.shape),
      worker_(makeWorker(region_.view(), options, limits_)),
      js_(region_.view(), [this] { worker_->kick(); }) {}

WorkerRig::~WorkerRig() { teardown(); }

void WorkerRig::teardown() {
  if (worker_ == nullptr) return;
  worker_->teardown();
  EXPECT_EQ(state().connections.active(), 0U) << "a connection outlived the teardown";
  EXPECT_EQ(state().slots.inUse(), 0U) << "a slot outlived the teardown";
  for (const EventRecord& event : js_.takeEvents()) events_.push_back(event);
  worker_.reset();
}

uint16_t WorkerRig::listen(uint32_t listener, const ListenerSpec& spec, uint32_t ordinal) {
  Result<BoundSockets> bound = bindListenSockets(loopback(0), 1, 1024);
  if (!bound.ok()) {
    ADD_FAILURE() << "cannot listen: errno " << bound.error().code;
    return 0;
  }
  js_.setListener(listener, spec);
  js_.addListener(listener, ordinal, bound.value().sockets[0].release());
  step();
  return bound.value().port;
}

void WorkerRig::step(int64_t waitNs) {
  js_.flush();
  worker_->step(waitNs);
  worker_->publish();
  for (const EventRecord& event : js_.takeEvents()) events_.push_back(event);
}

bool WorkerRig::until(const std::function<bool()>& isSo, uint32_t withinMs) {
  const uint64_t deadline = monotonicNs() + withinMs * kNsPerMs;
  while (!isSo()) {
    if (monotonicNs() > deadline) return false;
    step();
  }
  return true;
}

void WorkerRig::stepFor(uint32_t ms) {
  const uint64_t deadline = monotonicNs() + ms * kNsPerMs;
  while (monotonicNs() < deadline) step();
}

std::optional<EventRecord> WorkerRig::take(EventType type) {
  const auto found = std::find_if(events_.begin(), events_.end(), [type](const EventRecord& event) {
    return event.type == static_cast<uint8_t>(type);
  });
  if (found == events_.end()) return std::nullopt;
  const EventRecord event = *found;
  events_.erase(found);
  return event;
}

EventRecord WorkerRig::expect(EventType type) {
  std::optional<EventRecord> event;
  until([&] {
    event = take(type);
    return event.has_value();
  });
  if (event.has_value()) return *event;
  ADD_FAILURE() << "no event of type " << static_cast<int>(type) << " came";
  return {};
}

EndCause WorkerRig::expectClosed() { return causeOf(expect(EventType::Closed)); }

TestSocket WorkerRig::expectUpstream(const TestListener& upstream) {
  TestSocket accepted;
  until([&] {
    accepted = upstream.accept();
    return accepted.valid();
  });
  EXPECT_TRUE(accepted.valid()) << "the worker did not connect";
  return accepted;
}

std::string WorkerRig::expectBytes(TestSocket& socket, size_t count) {
  std::string bytes;
  until([&] {
    bytes += socket.read(count - bytes.size());
    return bytes.size() == count || socket.isOver();
  });
  EXPECT_EQ(bytes.size(), count) << "ended: " << socket.ended() << " error: " << socket.error();
  return bytes;
}

std::string WorkerRig::expectEnd(TestSocket& socket) {
  std::string bytes;
  until([&] {
    bytes += socket.read();
    return socket.isOver();
  });
  EXPECT_TRUE(socket.ended()) << "no end of stream; errno " << socket.error();
  return bytes;
}

bool WorkerRig::expectReset(TestSocket& socket) {
  until([&] {
    socket.read();
    return socket.isOver();
  });
  return socket.error() == ECONNRESET;
}

Relayed WorkerRig::relay(uint16_t port, const TestListener& upstream, Dial dial,
                         std::string_view preface) {
  Relayed made;
  made.client = connectTo(port);
  made.client.write(preface);
  made.turn = expect(EventType::Data);
  dial.to = upstream.address();
  dial.path = upstream.path();
  js_.connect(made.turn, dial);
  made.server = expectUpstream(upstream);
  EXPECT_EQ(expectBytes(made.server, preface.size() - dial.skip), preface.substr(dial.skip));
  return made;
}

Relayed WorkerRig::adoptPair(Pair pair) {
  auto [client, clientEnd] = tcpPair();
  auto [server, serverEnd] = tcpPair();
  pair.clientFd = clientEnd.takeFd().release();
  pair.upstreamFd = serverEnd.takeFd().release();
  js_.relay(pair);
  Relayed made;
  made.client = std::move(client);
  made.server = std::move(server);
  made.turn = expect(EventType::Moved);
  return made;
}

}  // namespace sluice::test
