// One relayed connection over unix and TCP sockets, its two peers acting as the fuzzer says: bytes
// must arrive in order and once, ends behind them, and a relay that nobody disturbed must deliver
// everything.
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "engine/worker.h"
#include "fuzz/fuzz_input.h"
#include "test/harness/byte_ledger.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"
#include "test/harness/test_socket.h"

namespace {

using namespace sluice;
using fuzz::FuzzInput;

[[noreturn]] void complain(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

EngineOptions optionsFrom(FuzzInput& input) {
  EngineOptions options;
  options.shape = {.eventCapacity = 8, .commandCapacity = 8, .smallSlots = 1, .largeSlots = 1};
  const auto bits = input.take<uint8_t>();
  options.splice = (bits & 1) == 0;
  options.receiveLowWater = (bits & 2) != 0;
  options.coalesceFin = (bits & 4) == 0;
  options.maxPipes = (bits & 8) == 0 ? 4 : 0;
  return options;
}

class RelayUnderFuzz {
 public:
  explicit RelayUnderFuzz(FuzzInput& input)
      : options_(optionsFrom(input)),
        region_(options_.shape),
        worker_(std::move(Worker::create(region_.view(), options_, limits_, [] {}).value())),
        js_(region_.view(), [] {}) {
    auto [client, clientEnd] = pairFrom(input);
    auto [server, serverEnd] = pairFrom(input);
    client_ = std::move(client);
    server_ = std::move(server);
    js_.relay(
        {.clientFd = clientEnd.takeFd().release(), .upstreamFd = serverEnd.takeFd().release()});
    step();
  }
  ~RelayUnderFuzz() {
    worker_->teardown();
    if (worker_->state().connections.active() != 0) complain("a connection outlived the teardown");
  }
  RelayUnderFuzz(const RelayUnderFuzz&) = delete;
  RelayUnderFuzz& operator=(const RelayUnderFuzz&) = delete;

  void act(FuzzInput& input) {
    const uint32_t operation = input.below(10);
    test::TestSocket& side = input.below(2) == 0 ? client_ : server_;
    test::ByteLedger& ledger = &side == &client_ ? up_ : down_;
    bool& isFinished = &side == &client_ ? hasClientFinished_ : hasServerFinished_;
    if (operation == 0 || operation == 1 || operation == 2) {
      if (!side.valid() || isFinished) return;
      const size_t size = operation == 0 ? 200'000 : size_t{1} + input.take<uint16_t>();
      ledger.sent(side.write(ledger.next(size)));
    } else if (operation == 3 && side.valid() && !isFinished) {
      side.finishWriting();
      isFinished = true;
    } else if (operation == 4 && input.below(4) == 0) {
      isSpoilt_ = true;
      side.reset();
    } else if (operation == 5 && input.below(4) == 0) {
      isSpoilt_ = true;
      side.close();
    } else if (operation == 6 && side.valid() && !isFinished && isTcp(side)) {
      // Once: an urgent byte that another overtakes becomes part of the stream (tcp(7)).
      if (!std::exchange(wasUrgent_[&side == &client_], true)) side.write("!", MSG_OOB);
    } else if (operation < 9) {
      read(side, size_t{1} + input.take<uint16_t>());
    }
    step();
  }

  /// Everybody reads to the end.
  void finish() {
    for (test::TestSocket* side : {&client_, &server_}) {
      if (side->valid()) side->finishWriting();
    }
    for (int round = 0; round < 2000 && !isOver(); ++round) {
      // A tail under a low-water mark comes with the worker's tick; everything else is there at
      // once.
      worker_->step(options_.receiveLowWater || round > 300 ? 1'000'000 : 0);
      for (test::TestSocket* side : {&client_, &server_}) read(*side, 1 << 16);
      check();
    }
    if (!isOver()) complain("the relay does not end");
    if (!isSpoilt_ && !(up_.isSettled() && down_.isSettled())) complain("bytes were lost");
  }

 private:
  static bool isTcp(const test::TestSocket& side) {
    int domain = 0;
    socklen_t size = sizeof domain;
    getsockopt(side.fd(), SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return domain == AF_INET;
  }
  static std::pair<test::TestSocket, test::TestSocket> pairFrom(FuzzInput& input) {
    return input.below(2) == 0 ? test::unixPair() : test::tcpPair();
  }

  void read(test::TestSocket& side, size_t most) {
    if (!side.valid() || side.isOver()) return;
    test::ByteLedger& ledger = &side == &client_ ? down_ : up_;
    if (!ledger.received(side.read(most))) complain("wrong bytes");
  }
  [[nodiscard]] bool isOver() const {
    const bool isClientOver = !client_.valid() || client_.isOver();
    return isClientOver && (!server_.valid() || server_.isOver());
  }
  void step() {
    js_.flush();
    worker_->step(0);
    worker_->publish();
    (void)js_.takeEvents();
    check();
  }
  void check() {
    for (const Direction& direction : worker_->state().connections.at(0).direction) {
      if (direction.pipe.valid() && direction.inPipe == 0 && !direction.readable)
        complain("a pipe is held with nothing in flight");
      if (direction.shut && direction.hasPending()) complain("an end overtook bytes");
    }
  }

  EngineOptions options_;
  test::SharedRegion region_;
  ListenerLimits limits_;
  std::unique_ptr<Worker> worker_;
  test::JsPort js_;
  test::TestSocket client_;
  test::TestSocket server_;
  test::ByteLedger up_{1};
  test::ByteLedger down_{2};
  bool hasClientFinished_ = false;
  bool hasServerFinished_ = false;
  bool isSpoilt_ = false;
  std::array<bool, 2> wasUrgent_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::signal(SIGPIPE, SIG_IGN);
  FuzzInput input(bytes, size);
  RelayUnderFuzz relay(input);
  for (int i = 0; i < 400 && !input.isEmpty(); ++i) relay.act(input);
  relay.finish();
  return 0;
}
