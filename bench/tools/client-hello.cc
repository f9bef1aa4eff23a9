#include "client-hello.h"

#include <initializer_list>

namespace bench {
namespace {

constexpr uint16_t kServerName = 0;
constexpr uint16_t kSupportedGroups = 10;
constexpr uint16_t kSignatureAlgorithms = 13;
constexpr uint16_t kAlpn = 16;
constexpr uint16_t kPadding = 21;
constexpr uint16_t kSupportedVersions = 43;
constexpr uint16_t kKeyShare = 51;
constexpr size_t kX25519KeySize = 32;
constexpr size_t kExtensionHeaderSize = 4;

// Appends big-endian integers, and length fields that are filled in when their content is done.
class Writer {
 public:
  void u8(unsigned value) { bytes_.push_back(static_cast<uint8_t>(value)); }

  void u16(unsigned value) {
    u8(value >> 8 & 0xff);
    u8(value & 0xff);
  }

  void u16s(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) {
      u16(value);
    }
  }

  void fill(size_t count, uint8_t value) { bytes_.insert(bytes_.end(), count, value); }
  void text(const std::string& value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }

  size_t openLength(size_t width) {
    fill(width, 0);
    return bytes_.size();
  }

  void closeLength(size_t start, size_t width) {
    const size_t length = bytes_.size() - start;
    for (size_t i = 0; i < width; i++) {
      bytes_[start - 1 - i] = static_cast<uint8_t>(length >> (8 * i) & 0xff);
    }
  }

  size_t size() const { return bytes_.size(); }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

void writeServerName(Writer& out, const std::string& name) {
  out.u16(kServerName);
  const size_t extension = out.openLength(2);
  const size_t list = out.openLength(2);
  out.u8(0);  // host_name
  const size_t host = out.openLength(2);
  out.text(name);
  out.closeLength(host, 2);
  out.closeLength(list, 2);
  out.closeLength(extension, 2);
}

void writeAlpn(Writer& out) {
  out.u16(kAlpn);
  const size_t extension = out.openLength(2);
  const size_t list = out.openLength(2);
  for (const std::string protocol : {"h2", "http/1.1"}) {
    out.u8(static_cast<unsigned>(protocol.size()));
    out.text(protocol);
  }
  out.closeLength(list, 2);
  out.closeLength(extension, 2);
}

void writeKeyShare(Writer& out) {
  out.u16(kKeyShare);
  const size_t extension = out.openLength(2);
  const size_t list = out.openLength(2);
  out.u16(0x001d);
  out.u16(kX25519KeySize);
  out.fill(kX25519KeySize, 0x42);
  out.closeLength(list, 2);
  out.closeLength(extension, 2);
}

void writePadding(Writer& out, size_t recordSize) {
  if (out.size() + kExtensionHeaderSize > recordSize) {
    return;
  }
  const size_t length = recordSize - out.size() - kExtensionHeaderSize;
  out.u16(kPadding);
  out.u16(static_cast<unsigned>(length));
  out.fill(length, 0);
}

}  // namespace

std::vector<uint8_t> buildClientHello(const std::string& serverName, size_t size) {
  Writer out;
  out.u8(0x16);
  out.u16(0x0301);
  const size_t record = out.openLength(2);
  out.u8(1);  // client_hello
  const size_t message = out.openLength(3);
  out.u16(0x0303);
  out.fill(32, 0x5a);  // random
  out.u8(32);
  out.fill(32, 0x33);  // legacy session id
  out.u16(6);
  out.u16s({0x1301, 0x1302, 0x1303});
  out.u8(1);
  out.u8(0);  // no compression
  const size_t extensions = out.openLength(2);
  writeServerName(out, serverName);
  out.u16s({kSupportedGroups, 6, 4, 0x001d, 0x0017});
  out.u16s({kSignatureAlgorithms, 8, 6, 0x0403, 0x0804, 0x0401});
  writeAlpn(out);
  out.u16s({kSupportedVersions, 3});
  out.u8(2);
  out.u16(0x0304);
  writeKeyShare(out);
  writePadding(out, size);
  out.closeLength(extensions, 2);
  out.closeLength(message, 3);
  out.closeLength(record, 2);
  return out.size() == size ? out.take() : std::vector<uint8_t>{};
}

}  // namespace bench
