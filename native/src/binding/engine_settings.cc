#include "binding/engine_settings.h"

#include <string>

namespace sluice {

namespace {

void readNumber(const Napi::Object& from, const char* key, uint32_t& into) {
  const Napi::Value value = from.Get(key);
  if (value.IsNumber()) into = value.As<Napi::Number>().Uint32Value();
}

void readFlag(const Napi::Object& from, const char* key, bool& into) {
  const Napi::Value value = from.Get(key);
  if (value.IsBoolean()) into = value.As<Napi::Boolean>().Value();
}

}  // namespace

EngineOptions readEngineOptions(const Napi::Object& settings) {
  EngineOptions options;
  readNumber(settings, "eventCapacity", options.shape.eventCapacity);
  readNumber(settings, "commandCapacity", options.shape.commandCapacity);
  readNumber(settings, "smallSlots", options.shape.smallSlots);
  readNumber(settings, "largeSlots", options.shape.largeSlots);
  readNumber(settings, "maxConnections", options.maxConnections);
  readNumber(settings, "fdBudget", options.fdBudget);
  readNumber(settings, "maxPipes", options.maxPipes);
  readNumber(settings, "pipeBytes", options.pipeBytes);
  readNumber(settings, "decideTimeoutMs", options.decideTimeoutMs);
  readNumber(settings, "settleMs", options.settleMs);
  readFlag(settings, "splice", options.splice);
  readFlag(settings, "receiveLowWater", options.receiveLowWater);
  readFlag(settings, "delayedAck", options.delayedAck);
  readFlag(settings, "coalesceFin", options.coalesceFin);
  readFlag(settings, "optimisticSend", options.optimisticSend);
  return options;
}

DriveMode readDriveMode(const Napi::Object& settings) {
  const Napi::Value mode = settings.Get("mode");
  const std::string name = mode.IsString() ? mode.As<Napi::String>().Utf8Value() : "";
  if (name == "InLoop") return DriveMode::InLoop;
  return name == "Handoff" ? DriveMode::Handover : DriveMode::Threads;
}

std::vector<Region> readRegions(const Napi::Array& regions, const RegionShape& shape) {
  std::vector<Region> views;
  for (uint32_t i = 0; i < regions.Length(); ++i) {
    // napi_get_arraybuffer_info refuses a SharedArrayBuffer; a typed array over it is accepted.
    napi_typedarray_type type = napi_uint8_array;
    size_t length = 0;
    void* data = nullptr;
    const Napi::Value value = regions.Get(i);
    const napi_status status =
        napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr);
    if (status != napi_ok || type != napi_uint8_array || length < shape.bytes()) return {};
    views.emplace_back(std::span<uint8_t>(static_cast<uint8_t*>(data), length), shape);
  }
  return views;
}

}  // namespace sluice
