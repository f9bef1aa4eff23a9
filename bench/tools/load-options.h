// What the load generator is asked to do, read once from the command line.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

enum class Mode { kConn, kDown, kUp, kPing, kIdle };
enum class Via { kDirect, kSocks5, kConnect };

struct TunnelOptions {
  Via via = Via::kDirect;
  sockaddr_in target{};  // what a forward proxy is asked to dial
  std::string user;      // empty: no authentication
  std::string password;
};

struct WatchedFile {
  std::string name;
  std::string path;
};

struct LoadOptions {
  Mode mode = Mode::kConn;
  sockaddr_in proxy{};
  TunnelOptions tunnel;
  std::string serverName = "conn.test";
  size_t helloSize = 517;
  size_t connections = 64;
  size_t messageSize = 64;
  size_t replySize = 100;  // of the one-shot origin; any other length is a failure
  double warmUpSeconds = 0.3;
  double seconds = 1;
  double connectionTimeoutSeconds = 5;
  std::vector<WatchedFile> watched;  // read when the measured window opens and when it closes
};

// Ends the process with status 64 and a sentence when an option is unknown or its value is not one.
LoadOptions parseLoadOptions(int argc, char** argv);

}  // namespace bench
