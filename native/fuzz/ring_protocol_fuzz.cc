// A live worker whose JavaScript is hostile: arbitrary command records, indices, sequence numbers
// and control words, slots scribbled over, while clients come and go. Whatever JS writes, the
// worker neither crashes nor touches memory outside its region. Descriptors are what JS must be
// trusted with (it owns them): records carry real ones or none, and addresses are of this machine.
#include <arpa/inet.h>
#include <fcntl.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/worker.h"
#include "fuzz/fuzz_input.h"
#include "test/harness/js_port.h"
#include "test/harness/shared_region.h"
#include "test/harness/test_socket.h"

namespace {

using namespace sluice;
using fuzz::FuzzInput;

constexpr uint32_t kMostClients = 12;

EngineOptions smallOptions() {
  EngineOptions options;
  options.shape = {.eventCapacity = 8, .commandCapacity = 16, .smallSlots = 3, .largeSlots = 1};
  options.maxConnections = 24;
  options.settleMs = 20;
  options.decideTimeoutMs = 30;
  return options;
}

class HostileJs {
 public:
  HostileJs()
      : region_(options_.shape),
        worker_(std::move(Worker::create(region_.view(), options_, limits_, [] {}).value())),
        js_(region_.view(), [this] { worker_->kick(); }) {
    js_.setListener(0, {.detectMs = 20, .maxConnections = 10});
    js_.addListener(0, 0, fcntl(front_.fd(), F_DUPFD_CLOEXEC, 0));
    step();
  }
  ~HostileJs() {
    worker_->teardown();
    if (worker_->state().connections.active() != 0) std::abort();
    if (worker_->state().slots.inUse() != 0) std::abort();
  }
  HostileJs(const HostileJs&) = delete;
  HostileJs& operator=(const HostileJs&) = delete;

  void act(FuzzInput& input) {
    switch (input.below(12)) {
      case 0:
        if (clients_.size() < kMostClients) clients_.push_back(test::connectTo(front_.port()));
        return;
      case 1:
        return talk(input);
      case 2:
        return leave(input);
      case 3:
        return scribbleControl(input);
      case 4:
        return scribbleSlot(input);
      case 5:
      case 6:
        return step();
      case 7:
        servers_.push_back(upstream_.accept());
        if (servers_.size() > kMostClients) servers_.clear();
        return;
      case 8:
        return hostileCommand(input);
      default:
        return plausibleCommand(input);
    }
  }

  void step() {
    js_.flush();
    worker_->step(0);
    worker_->publish();
    for (const EventRecord& event : js_.takeEvents()) note(event);
    forgetDescriptors();
  }

 private:
  void note(const EventRecord& event) {
    if (event.fd >= 0 && event.type == static_cast<uint8_t>(EventType::Detached))
      servers_.push_back(test::TestSocket(Fd(event.fd)));
    known_[nextKnown_++ % known_.size()] = event;
  }

  void talk(FuzzInput& input) {
    if (clients_.empty()) return;
    test::TestSocket& client = clients_[input.below(static_cast<uint32_t>(clients_.size()))];
    if (client.valid()) client.write(std::string(size_t{1} + input.take<uint16_t>() % 5000, 'f'));
  }

  void leave(FuzzInput& input) {
    if (clients_.empty()) return;
    const uint32_t which = input.below(static_cast<uint32_t>(clients_.size()));
    if (input.below(2) == 0 && clients_[which].valid()) clients_[which].reset();
    clients_.erase(clients_.begin() + which);
  }

  /// The four words that are JS's to write. What the worker reads behind a tail that jumped is what
  /// the ring holds.
  void scribbleControl(FuzzInput& input) {
    constexpr std::array<Control, 4> kWords{Control::EventHead, Control::CommandTail,
                                            Control::Sleeping, Control::JsAwake};
    step();
    region_.view().control(kWords[input.below(kWords.size())]) = input.take<uint32_t>();
    worker_->step(0);
    forgetDescriptors();
    js_.recover();
  }

  void scribbleSlot(FuzzInput& input) {
    const RegionShape& shape = region_.view().shape();
    const size_t size = shape.bytes() - shape.smallSlotsOffset();
    input.fill(region_.view().at(shape.smallSlotsOffset() + input.take<uint32_t>() % size), 1);
  }

  CommandRecord& nextRecord(CommandType type, const EventRecord& about) {
    if (js_.unpublished() == options_.shape.commandCapacity) step();
    return js_.answer(type, about);
  }

  /// Bytes of the fuzzer as they are, except for what would leave this process.
  void hostileCommand(FuzzInput& input) {
    CommandRecord& record = nextRecord(CommandType::Read, {});
    input.fill(&record, sizeof record);
    tame(record, input);
  }

  /// A command with every field arbitrary but addressed at a connection that exists or did.
  void plausibleCommand(FuzzInput& input) {
    const EventRecord& about = known_[input.below(static_cast<uint32_t>(known_.size()))];
    CommandRecord& record = nextRecord(static_cast<CommandType>(input.below(15)), about);
    record.flags = input.take<uint8_t>();
    record.skip = input.take<uint16_t>();
    record.replyBytes = input.take<uint16_t>();
    record.deadlineMs = input.take<uint8_t>();
    record.idleMs = input.take<uint8_t>();
    record.halfClosedMs = input.take<uint8_t>();
    tame(record, input);
    if (input.below(4) == 0) step();
  }

  void tame(CommandRecord& record, FuzzInput& input) {
    const bool isOurs = input.below(2) == 0;
    record.destination = (isOurs ? upstream_.port() : 1U) | 4U << 16;
    record.address[0] = htonl(INADDR_LOOPBACK);
    if (input.below(8) == 0)
      record.destination = input.take<uint32_t>() & ~(4U << 16);  // no such family
    record.fd = -1;
    record.otherFd = -1;
    const auto type = static_cast<CommandType>(record.type);
    if (type == CommandType::Relay) {
      auto [client, clientEnd] = test::unixPair();
      auto [server, serverEnd] = test::unixPair();
      record.fd = clientEnd.takeFd().release();
      record.otherFd = serverEnd.takeFd().release();
      if (clients_.size() < kMostClients) clients_.push_back(std::move(client));
    }
    if (type == CommandType::AddListener && listeners_++ < 4)
      record.fd = fcntl(front_.fd(), F_DUPFD_CLOEXEC, 0);
  }

  /// A tail that jumps makes the worker read old records again: their descriptors belong to it by
  /// now.
  void forgetDescriptors() {
    const Region region = region_.view();
    for (uint32_t i = 0; i < region.shape().commandCapacity; ++i) {
      region.commands()[i].fd = -1;
      region.commands()[i].otherFd = -1;
    }
  }

  const EngineOptions options_ = smallOptions();
  test::SharedRegion region_;
  ListenerLimits limits_;
  test::TestListener front_ = test::TestListener::tcp();
  test::TestListener upstream_ = test::TestListener::tcp();
  std::unique_ptr<Worker> worker_;
  test::JsPort js_;
  std::vector<test::TestSocket> clients_;
  std::vector<test::TestSocket> servers_;
  std::array<EventRecord, 8> known_{};
  uint32_t nextKnown_ = 0;
  int listeners_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::signal(SIGPIPE, SIG_IGN);
  FuzzInput input(bytes, size);
  HostileJs js;
  for (int i = 0; i < 300 && !input.isEmpty(); ++i) js.act(input);
  js.step();
  return 0;
}
