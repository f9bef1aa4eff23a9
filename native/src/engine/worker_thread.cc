#include "engine/worker_thread.h"

#include <pthread.h>

#include <array>
#include <csignal>
#include <cstdio>

namespace sluice {

WorkerThread::WorkerThread(Worker& worker, uint32_t number) : worker_(worker) {
  // Signals belong to the thread that started us: unblocked here, another library's handler could
  // run on this thread, and splice to a closed socket would raise SIGPIPE (splice has no
  // MSG_NOSIGNAL).
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, number] { run(number); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WorkerThread::~WorkerThread() {
  isStopping_.store(true, std::memory_order_relaxed);
  worker_.kick();
  thread_.join();
}

void WorkerThread::run(uint32_t number) {
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "relay-%u", number);
  pthread_setname_np(pthread_self(), name.data());
  while (!isStopping_.load(std::memory_order_relaxed)) worker_.step(-1);
  worker_.teardown();
}

}  // namespace sluice
