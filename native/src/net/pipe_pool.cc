#include "net/pipe_pool.h"

#include <utility>

#include "base/limits.h"

namespace sluice {

Pipe PipePool::take() {
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  if (open_ >= maxOpen_) {
    counters_.add(Counter::PipeLimit);
    return {};
  }
  Result<Pipe> opened = Pipe::open(wantedBytes_);
  if (!opened.ok()) {
    counters_.add(Counter::PipeLimit);  // EMFILE, ENFILE: descriptors are out; copying needs none
    return {};
  }
  grantedBytes_ = opened.value().capacity();
  counters_.set(Counter::PipeBytesGranted, grantedBytes_);
  if (grantedBytes_ < kMinSplicePipeBytes) {
    counters_.add(
        Counter::PipeLimit);  // per-user page limit reached: a two-page pipe is slower than copying
    return {};
  }
  ++open_;
  counters_.set(Counter::PipesOpen, open_);
  return std::move(opened.value());
}

void PipePool::giveBack(Pipe pipe, bool isEmpty) {
  if (!pipe.valid()) return;
  if (isEmpty && idle_.size() < kMaxIdlePipes) {
    idle_.push_back(std::move(pipe));
    return;
  }
  --open_;
  counters_.set(Counter::PipesOpen, open_);
}

}  // namespace sluice
