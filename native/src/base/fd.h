// The owner of one file descriptor: closes it when it goes out of scope, can be moved, never
// copied.
#pragma once

namespace sluice {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int raw) : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return raw_; }
  [[nodiscard]] bool valid() const { return raw_ >= 0; }
  /// Gives the descriptor away: the caller closes it.
  [[nodiscard]] int release();
  void reset();

 private:
  int raw_ = -1;
};

}  // namespace sluice
