#include "test/harness/js_port.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace sluice::test {

namespace {
std::atomic_ref<uint32_t> word(const Region& region, Control which) {
  return std::atomic_ref<uint32_t>(region.control(which));
}
}  // namespace

std::vector<EventRecord> JsPort::takeEvents() {
  word(region_, Control::JsAwake).store(0, std::memory_order_seq_cst);
  const uint32_t tail = word(region_, Control::EventTail).load(std::memory_order_seq_cst);
  std::vector<EventRecord> taken;
  for (; eventHead_ != tail; ++eventHead_) {
    taken.push_back(region_.events()[eventHead_ & (region_.shape().eventCapacity - 1)]);
  }
  word(region_, Control::EventHead).store(eventHead_, std::memory_order_seq_cst);
  return taken;
}

void JsPort::flush() {
  if (commandTail_ == publishedTail_) return;
  publishedTail_ = commandTail_;
  word(region_, Control::CommandTail).store(commandTail_, std::memory_order_seq_cst);
  if (word(region_, Control::Sleeping).exchange(0, std::memory_order_seq_cst) == 1) kick_();
}

CommandRecord& JsPort::next(CommandType type) {
  CommandRecord& record = region_.commands()[commandTail_ & (region_.shape().commandCapacity - 1)];
  record = CommandRecord{};
  record.type = static_cast<uint8_t>(type);
  ++commandTail_;
  return record;
}

CommandRecord& JsPort::answer(CommandType type, const EventRecord& turn) {
  CommandRecord& record = next(type);
  record.seq = turn.seq;
  record.index = turn.index;
  record.generation = turn.generation;
  record.tag = turn.tag;
  return record;
}

uint32_t JsPort::writeReply(const EventRecord& turn, std::string_view bytes) {
  const size_t count = std::min<size_t>(bytes.size(), kSlotReplyBytes);
  if (count > 0) std::memcpy(region_.at(turn.tailOffset), bytes.data(), count);
  return static_cast<uint32_t>(count);
}

void JsPort::read(const EventRecord& turn, uint32_t deadlineMs) {
  answer(CommandType::Read, turn).deadlineMs = deadlineMs;
}

void JsPort::reply(const EventRecord& turn, std::string_view bytes, uint32_t consume,
                   uint16_t flags) {
  CommandRecord& record = answer(CommandType::Reply, turn);
  record.skip = consume;
  record.flags = flags;
  record.replyBytes = writeReply(turn, bytes);
}

void JsPort::connect(const EventRecord& turn, const Dial& dial) {
  CommandRecord& record = answer(CommandType::Connect, turn);
  record.flags = dial.flags;
  record.skip = dial.skip;
  record.replyBytes = writeReply(turn, dial.reply);
  record.destination = dial.to.portAndFamily;
  std::copy(dial.to.words.begin(), dial.to.words.end(), record.address);
  if (!dial.path.empty()) {
    const size_t count = std::min<size_t>(dial.path.size(), kSlotPathBytes);
    std::memcpy(region_.at(turn.tailOffset + kSlotReplyBytes), dial.path.data(), count);
    record.destination = 1U << 16;
    record.address[0] = static_cast<uint32_t>(dial.path.size());
  }
  record.deadlineMs = dial.deadlineMs;
  record.idleMs = dial.idleMs;
  record.halfClosedMs = dial.halfClosedMs;
}

void JsPort::echo(const EventRecord& turn, uint32_t skip, uint32_t idleMs) {
  CommandRecord& record = answer(CommandType::Echo, turn);
  record.skip = skip;
  record.idleMs = idleMs;
}

void JsPort::close(const EventRecord& turn, std::string_view bytes, bool reset) {
  CommandRecord& record = answer(CommandType::Close, turn);
  record.flags = reset ? kFlagReset : 0;
  record.replyBytes = writeReply(turn, bytes);
}

void JsPort::relay(const Pair& pair, uint32_t listener) {
  CommandRecord& record = next(CommandType::Relay);
  record.index = listener;
  record.tag = pair.tag;
  record.flags = pair.flags;
  record.idleMs = pair.idleMs;
  record.halfClosedMs = pair.halfClosedMs;
  record.fd = pair.clientFd;
  record.otherFd = pair.upstreamFd;
}

void JsPort::addListener(uint32_t listener, uint32_t ordinal, int fd) {
  CommandRecord& record = next(CommandType::AddListener);
  record.index = listener;
  record.generation = ordinal;
  record.fd = fd;
}

void JsPort::setListener(uint32_t listener, const ListenerSpec& spec) {
  CommandRecord& record = next(CommandType::SetListener);
  record.flags = spec.immediate ? kFlagImmediate : 0;
  record.index = listener;
  record.tag = spec.maxConnections;
  record.deadlineMs = spec.detectMs;
}

void JsPort::removeListener(uint32_t listener, uint32_t ordinal) {
  CommandRecord& record = next(CommandType::RemoveListener);
  record.index = listener;
  record.generation = ordinal;
}

std::string JsPort::bytesOf(const EventRecord& event) const {
  return {reinterpret_cast<const char*>(region_.at(event.offset)), event.length};
}

void JsPort::recover() {
  eventHead_ = word(region_, Control::EventTail).load();
  commandTail_ = word(region_, Control::CommandHead).load();
  publishedTail_ = commandTail_;
  word(region_, Control::EventHead).store(eventHead_);
  word(region_, Control::CommandTail).store(commandTail_);
}

void JsPort::startAt(uint32_t eventHead, uint32_t commandTail) {
  eventHead_ = eventHead;
  commandTail_ = commandTail;
  publishedTail_ = commandTail;
  word(region_, Control::EventHead).store(eventHead);
  word(region_, Control::EventTail).store(eventHead);
  word(region_, Control::CommandHead).store(commandTail);
  word(region_, Control::CommandTail).store(commandTail);
}

}  // namespace sluice::test
