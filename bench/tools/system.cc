#include "system.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace bench {

OwnedFd::OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    reset(std::exchange(other.fd_, -1));
  }
  return *this;
}

OwnedFd::~OwnedFd() { reset(); }

void OwnedFd::reset(int fd) {
  if (fd_ >= 0) {
    close(fd_);
  }
  fd_ = fd;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.get() < 0) {
    die("cannot create an epoll instance");
  }
}

void Poller::add(int fd, uint32_t events, void* cookie) {
  epoll_event event{.events = events, .data = {.ptr = cookie}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    die("cannot watch a socket");
  }
}

void Poller::modify(int fd, uint32_t events, void* cookie) {
  epoll_event event{.events = events, .data = {.ptr = cookie}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    die("cannot change what a socket is watched for");
  }
}

std::span<const epoll_event> Poller::wait(int timeoutMs) {
  const int count = epoll_wait(epoll_.get(), events_, kBatch, timeoutMs);
  if (count < 0 && errno != EINTR) {
    die("cannot wait for events");
  }
  return {events_, count > 0 ? static_cast<size_t>(count) : 0};
}

uint64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<uint64_t>(now.tv_nsec);
}

uint64_t raiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void setNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void die(const char* sentence) {
  std::fprintf(stderr, "%s: %s\n", sentence, std::strerror(errno));
  std::exit(1);
}

}  // namespace bench
