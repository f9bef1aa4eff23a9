// The engine as a JS object: create, start, kick, join, stop. JS values become plain structs here
// and never travel further in; worker threads reach JS only through one uv_async.
#pragma once
#include <napi.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "binding/in_loop_driver.h"
#include "engine/engine.h"

namespace sluice {

class EngineBinding : public Napi::ObjectWrap<EngineBinding> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit EngineBinding(const Napi::CallbackInfo& info);

 private:
  /// What libuv holds on to after the JS object is gone. Its cleanup hook makes Node wait until
  /// libuv has let go: in a worker isolate the addon is unloaded right after, with the callbacks in
  /// it.
  struct Handles {
    void released() {
      if (--open > 0) return;
      napi_remove_async_cleanup_hook(hook);
      delete this;
    }
    std::unique_ptr<Engine> engine;
    std::unique_ptr<InLoopDriver> driver;
    uv_async_t wake{};
    EngineBinding* owner = nullptr;
    napi_async_cleanup_hook_handle hook = nullptr;
    int open = 0;
  };

  void start(const Napi::CallbackInfo& info);
  void kick(const Napi::CallbackInfo& info);
  void join(const Napi::CallbackInfo& info);
  Napi::Value publishRest(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);
  void createEngine(Napi::Env env, const Napi::Object& settings);
  void close();
  void askJs();
  static void cleanup(napi_async_cleanup_hook_handle hook, void* handles);

  napi_env env_;
  Napi::FunctionReference drain_;
  std::unique_ptr<Napi::AsyncContext> asyncContext_;
  std::vector<Napi::ObjectReference> regions_;
  Handles* handles_ = nullptr;
};

}  // namespace sluice
