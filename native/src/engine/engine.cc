#include "engine/engine.h"

#include <utility>

namespace sluice {

Result<std::unique_ptr<Engine>> Engine::create(std::span<const Region> regions,
                                               const EngineOptions& options, DriveMode mode,
                                               const std::function<void(uint32_t)>& wakeJs) {
  std::unique_ptr<Engine> engine(new Engine(mode));
  for (uint32_t number = 0; number < regions.size(); ++number) {
    Result<std::unique_ptr<Worker>> worker = Worker::create(
        regions[number], options, engine->limits_, [wakeJs, number] { wakeJs(number); });
    if (!worker.ok()) return worker.error();
    engine->workers_.push_back(std::move(worker.value()));
  }
  if (mode == DriveMode::Handover && engine->workers_.size() > 1) {
    for (size_t number = 1; number < engine->workers_.size(); ++number) {
      engine->workers_[0]->handOverTo(engine->workers_[number]->inbox());
    }
  }
  return engine;
}

void Engine::start() {
  for (uint32_t number = 0; number < workers_.size(); ++number) {
    if (!isInLoop(number))
      threads_.push_back(std::make_unique<WorkerThread>(*workers_[number], number));
  }
}

void Engine::stop() {
  if (isStopped_) return;
  isStopped_ = true;
  if (mode_ != DriveMode::Threads && !workers_.empty()) workers_[0]->teardown();
  threads_.clear();
}

bool Engine::publishRest() {
  bool any = false;
  for (const std::unique_ptr<Worker>& worker : workers_) any = worker->publishRest() || any;
  return any;
}

}  // namespace sluice
