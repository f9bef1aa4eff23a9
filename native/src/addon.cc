// Registers the addon: the engine class and a few socket functions, nothing else.
#include <napi.h>

#include "binding/engine_binding.h"
#include "binding/socket_functions.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeEngine", sluice::EngineBinding::define(env));
  sluice::exportSocketFunctions(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(sluice, initialise)
