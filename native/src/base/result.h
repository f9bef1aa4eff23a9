// Failure as a value: either a T or the errno of the one call that failed, with that call's name.
#pragma once
#include <optional>
#include <utility>

namespace sluice {

struct SysError {
  int code = 0;
  const char* call = "";
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): reads as `return value`
  Result(SysError error)
      : error_(error) {}  // NOLINT(google-explicit-constructor): reads as `return error`

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  /// Only after ok().
  [[nodiscard]] T& value() {
    return *value_;  // NOLINT(bugprone-unchecked-optional-access): callers have asked ok()
  }
  [[nodiscard]] const SysError& error() const { return error_; }

 private:
  std::optional<T> value_;
  SysError error_;
};

}  // namespace sluice
