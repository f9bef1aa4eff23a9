// The state of one connection: two descriptors and the two directions between them. Plain data,
// moved by the worker's parts; an idle relaying connection holds no slot, no pipe and no buffer.
#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "flow/slot_pool.h"
#include "net/pipe.h"
#include "ring/ring_layout.h"

namespace sluice {

enum class Phase : uint8_t {
  Free,
  Reading,   // waits for client bytes that JS wants to see
  Deciding,  // JS owns the turn
  Connecting,
  Relaying,
  Lingering,  // answered and half closed: what the client still sends is discarded for a while
};

inline constexpr uint32_t kClient = 0;
inline constexpr uint32_t kUpstream = 1;

/// Bytes from fd[k] to fd[1 - k]; k = 0 is up (client to upstream).
struct Direction {
  uint64_t bytes = 0;  // up: received from the client; down: sent to the client
  Pipe pipe;           // held only while bytes are in it
  uint32_t inPipe = 0;
  uint32_t residualBytes = 0;
  uint32_t residualOffset = 0;
  std::unique_ptr<uint8_t[]> residual;  // what a partial write left over
  uint8_t fullReads = 0;
  uint8_t smallWakes = 0;
  bool spliceMode : 1 = false;
  bool noSplice : 1 = false;  // the kernel refused splice here: copy for good
  bool readable : 1 = false;  // source may have bytes (edge seen, not yet drained)
  bool writable : 1 = true;   // sink has not said EAGAIN since its last EPOLLOUT
  bool hangup : 1 =
      false;  // EPOLLRDHUP, HUP or ERR seen: a short read is not the end of what can be read
  bool finQueued : 1 =
      false;  // EPOLLRDHUP without an error: FIN lies behind the bytes still to be read
  bool urgent : 1 =
      false;               // urgent data cuts reads short: never conclude the end from a short read
  bool ended : 1 = false;  // end of stream read
  bool shut : 1 = false;   // end of stream passed on
  bool queued : 1 = false;    // in the run queue: budget spent, no new edge will come
  bool lowWater : 1 = false;  // SO_RCVLOWAT raised

  [[nodiscard]] bool hasPending() const { return inPipe != 0 || residualBytes != 0; }
};

struct Connection {
  uint32_t index = 0;
  uint32_t generation = 1;
  uint32_t tag = 0;
  uint32_t slot = kNoSlot;
  uint32_t length = 0;      // client bytes in the slot
  uint32_t skip = 0;        // of those: not replayed
  uint32_t replyBytes = 0;  // reply to send once connected
  uint32_t sent = 0;  // of the replay: already given to the kernel while connecting (fast open)
  uint32_t peer = 0;
  std::array<uint32_t, 4> address{};
  uint32_t idleMs = 0;
  uint32_t halfClosedMs = 0;
  uint32_t decidedUs = kNotReached;
  uint32_t connectedUs = kNotReached;
  uint32_t firstByteUs = kNotReached;
  uint64_t acceptedNs = 0;
  uint64_t readDeadlineMs =
      0;  // of the Reading phase; commands may replace it, time spent deciding does not move it
  uint64_t lastActiveMs = 0;
  uint64_t upstreamKey = 0;
  uint16_t listener = 0;
  Phase phase = Phase::Free;
  uint8_t seq = 0;
  FirstEnd firstEnd = FirstEnd::Nobody;
  bool isEcho : 1 = false;
  bool closesAtUpstreamEnd : 1 = false;
  bool fastOpen : 1 = false;
  bool delayedAck : 1 = false;  // QUICKACK was switched off upstream and must be restored
  bool waitsForSlot : 1 = false;
  bool settled : 1 = false;
  bool isDetached : 1 = false;
  bool isReported : 1 = false;   // Closed was posted; only the place (and JS's slot) is still held
  bool clientBroke : 1 = false;  // EPOLLERR of the client while nobody was reading it
  bool halfArmed : 1 = false;    // the half-closed deadline runs
  std::array<bool, 2> inPoller{};
  std::array<bool, 2> outArmed{};
  std::array<Fd, 2> fd;
  std::array<Direction, 2> direction;
};

}  // namespace sluice
