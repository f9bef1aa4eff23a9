// The few system calls both programs share: an owned descriptor, a level-triggered poller, a
// monotonic clock. What cannot go on (no sockets, no epoll) ends the process with a sentence.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

namespace bench {

inline constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;

// Owns one file descriptor; -1 owns nothing.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept;
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();

  int get() const { return fd_; }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Level-triggered epoll; the cookie comes back in the event's data.ptr.
class Poller {
 public:
  Poller();
  void add(int fd, uint32_t events, void* cookie);
  void modify(int fd, uint32_t events, void* cookie);
  std::span<const epoll_event> wait(int timeoutMs);

 private:
  static constexpr int kBatch = 256;
  OwnedFd epoll_;
  epoll_event events_[kBatch];
};

uint64_t monotonicNs();

// Raises the soft limit of open files to the hard one and returns it.
uint64_t raiseFileLimit();

void setNoDelay(int fd);

// Writes the sentence and the text of errno to stderr and exits with status 1.
[[noreturn]] void die(const char* sentence);

}  // namespace bench
