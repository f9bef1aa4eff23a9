#include "net/socket_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace sluice {
namespace {

SocketAddress fromPath(const std::string& path) {
  return SocketAddress::fromPath({reinterpret_cast<const uint8_t*>(path.data()), path.size()});
}

TEST(SocketAddress, TurnsIPv4WordsIntoWhatTheKernelTakesAndBack) {
  const WireAddress wire{443 | 4U << 16, {htonl(0x0a000007), 0, 0, 0}};
  const SocketAddress address = SocketAddress::fromWire(wire);
  sockaddr_in in{};
  ASSERT_EQ(address.size(), sizeof in);
  std::memcpy(&in, address.get(), sizeof in);
  EXPECT_EQ(in.sin_family, AF_INET);
  EXPECT_EQ(ntohs(in.sin_port), 443);
  EXPECT_EQ(ntohl(in.sin_addr.s_addr), 0x0a000007U);
  EXPECT_EQ(address.toWire().portAndFamily, wire.portAndFamily);
  EXPECT_EQ(address.toWire().words, wire.words);
}

TEST(SocketAddress, TurnsIPv6WordsIntoWhatTheKernelTakesAndBack) {
  in6_addr text{};
  ASSERT_EQ(inet_pton(AF_INET6, "2001:db8::1:2", &text), 1);
  WireAddress wire{65535 | 6U << 16, {}};
  std::memcpy(wire.words.data(), &text, sizeof text);
  const SocketAddress address = SocketAddress::fromWire(wire);
  sockaddr_in6 in{};
  ASSERT_EQ(address.size(), sizeof in);
  std::memcpy(&in, address.get(), sizeof in);
  EXPECT_EQ(in.sin6_family, AF_INET6);
  EXPECT_EQ(ntohs(in.sin6_port), 65535);
  EXPECT_EQ(std::memcmp(&in.sin6_addr, &text, sizeof text), 0);
  EXPECT_EQ(address.toWire().portAndFamily, wire.portAndFamily);
  EXPECT_EQ(address.toWire().words, wire.words);
}

TEST(SocketAddress, TakesAPathOfAtMost107Bytes) {
  const SocketAddress longest = fromPath(std::string(107, 'x'));
  sockaddr_un un{};
  ASSERT_LE(longest.size(), sizeof un);
  std::memcpy(&un, longest.get(), longest.size());
  EXPECT_EQ(std::string(un.sun_path), std::string(107, 'x'));
  EXPECT_EQ(longest.toWire().portAndFamily >> 16, 1U);
  EXPECT_EQ(fromPath(std::string(108, 'x')).family(), AF_UNSPEC);
  EXPECT_EQ(fromPath("").family(), AF_UNSPEC);
}

TEST(SocketAddress, GivesAnUnknownFamilyNothingThatCouldBeDialled) {
  for (const uint32_t family : {0U, 1U, 2U, 5U, 7U, 0xffffU}) {
    EXPECT_EQ(SocketAddress::fromWire({80 | family << 16, {}}).family(), AF_UNSPEC) << family;
  }
}

}  // namespace
}  // namespace sluice
