// The workers of one process and how they are driven: all on threads, or the first one inside the
// caller's event loop, with or without relay threads that long connections are handed to.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/worker.h"
#include "engine/worker_thread.h"

namespace sluice {

enum class DriveMode : uint8_t { Threads, InLoop, Handover };

class Engine {
 public:
  /// One worker per region. `wakeJs(worker)` may come from the worker's thread.
  static Result<std::unique_ptr<Engine>> create(std::span<const Region> regions,
                                                const EngineOptions& options, DriveMode mode,
                                                const std::function<void(uint32_t)>& wakeJs);

  /// Starts the threads. Workers driven in-loop are stepped by the caller.
  void start();
  /// Joins the threads and closes everything.
  void stop();
  /// After stop: moves events into the rings that these had no room for. Returns whether there were
  /// any.
  bool publishRest();

  [[nodiscard]] Worker& worker(uint32_t number) { return *workers_[number]; }
  [[nodiscard]] uint32_t workerCount() const { return static_cast<uint32_t>(workers_.size()); }
  [[nodiscard]] bool isInLoop(uint32_t number) const {
    return mode_ != DriveMode::Threads && number == 0;
  }

 private:
  explicit Engine(DriveMode mode) : mode_(mode) {}

  DriveMode mode_;
  ListenerLimits limits_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<WorkerThread>> threads_;
  bool isStopped_ = false;
};

}  // namespace sluice
