#include "binding/socket_functions.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "flow/connection.h"
#include "net/listen_socket.h"
#include "net/pipe.h"
#include "ring/counters.h"
#include "ring/region.h"

namespace sluice {

namespace {

uint32_t numberAt(const Napi::CallbackInfo& info, size_t place) {
  return info.Length() > place && info[place].IsNumber()
             ? info[place].As<Napi::Number>().Uint32Value()
             : 0;
}

Napi::Object failure(Napi::Env env, const SysError& error) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("errno", error.code);
  out.Set("call", error.call);
  return out;
}

/// bind(portAndFamily, w0, w1, w2, w3, count, backlog) -> { port, fds } | { errno, call }
Napi::Value bindSockets(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const WireAddress address{
      numberAt(info, 0),
      {numberAt(info, 1), numberAt(info, 2), numberAt(info, 3), numberAt(info, 4)}};
  const uint32_t count = std::clamp(numberAt(info, 5), 1U, kMaxWorkers);
  Result<BoundSockets> bound =
      bindListenSockets(address, count, static_cast<int>(numberAt(info, 6)));
  if (!bound.ok()) return failure(env, bound.error());
  Napi::Object out = Napi::Object::New(env);
  const Napi::Array fds = Napi::Array::New(env);
  for (uint32_t i = 0; i < bound.value().sockets.size(); ++i)
    fds.Set(i, bound.value().sockets[i].release());
  out.Set("port", bound.value().port);
  out.Set("fds", fds);
  return out;
}

Napi::Value closeFd(const Napi::CallbackInfo& info) {
  Fd closing(static_cast<int>(numberAt(info, 0)));
  closing.reset();
  return info.Env().Undefined();
}

/// A second descriptor of the same socket, close-on-exec; -errno on failure.
Napi::Value duplicateFd(const Napi::CallbackInfo& info) {
  const int copy = fcntl(static_cast<int>(numberAt(info, 0)), F_DUPFD_CLOEXEC, 0);
  return Napi::Number::New(info.Env(), copy >= 0 ? copy : -errno);
}

/// What the kernel grants this process: descriptors (soft limit raised to the hard one), bytes of
/// one pipe.
Napi::Value probeGrants(const Napi::CallbackInfo& info) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < files.rlim_max) {
    const rlimit raised{files.rlim_max, files.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
  }
  // A hard limit of 2^30 (containers) is no plan: tables and loops over descriptors are sized from
  // it.
  constexpr rlim_t kMostFds = 1U << 21;
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("maxFds", static_cast<double>(std::min(files.rlim_cur, kMostFds)));
  const Result<Pipe> opened = Pipe::open(kPipeBytes);
  Result<Pipe>& pipe = const_cast<Result<Pipe>&>(opened);
  out.Set("pipeBytes", pipe.ok() ? pipe.value().capacity() : 0U);
  return out;
}

/// The numbers native/lib/ring-layout.ts repeats; a test compares them.
Napi::Value describeLayout(const Napi::CallbackInfo& info) {
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("controlBytes", kControlBytes);
  out.Set("eventBytes", static_cast<uint32_t>(sizeof(EventRecord)));
  out.Set("commandBytes", static_cast<uint32_t>(sizeof(CommandRecord)));
  out.Set("countersOffset", kCountersOffset);
  out.Set("counterCount", static_cast<uint32_t>(Counter::Count));
  out.Set("listenerCountersOffset", kListenerCountersOffset);
  out.Set("listenerCountersBytes", kListenerCountersBytes);
  out.Set("smallSlotBytes", kSmallSlotBytes);
  out.Set("largeSlotBytes", kLargeSlotBytes);
  out.Set("slotReplyBytes", kSlotReplyBytes);
  out.Set("slotPathBytes", kSlotPathBytes);
  out.Set("maxListeners", kMaxListeners);
  out.Set("maxWorkers", kMaxWorkers);
  out.Set("reservedFds", kReservedFds);
  out.Set("eventCapacity", kEventRingCapacity);
  out.Set("commandCapacity", kCommandRingCapacity);
  out.Set("smallSlots", kSmallSlots);
  out.Set("largeSlots", kLargeSlots);
  out.Set("maxPipes", kMaxPipesPerWorker);
  out.Set("connectionBytes", static_cast<uint32_t>(sizeof(Connection)));
  return out;
}

}  // namespace

void exportSocketFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("bindSockets", Napi::Function::New(env, bindSockets));
  exports.Set("closeFd", Napi::Function::New(env, closeFd));
  exports.Set("duplicateFd", Napi::Function::New(env, duplicateFd));
  exports.Set("probeGrants", Napi::Function::New(env, probeGrants));
  exports.Set("describeLayout", Napi::Function::New(env, describeLayout));
}

}  // namespace sluice
