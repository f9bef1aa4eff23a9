#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "test/harness/test_socket.h"

namespace sluice {
namespace {

using test::loopback;

int optionOf(const Fd& fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  getsockopt(fd.get(), level, option, &value, &size);
  return value;
}

TEST(ListenSocket, GivesEveryWorkerASocketOnTheSamePort) {
  Result<BoundSockets> bound = bindListenSockets(loopback(0), 3, 16);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound.value().sockets.size(), 3U);
  EXPECT_NE(bound.value().port, 0);
  EXPECT_TRUE(test::connectTo(bound.value().port).valid());
}

TEST(ListenSocket, RefusesAPortThatIsTaken) {
  for (const uint32_t takenBy : {1U, 2U}) {
    Result<BoundSockets> first = bindListenSockets(loopback(0), takenBy, 16);
    ASSERT_TRUE(first.ok());
    for (const uint32_t count : {1U, 2U}) {
      const Result<BoundSockets> second =
          bindListenSockets(loopback(first.value().port), count, 16);
      ASSERT_FALSE(second.ok()) << takenBy << " then " << count;
      EXPECT_EQ(second.error().code, EADDRINUSE);
    }
  }
}

TEST(ListenSocket, NamesTheCallThatFailed) {
  const Result<BoundSockets> elsewhere =
      bindListenSockets({80 | 4U << 16, {htonl(0xc0000201), 0, 0, 0}}, 1, 16);  // 192.0.2.1
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().code, EADDRNOTAVAIL);
  EXPECT_STREQ(elsewhere.error().call, "bind");
  EXPECT_FALSE(bindListenSockets({80 | 9U << 16, {}}, 1, 16).ok());
}

TEST(ListenSocket, PassesItsOptionsOnToAcceptedSockets) {
  Result<BoundSockets> bound = bindListenSockets(loopback(0), 1, 16);
  ASSERT_TRUE(bound.ok());
  const test::TestSocket client = test::connectTo(bound.value().port);
  const Fd accepted(accept4(bound.value().sockets[0].get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted.valid());
  EXPECT_EQ(optionOf(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
}

}  // namespace
}  // namespace sluice
