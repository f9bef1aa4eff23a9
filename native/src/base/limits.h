// Every maximum of the engine in one place. Each has a counter in ring/counters.h that says how
// often it was reached. Nothing here is a tuning knob of the user: what users may set arrives in
// EngineOptions and is bounded by these.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice {

inline constexpr uint32_t kMaxWorkers = 64;
inline constexpr uint32_t kMaxListeners = 256;

// Rings: powers of two. At most one record per slot is in flight to JS, so a ring twice the slots
// never blocks.
inline constexpr uint32_t kEventRingCapacity = 8192;
inline constexpr uint32_t kCommandRingCapacity = 8192;

// A small slot holds any common ClientHello (post-quantum ones are ~1.8 KB); a large one 64 KiB
// undecided and a margin, so that "more than 64 KiB" can be seen by the decider.
inline constexpr uint32_t kSmallSlots = 4096;
inline constexpr uint32_t kSmallSlotBytes = 4096;
inline constexpr uint32_t kLargeSlots = 128;
inline constexpr uint32_t kLargeSlotBytes = 72 * 1024;
// The end of each slot: room for the bytes JS answers to the client, then for a unix socket path.
inline constexpr uint32_t kSlotReplyBytes = 512;
inline constexpr uint32_t kSlotPathBytes = 128;
inline constexpr uint32_t kSlotTailBytes = kSlotReplyBytes + kSlotPathBytes;

inline constexpr uint32_t kMaxConnectionsPerWorker = 1u << 20;
inline constexpr uint32_t kConnectionChunk = 1024;

inline constexpr int kAcceptBatch = 64;
inline constexpr int kPumpRounds = 16;
inline constexpr int kEventsPerWait = 256;

inline constexpr uint32_t kCopyBytes = 64 * 1024;
inline constexpr uint32_t kLargeCopyBytes = 256 * 1024;
inline constexpr uint32_t kPipeBytes = 1024 * 1024;
inline constexpr uint32_t kMinSplicePipeBytes = 64 * 1024;
inline constexpr uint32_t kMaxPipesPerWorker = 1024;
inline constexpr uint32_t kMaxIdlePipes = 64;
// Adaptive relay: successive full reads that switch to splice, small wake-ups that switch back, and
// what is small.
inline constexpr uint8_t kFullReadsToSplice = 2;
inline constexpr uint8_t kSmallWakesToCopy = 8;
inline constexpr uint32_t kSmallWakeBytes = 16 * 1024;
inline constexpr int kReceiveLowWaterBytes = 512 * 1024;
inline constexpr uint64_t kLowWaterTickNs = 2'000'000;

inline constexpr uint32_t kLazyEventMs = 20;
// How long a listening socket that is being removed waits at a limit to accept what is queued.
// ListenersCutShort.
inline constexpr uint64_t kLeaveMs = 1000;
inline constexpr uint32_t kAcceptRetryMs = 100;
inline constexpr uint32_t kDecideTimeoutMs = 30'000;
inline constexpr uint32_t kLingerTimeoutMs = 2'000;
inline constexpr uint32_t kLingerBytes = 1024 * 1024;
inline constexpr uint32_t kSettleMs = 1'000;

// Descriptors kept for logs, admin, DNS and files: RLIMIT_NOFILE minus this is what connections and
// pipes may use.
inline constexpr uint32_t kReservedFds = 256;

}  // namespace sluice
