// Reads the settings object of the TypeScript facade into EngineOptions. The facade has validated
// it; what is missing or of another type keeps its default.
#pragma once
#include <napi.h>

#include <vector>

#include "engine/engine.h"

namespace sluice {

[[nodiscard]] EngineOptions readEngineOptions(const Napi::Object& settings);
[[nodiscard]] DriveMode readDriveMode(const Napi::Object& settings);
/// Views over the shared memory; empty when one is too small for the shape.
[[nodiscard]] std::vector<Region> readRegions(const Napi::Array& regions, const RegionShape& shape);

}  // namespace sluice
