// Relaying connections on their way from the worker that decided them to the worker that relays
// them. Rare (once in the life of a long connection), so a mutex serves; bounded by the connections
// there are.
#pragma once
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "flow/connection.h"

namespace sluice {

class HandoverQueue {
 public:
  explicit HandoverQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  void offer(Connection connection) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(connection));
    }
    wake_();
  }

  [[nodiscard]] std::vector<Connection> takeAll() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Connection> waiting_;
};

}  // namespace sluice
