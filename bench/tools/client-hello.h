// Builds a TLS 1.3 ClientHello of an exact size with one server name, as a browser pads it. Every
// length in it is right; its key share and random bytes are fixed, so that runs are alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// The whole record of `size` bytes; empty when the name does not fit into `size`.
std::vector<uint8_t> buildClientHello(const std::string& serverName, size_t size);

}  // namespace bench
