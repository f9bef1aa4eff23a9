#include "binding/engine_binding.h"

#include <string>
#include <utility>

#include "binding/engine_settings.h"

namespace sluice {

Napi::Function EngineBinding::define(Napi::Env env) {
  return DefineClass(
      env, "NativeEngine",
      {InstanceMethod<&EngineBinding::start>("start"), InstanceMethod<&EngineBinding::kick>("kick"),
       InstanceMethod<&EngineBinding::join>("join"),
       InstanceMethod<&EngineBinding::publishRest>("publishRest"),
       InstanceMethod<&EngineBinding::stop>("stop")});
}

EngineBinding::EngineBinding(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineBinding>(info), env_(info.Env()) {
  if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
    Napi::TypeError::New(env_, "NativeEngine(settings, drain): an object and a function")
        .ThrowAsJavaScriptException();
    return;
  }
  drain_ = Napi::Persistent(info[1].As<Napi::Function>());
  asyncContext_ = std::make_unique<Napi::AsyncContext>(info.Env(), "sluice.engine");
  createEngine(info.Env(), info[0].As<Napi::Object>());
}

void EngineBinding::createEngine(Napi::Env env, const Napi::Object& settings) {
  const EngineOptions options = readEngineOptions(settings);
  const DriveMode mode = readDriveMode(settings);
  const auto arrays = settings.Get("regions").As<Napi::Array>();
  const std::vector<Region> regions = readRegions(arrays, options.shape);
  if (regions.empty() || regions.size() > kMaxWorkers) {
    Napi::TypeError::New(env, "settings.regions: one Uint8Array of the layout's size per worker")
        .ThrowAsJavaScriptException();
    return;
  }
  // SAFETY: the worker threads use this memory; the references keep it until they are joined.
  for (uint32_t i = 0; i < arrays.Length(); ++i) {
    regions_.push_back(Napi::Persistent(arrays.Get(i).As<Napi::Object>()));
  }
  auto handles = std::make_unique<Handles>();
  Handles* raw = handles.get();
  auto engine = Engine::create(regions, options, mode, [raw](uint32_t number) {
    if (raw->engine->isInLoop(number)) {
      raw->driver->noteWake();
    } else {
      uv_async_send(&raw->wake);
    }
  });
  if (!engine.ok()) {
    const std::string call = engine.error().call;
    Napi::Error::New(env, "cannot create the engine: " + call + " failed with errno " +
                              std::to_string(engine.error().code))
        .ThrowAsJavaScriptException();
    return;
  }
  raw->engine = std::move(engine.value());
  raw->owner = this;
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  uv_async_init(loop, &raw->wake, [](uv_async_t* handle) {
    auto* owner = static_cast<Handles*>(handle->data)->owner;
    if (owner != nullptr) owner->askJs();
  });
  raw->wake.data = raw;
  raw->open = 1;
  if (mode != DriveMode::Threads) {
    raw->driver = std::make_unique<InLoopDriver>(loop, raw->engine->worker(0), [raw] {
      if (raw->owner != nullptr) raw->owner->askJs();
    });
    ++raw->open;
  }
  handles_ = handles.release();
  napi_add_async_cleanup_hook(env, cleanup, raw, &raw->hook);
}

void EngineBinding::start(const Napi::CallbackInfo&) {
  if (handles_ == nullptr) return;
  handles_->engine->start();
  if (handles_->driver) handles_->driver->start();
}

void EngineBinding::kick(const Napi::CallbackInfo& info) {
  if (handles_ == nullptr || info.Length() < 1 || !info[0].IsNumber()) return;
  const uint32_t number = info[0].As<Napi::Number>().Uint32Value();
  if (number >= handles_->engine->workerCount()) return;
  // An in-loop worker takes commands at its next turn, which comes before the isolate waits again.
  if (!handles_->engine->isInLoop(number)) handles_->engine->worker(number).kick();
}

void EngineBinding::askJs() {
  const Napi::Env env(env_);
  const Napi::HandleScope scope(env);
  napi_value result = nullptr;
  // napi_make_callback, not a plain call: microtasks and nextTicks of the decisions run after the
  // batch.
  const napi_status status =
      napi_make_callback(env_, *asyncContext_, env.Global(), drain_.Value(), 0, nullptr, &result);
  if (status != napi_pending_exception) return;
  napi_value error = nullptr;
  napi_get_and_clear_last_exception(env_, &error);
  napi_fatal_exception(env_, error);
}

void EngineBinding::join(const Napi::CallbackInfo&) {
  if (handles_ != nullptr) handles_->engine->stop();
}

Napi::Value EngineBinding::publishRest(const Napi::CallbackInfo& info) {
  const bool more = handles_ != nullptr && handles_->engine->publishRest();
  return Napi::Boolean::New(info.Env(), more);
}

void EngineBinding::stop(const Napi::CallbackInfo&) { close(); }

void EngineBinding::cleanup(napi_async_cleanup_hook_handle, void* handles) {
  EngineBinding* owner = static_cast<Handles*>(handles)->owner;
  if (owner != nullptr) owner->close();  // else it is closing already
}

/// Joins the threads first: nobody sends a wake-up after that. The rest goes when libuv has closed
/// its handles.
void EngineBinding::close() {
  if (handles_ == nullptr) return;
  Handles* handles = std::exchange(handles_, nullptr);
  handles->owner = nullptr;
  handles->engine->stop();
  if (handles->driver) handles->driver->close([handles] { handles->released(); });
  uv_close(reinterpret_cast<uv_handle_t*>(&handles->wake),
           [](uv_handle_t* handle) { static_cast<Handles*>(handle->data)->released(); });
}

}  // namespace sluice
