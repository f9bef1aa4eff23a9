// Runs a piece of a test in a child process whose limits or system calls it may spoil.
#pragma once
#include <cstdint>
#include <functional>

namespace sluice::test {

/// Forks; the child runs `body` and ends. True when no expectation failed there (what failed is
/// printed) and it did not crash.
[[nodiscard]] bool runInChild(const std::function<void()>& body);

/// Lowers RLIMIT_NOFILE so that this process can open exactly so many more. Only in a child.
void leaveDescriptors(uint32_t count);

/// From now on the system call `number` fails with `error` in this process (seccomp). Only in a
/// child.
void refuseSystemCall(int number, int error);

/// Moves this process into a network of its own, with loopback only. False: not permitted. Only in
/// a child.
[[nodiscard]] bool enterOwnNetwork();

}  // namespace sluice::test
