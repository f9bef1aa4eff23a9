#include "base/fd.h"

#include <unistd.h>

namespace sluice {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    raw_ = other.release();
  }
  return *this;
}

int Fd::release() {
  const int raw = raw_;
  raw_ = -1;
  return raw;
}

void Fd::reset() {
  // close(2) on Linux releases the descriptor even when it reports EINTR: never retry.
  if (raw_ >= 0) ::close(raw_);
  raw_ = -1;
}

}  // namespace sluice
