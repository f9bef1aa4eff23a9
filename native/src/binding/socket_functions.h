// The few system calls the decision isolate makes itself: bind, close and duplicate descriptors,
// and a look at what the kernel grants.
#pragma once
#include <napi.h>

namespace sluice {

void exportSocketFunctions(Napi::Env env, Napi::Object exports);

}  // namespace sluice
