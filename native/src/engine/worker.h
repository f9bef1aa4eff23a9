// One worker: its loop turn, its events, its commands and its deadlines. `step` knows no thread: it
// runs in a relay thread (WorkerThread), inside the decision isolate's event loop
// (binding/in_loop_driver), or under a unit test.
#pragma once
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/acceptor.h"
#include "engine/client_reader.h"
#include "engine/closer.h"
#include "engine/dialer.h"
#include "engine/handover_queue.h"
#include "engine/worker_state.h"
#include "ring/command_ring.h"

namespace sluice {

class Worker {
 public:
  /// `wakeJs` is called when records wait for JS: from the worker's thread, at most once until JS
  /// has looked.
  static Result<std::unique_ptr<Worker>> create(Region region, const EngineOptions& options,
                                                ListenerLimits& limits,
                                                std::function<void()> wakeJs);

  /// One turn: commands, deferred work, one wait of at most `maxWaitNs` (negative: until something
  /// happens), events, deadlines. Returns whether there is more to do at once.
  bool step(int64_t maxWaitNs);
  /// Nanoseconds until a deadline needs a turn, or -1.
  [[nodiscard]] int64_t nsUntilNextDeadline() const;
  void publish() { state_.events.publish(state_.nowNs); }
  void drainCommands();
  /// Makes a blocked step return. Any thread.
  void kick();
  /// Closes everything. After it the worker is not stepped again.
  void teardown();
  /// After teardown: moves events into the ring that it had no room for. Returns whether there were
  /// any.
  bool publishRest();

  /// Long connections go on in `target` (another worker; several take turns) once they are settled.
  void handOverTo(HandoverQueue& target) { handoverTargets_.push_back(&target); }
  [[nodiscard]] HandoverQueue& inbox() { return inbox_; }
  /// JS is asked by the thread that steps: a step with a question pending does not block.
  void askInLoop() { asksInLoop_ = true; }
  /// Makes a step return when another event loop's descriptor has something for that loop.
  void watchForeign(int fd);
  [[nodiscard]] bool takeForeignReady() { return std::exchange(isForeignReady_, false); }
  [[nodiscard]] WorkerState& state() { return state_; }

 private:
  Worker(Region region, const EngineOptions& options, ListenerLimits& limits, Poller poller,
         std::function<void()> wakeJs, Fd wakeFd);

  void deferredWork();
  [[nodiscard]] bool hasDeferredWork() const;
  void dispatch(const epoll_event& event);
  void connectionEvent(Connection& connection, uint32_t side, uint32_t events);
  void noteEvents(Connection& connection, uint32_t side, uint32_t events);
  void relayEvent(Connection& connection, uint32_t side, uint32_t events);
  void deadlinePassed(uint32_t index);
  void relayDeadline(Connection& connection);
  void settle(Connection& connection);
  void lowWaterTick();
  void take(const CommandRecord& command);
  void takeForConnection(const CommandRecord& command);
  void obey(Connection& connection, const CommandRecord& command);
  void replyAndRead(Connection& connection, const CommandRecord& command);
  void close(Connection& connection, const CommandRecord& command);
  void detach(Connection& connection);
  void leaveQuietly(Connection& connection);
  void answerFence(const CommandRecord& command);
  void adoptPair(const CommandRecord& command);
  void adopt(Connection arriving);
  void handOver(Connection& connection);
  [[nodiscard]] int64_t waitNs(int64_t maxWaitNs) const;

  WorkerState state_;
  CommandRing commands_;
  Closer closer_;
  ClientReader reader_;
  Dialer dialer_;
  Acceptor acceptor_;
  Fd wakeFd_;
  HandoverQueue inbox_;
  std::vector<HandoverQueue*> handoverTargets_;  // taken in turn
  size_t nextHandover_ = 0;
  uint64_t lastLowWaterTickNs_ = 0;
  bool isForeignReady_ = false;
  bool asksInLoop_ = false;
};

}  // namespace sluice
