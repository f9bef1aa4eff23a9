#include "net/poller.h"

#include <cerrno>
#include <ctime>
#include <utility>

namespace sluice {

namespace {
constexpr uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;
constexpr int64_t kNsPerMsSigned = 1'000'000;
}  // namespace

Result<Poller> Poller::create() {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return SysError{errno, "epoll_create1"};
  return Poller(std::move(epoll));
}

bool Poller::control(int operation, int fd, PollToken token, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token.packed();
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

bool Poller::add(int fd, PollToken token, bool wantsOutput) {
  return control(EPOLL_CTL_ADD, fd, token, wantsOutput ? kInput | EPOLLOUT : kInput);
}

bool Poller::addLevel(int fd, PollToken token) {
  return control(EPOLL_CTL_ADD, fd, token, EPOLLIN);
}

bool Poller::armOutput(int fd, PollToken token) {
  return control(EPOLL_CTL_MOD, fd, token, kInput | EPOLLOUT);
}

void Poller::remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<const epoll_event> Poller::wait(int64_t timeoutNs) {
  int count = -1;
  const bool needsNs = timeoutNs > 0 && timeoutNs % kNsPerMsSigned != 0;
  if (needsNs && hasPwait2_) {
    timespec timeout{};
    timeout.tv_sec = timeoutNs / (1000 * kNsPerMsSigned);
    timeout.tv_nsec = timeoutNs % (1000 * kNsPerMsSigned);
    count = epoll_pwait2(epoll_.get(), events_.data(), kEventsPerWait, &timeout, nullptr);
    // Before Linux 5.11, or a seccomp profile that does not know the call yet.
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) hasPwait2_ = false;
  }
  if (!needsNs || !hasPwait2_) {
    const int64_t ms = timeoutNs < 0 ? -1 : (timeoutNs + kNsPerMsSigned - 1) / kNsPerMsSigned;
    count = epoll_wait(epoll_.get(), events_.data(), kEventsPerWait, static_cast<int>(ms));
  }
  return {events_.data(), count > 0 ? static_cast<size_t>(count) : 0};
}

}  // namespace sluice
