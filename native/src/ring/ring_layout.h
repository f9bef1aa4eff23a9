// The shared memory between one worker and the decision isolate: plain words at fixed places,
// mirrored word for word in native/lib/ring-layout.ts (a test compares both). Indices are
// free-running u32, capacities powers of two, one producer and one consumer in each direction.
//
//   [control 20 KiB][event ring][command ring][small slots][large slots]
#pragma once
#include <cstdint>

#include "base/limits.h"

namespace sluice {

/// u32 index of the control words; each has a 64-byte line of its own.
enum class Control : uint32_t {
  EventHead = 0,     // consumed by JS
  EventTail = 16,    // produced by the worker
  CommandHead = 32,  // consumed by the worker
  CommandTail = 48,  // produced by JS
  Sleeping = 64,     // the worker is about to block: JS must kick it
  JsAwake = 80,      // a wake-up of JS is pending: no second one is needed
};

inline constexpr uint32_t kCountersOffset = 512;
inline constexpr uint32_t kListenerCountersOffset = 2048;
inline constexpr uint32_t kListenerCountersBytes = 64;
inline constexpr uint32_t kControlBytes = 20 * 1024;
static_assert(kListenerCountersOffset + kMaxListeners * kListenerCountersBytes <= kControlBytes);

enum class EventType : uint8_t {
  Data = 1,       // bytes (or end, or deadline) of a client: JS owns the turn
  ConnectFailed,  // the upstream could not be reached; the bytes are still in the slot: JS owns the
                  // turn
  Closed,         // the connection is over
  Detached,       // the descriptor now belongs to JS
  Refused,        // accepted over the listener's limit and closed at once
  ListenerClosed,  // a listening socket is closed and its queue was accepted
  Moved,           // the connection lives in this worker now, under this id
  Fenced,          // every command before the fence with this tag has been obeyed
};

/// Flags in EventRecord::detail of Data.
inline constexpr uint32_t kDataEnd = 1;       // the client has sent FIN
inline constexpr uint32_t kDataDeadline = 2;  // the read deadline has passed

enum class EndCause : uint8_t {
  Finished,
  ClientGone,  // FIN before anything was decided
  ClientReset,
  UpstreamReset,
  IdleTimeout,
  HalfClosedTimeout,
  DecideTimeout,
  Commanded,
  Internal,
  Stopped,
};

enum class FirstEnd : uint8_t { Nobody, Client, Upstream };

struct EventRecord {
  uint8_t type = 0;
  uint8_t seq = 0;
  uint16_t listener = 0;
  uint32_t index = 0;
  uint32_t generation = 0;
  uint32_t tag = 0;
  uint32_t offset = 0;  // of the slot's bytes in the region
  uint32_t length = 0;
  uint32_t detail = 0;  // Data: flags; ConnectFailed: errno; Closed: EndCause | FirstEnd << 8
  uint32_t peer = 0;    // port | family << 16 (4, 6; 1 = unix)
  uint32_t address[4] = {0, 0, 0, 0};
  int32_t fd = -1;
  uint32_t decidedUs = 0;  // since accept; kNotReached = not reached
  uint32_t connectedUs = 0;
  uint32_t firstByteUs = 0;
  double sinceAcceptUs = 0;
  double bytesUp = 0;
  double bytesDown = 0;
  uint32_t tailOffset = 0;  // of the slot's reply area
  uint32_t reserved[9] = {};
};
static_assert(sizeof(EventRecord) == 128);
inline constexpr uint32_t kNotReached = 0xffffffff;

enum class CommandType : uint8_t {
  Read = 1,        // wait for more bytes behind those in the slot
  Reply,           // send the reply area, forget `skip` bytes, read on
  Connect,         // dial; replay the slot from `skip`; then send the reply area to the client
  Echo,            // relay the client to itself
  Close,           // send the reply area, then FIN, or reset
  Detach,          // give the descriptor to JS
  Release,         // forget a detached connection
  Relay,           // adopt two descriptors of JS as a relaying connection
  AddListener,     // accept on a descriptor
  SetListener,     // change deadlines and limits of a listener
  RemoveListener,  // accept what is queued, then close the listening descriptor
  PauseAccept,
  ResumeAccept,
  Fence,  // answer with Fenced
};

/// Bits of CommandRecord::flags.
inline constexpr uint16_t kFlagReset = 1;
inline constexpr uint16_t kFlagNoHalfClose = 2;
inline constexpr uint16_t kFlagFastOpen = 4;
inline constexpr uint16_t kFlagImmediate =
    8;  // SetListener: ask JS at accept, without waiting for a byte

inline constexpr uint16_t kFlagAgain =
    16;  // Reply: JS has not parsed all bytes of the slot; ask again at once

struct CommandRecord {
  uint8_t type = 0;
  uint8_t seq = 0;
  uint16_t flags = 0;
  uint32_t index = 0;       // listener commands: listener id
  uint32_t generation = 0;  // listener commands: ordinal of the socket
  uint32_t tag = 0;
  uint32_t skip = 0;
  uint32_t replyBytes = 0;
  uint32_t destination = 0;            // port | family << 16
  uint32_t address[4] = {0, 0, 0, 0};  // unix: address[0] = bytes of the path in the slot
  uint32_t deadlineMs = 0;             // from now; 0: the one that runs stays
  uint32_t idleMs = 0;                 // 0: none
  uint32_t halfClosedMs = 0;
  int32_t fd = -1;
  int32_t otherFd = -1;
};
static_assert(sizeof(CommandRecord) == 64);

}  // namespace sluice
