// Runs one worker's loop on a thread of its own until it is stopped.
#pragma once
#include <atomic>
#include <thread>

#include "engine/worker.h"

namespace sluice {

class WorkerThread {
 public:
  WorkerThread(Worker& worker, uint32_t number);
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  /// Stops and joins. The worker's connections are closed by its own thread.
  ~WorkerThread();

 private:
  void run(uint32_t number);

  Worker& worker_;
  std::atomic<bool> isStopping_{false};
  std::thread thread_;
};

}  // namespace sluice
