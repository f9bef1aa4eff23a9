// Accepts connections of all listening sockets of one worker, in batches, within the limits:
// descriptors, connections, slots, per listener. At a limit of the worker it leaves clients in the
// kernel's queue and comes back; at a limit of the listener it closes the connection at once and
// reports it.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "engine/client_reader.h"
#include "engine/worker_state.h"
#include "net/socket_address.h"

namespace sluice {

class Acceptor {
 public:
  Acceptor(WorkerState& state, ClientReader& reader) : state_(state), reader_(reader) {}

  void addListener(const CommandRecord& command);
  void setListener(const CommandRecord& command);
  /// Accepts what is queued (the kernel would reset it), closes the socket and reports
  /// ListenerClosed. At a limit it goes on accepting as places come free, for kLeaveMs at most.
  void removeListener(uint32_t listener, uint32_t ordinal);
  void setPaused(uint32_t listener, bool paused);

  void socketReady(uint32_t place) {
    if (place < sockets_.size()) sockets_[place].ready = true;
  }
  void acceptReady();
  /// Whether accepting could go on at once.
  [[nodiscard]] bool hasWork() const;
  /// When accepting has to be looked at again: a pause caused by missing descriptors ends, or the
  /// time of a socket that is being removed. Or TimerWheel::kNever.
  [[nodiscard]] uint64_t nextLookMs() const;

 private:
  struct ListeningSocket {
    Fd fd;
    uint16_t listener = 0;
    uint32_t ordinal = 0;  // which of the listener's sockets
    int batch =
        1;  // grows while every accept finds a client, so that a lone one costs no second call
    bool ready = false;
    bool watched = false;
    uint64_t leaveByMs = TimerWheel::kNever;  // else: being removed, until its queue is empty
  };
  struct ListenerSettings {
    uint32_t detectMs = 0;
    bool immediate = false;
    bool paused = false;
  };

  void acceptFrom(ListeningSocket& socket, int batch);
  void leave(ListeningSocket& socket);
  void leaveWhenEmpty(ListeningSocket& socket);
  void watch(ListeningSocket& socket);
  void unwatch(ListeningSocket& socket);
  void unwatchAll();
  /// The counter of the limit that forbids accepting now, or Counter::Count.
  [[nodiscard]] Counter blocker() const;
  void admit(const ListeningSocket& socket, Fd client, const SocketAddress& peer);
  void refuse(const ListeningSocket& socket, const SocketAddress& peer);
  void pauseAfter(int error);

  WorkerState& state_;
  ClientReader& reader_;
  std::vector<ListeningSocket> sockets_;
  std::array<ListenerSettings, kMaxListeners> settings_{};
  uint64_t retryAtMs_ = TimerWheel::kNever;
};

}  // namespace sluice
