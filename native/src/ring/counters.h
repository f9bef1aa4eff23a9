// The counters a worker publishes in shared memory: one writer (the worker), read at any time by
// the TypeScript side. Names and order are mirrored in native/lib/counters.ts and compared by a
// test.
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice {

enum class Counter : uint32_t {
  Accepted,
  Active,
  Events,
  JsWakes,
  Commands,
  Kicks,
  Waits,
  Ready,
  BytesUp,
  BytesDown,
  StaleCommands,
  Splices,
  Copies,
  PipesOpen,
  ToSplice,
  ToCopy,
  SpliceFallbacks,
  AcceptPauses,
  ConnectionLimit,
  ListenerLimit,
  SlotLimit,
  PipeLimit,
  FdLimit,
  EventOverflow,
  DecideTimeouts,
  SlotsInUse,
  FdsInUse,
  FdBudget,
  PipeBytesGranted,
  Deciding,
  OptimisticSends,
  HandedOver,
  ListenersCutShort,
  Count,
};

enum class ListenerCounter : uint32_t { Accepted, Active, BytesUp, BytesDown, Shed, Count };

/// A view of doubles in shared memory. Doubles: JS reads them exactly up to 2^53.
class Counters {
 public:
  explicit Counters(double* cells) : cells_(cells) {}
  void add(Counter which, double amount = 1) { bump(cells_[static_cast<uint32_t>(which)], amount); }
  void set(Counter which, double value) {
    cell(cells_[static_cast<uint32_t>(which)]).store(value, std::memory_order_relaxed);
  }
  [[nodiscard]] double get(Counter which) const {
    return cell(cells_[static_cast<uint32_t>(which)]).load(std::memory_order_relaxed);
  }
  static void bump(double& target, double amount) {
    const std::atomic_ref<double> atomic = cell(target);
    atomic.store(atomic.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

 private:
  static std::atomic_ref<double> cell(double& target) { return std::atomic_ref<double>(target); }
  double* cells_;
};

}  // namespace sluice
