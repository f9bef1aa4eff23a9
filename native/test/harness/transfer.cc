#include "test/harness/transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sluice::test {

void Transfer::send(TestSocket& from, ByteLedger& ledger, uint64_t wanted, bool& isFinished) const {
  const size_t left = wanted - ledger.sentBytes();
  if (left > 0) {
    ledger.sent(from.write(ledger.next(std::min(left, plan_.writeChunk))));
  } else if (plan_.finishes && !isFinished) {
    from.finishWriting();
    isFinished = true;
  }
}

bool Transfer::receive(TestSocket& to, ByteLedger& ledger) const {
  const std::string bytes = to.read(plan_.readChunk);
  if (ledger.received(bytes)) return true;
  ADD_FAILURE() << "wrong bytes after " << ledger.receivedBytes() << " of " << ledger.sentBytes();
  return false;
}

bool Transfer::round() {
  send(pair_.client, up_, plan_.upBytes, isUpFinished_);
  send(pair_.server, down_, plan_.downBytes, isDownFinished_);
  rig_.step();
  if (plan_.isReaderResting && plan_.isReaderResting()) return true;
  return receive(pair_.server, up_) && receive(pair_.client, down_);
}

bool Transfer::isComplete() const {
  const bool areBytesThere =
      up_.receivedBytes() == plan_.upBytes && down_.receivedBytes() == plan_.downBytes;
  return areBytesThere && (!plan_.finishes || (pair_.client.ended() && pair_.server.ended()));
}

bool Transfer::run(uint32_t withinMs) {
  bool isSound = true;
  rig_.until(
      [&] {
        isSound = isSound && round();
        const bool isBroken = pair_.client.error() != 0 || pair_.server.error() != 0;
        return !isSound || isComplete() || isBroken;
      },
      withinMs);
  if (isSound && isComplete()) return true;
  ADD_FAILURE() << "up " << up_.receivedBytes() << "/" << plan_.upBytes << " down "
                << down_.receivedBytes() << "/" << plan_.downBytes << " ends "
                << pair_.server.ended() << pair_.client.ended() << " errno " << pair_.client.error()
                << " " << pair_.server.error();
  return false;
}

}  // namespace sluice::test
