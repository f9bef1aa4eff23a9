#include "test/harness/engine_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/monotonic_clock.h"
#include "net/listen_socket.h"

namespace sluice::test {

EngineRig::EngineRig(DriveMode mode, uint32_t workers, const EngineOptions& options) : mode_(mode) {
  std::vector<Region> views;
  for (uint32_t number = 0; number < workers; ++number) {
    regions_.push_back(std::make_unique<SharedRegion>(options.shape));
    views.push_back(regions_.back()->view());
    ports_.push_back(
        std::make_unique<JsPort>(views.back(), [this, number] { engine_->worker(number).kick(); }));
  }
  auto engine = Engine::create(views, options, mode, [this](uint32_t) { wakes_.fetch_add(1); });
  if (!engine.ok()) std::abort();
  engine_ = std::move(engine.value());
  engine_->start();
}

uint16_t EngineRig::listen(const ListenerSpec& spec) {
  const uint32_t accepting = mode_ == DriveMode::Threads ? engine_->workerCount() : 1;
  Result<BoundSockets> bound = bindListenSockets(loopback(0), accepting, 1024);
  if (!bound.ok()) return 0;
  for (uint32_t number = 0; number < accepting; ++number) {
    ports_[number]->setListener(0, spec);
    ports_[number]->addListener(0, number, bound.value().sockets[number].release());
  }
  turn();
  return bound.value().port;
}

void EngineRig::drain() {
  for (uint32_t number = 0; number < ports_.size(); ++number) {
    for (const EventRecord& event : ports_[number]->takeEvents()) {
      if (onEvent && onEvent(*ports_[number], event)) continue;
      events_.push_back({number, event});
    }
  }
}

void EngineRig::turn() {
  for (const auto& port : ports_) port->flush();
  if (mode_ != DriveMode::Threads) {
    engine_->worker(0).step(500'000);
    engine_->worker(0).publish();
  } else {
    std::this_thread::yield();
  }
  drain();
}

bool EngineRig::until(const std::function<bool()>& isSo, uint32_t withinMs) {
  const uint64_t deadline = monotonicNs() + withinMs * kNsPerMs;
  while (!isSo()) {
    if (monotonicNs() > deadline) return false;
    turn();
  }
  return true;
}

std::optional<PortEvent> EngineRig::take(EventType type) {
  const auto found = std::find_if(events_.begin(), events_.end(), [type](const PortEvent& event) {
    return event.event.type == static_cast<uint8_t>(type);
  });
  if (found == events_.end()) return std::nullopt;
  const PortEvent event = *found;
  events_.erase(found);
  return event;
}

PortEvent EngineRig::expect(EventType type) {
  std::optional<PortEvent> event;
  until([&] {
    event = take(type);
    return event.has_value();
  });
  if (event.has_value()) return *event;
  ADD_FAILURE() << "no event of type " << static_cast<int>(type) << " came";
  return {};
}

void EngineRig::stop() {
  engine_->stop();
  drain();
}

double EngineRig::counter(Counter which) const {
  double sum = 0;
  for (const auto& region : regions_) sum += Counters(region->view().counters()).get(which);
  return sum;
}

}  // namespace sluice::test
