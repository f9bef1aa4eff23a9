#include "load-options.h"

#include <arpa/inet.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

namespace bench {
namespace {

constexpr int kExitUsage = 64;
constexpr char kUsage[] =
    "usage: load-generator --mode conn|down|up|ping|idle --proxy IPV4:PORT [option value]...\n"
    "  --via direct|socks5|connect   how the proxy is asked for the origin (default direct)\n"
    "  --target IPV4:PORT            the origin, for socks5 and connect\n"
    "  --user NAME:PASSWORD          authenticate to a forward proxy\n"
    "  --sni NAME --hello BYTES      the ClientHello sent first\n"
    "  --connections N --message BYTES --reply BYTES\n"
    "  --warm-up S --seconds S --timeout S\n"
    "  --watch NAME=PATH             report this file's content at both ends of the window\n";

[[noreturn]] void refuse(std::string_view option, std::string_view value) {
  std::fprintf(stderr, "load-generator: %.*s does not take '%.*s'\n%s",
               static_cast<int>(option.size()), option.data(), static_cast<int>(value.size()),
               value.data(), kUsage);
  std::exit(kExitUsage);
}

std::optional<double> parseNumber(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && *end == '\0';
  return whole && value >= 0 && value < 1e9 ? std::optional(value) : std::nullopt;
}

std::optional<sockaddr_in> parseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  const std::optional<double> port = parseNumber(text.substr(colon + 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1 || !port ||
      *port > 65535) {
    return std::nullopt;
  }
  address.sin_port = htons(static_cast<uint16_t>(*port));
  return address;
}

template <typename Value>
bool choose(const std::map<std::string, Value>& choices, const std::string& text, Value& into) {
  const auto found = choices.find(text);
  if (found == choices.end()) {
    return false;
  }
  into = found->second;
  return true;
}

template <typename Number>
bool assignNumber(const std::string& text, Number& into) {
  const std::optional<double> value = parseNumber(text);
  if (value) {
    into = static_cast<Number>(*value);
  }
  return value.has_value();
}

bool assignAddress(const std::string& text, sockaddr_in& into) {
  const std::optional<sockaddr_in> address = parseAddress(text);
  if (address) {
    into = *address;
  }
  return address.has_value();
}

bool split(const std::string& text, char separator, std::string& before, std::string& after) {
  const size_t at = text.find(separator);
  if (at == std::string::npos || at == 0) {
    return false;
  }
  before = text.substr(0, at);
  after = text.substr(at + 1);
  return true;
}

using Setter = std::function<bool(LoadOptions&, const std::string&)>;

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Mode> kModes{{"conn", Mode::kConn},
                                                  {"down", Mode::kDown},
                                                  {"up", Mode::kUp},
                                                  {"ping", Mode::kPing},
                                                  {"idle", Mode::kIdle}};
  static const std::map<std::string, Via> kVias{
      {"direct", Via::kDirect}, {"socks5", Via::kSocks5}, {"connect", Via::kConnect}};
  static const std::map<std::string, Setter> kSetters{
      {"--mode", [](LoadOptions& o, auto& v) { return choose(kModes, v, o.mode); }},
      {"--via", [](LoadOptions& o, auto& v) { return choose(kVias, v, o.tunnel.via); }},
      {"--proxy", [](LoadOptions& o, auto& v) { return assignAddress(v, o.proxy); }},
      {"--target", [](LoadOptions& o, auto& v) { return assignAddress(v, o.tunnel.target); }},
      {"--user",
       [](LoadOptions& o, auto& v) { return split(v, ':', o.tunnel.user, o.tunnel.password); }},
      {"--sni", [](LoadOptions& o, auto& v) { return !(o.serverName = v).empty(); }},
      {"--hello", [](LoadOptions& o, auto& v) { return assignNumber(v, o.helloSize); }},
      {"--connections", [](LoadOptions& o, auto& v) { return assignNumber(v, o.connections); }},
      {"--message", [](LoadOptions& o, auto& v) { return assignNumber(v, o.messageSize); }},
      {"--reply", [](LoadOptions& o, auto& v) { return assignNumber(v, o.replySize); }},
      {"--warm-up", [](LoadOptions& o, auto& v) { return assignNumber(v, o.warmUpSeconds); }},
      {"--seconds", [](LoadOptions& o, auto& v) { return assignNumber(v, o.seconds); }},
      {"--timeout",
       [](LoadOptions& o, auto& v) { return assignNumber(v, o.connectionTimeoutSeconds); }},
      {"--watch",
       [](LoadOptions& o, auto& v) {
         WatchedFile file;
         const bool good = split(v, '=', file.name, file.path);
         o.watched.push_back(file);
         return good;
       }},
  };
  return kSetters;
}

}  // namespace

LoadOptions parseLoadOptions(int argc, char** argv) {
  LoadOptions options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    const auto setter = setters().find(name);
    if (setter == setters().end() || !setter->second(options, value)) {
      refuse(name, value);
    }
  }
  if (options.proxy.sin_port == 0) {
    refuse("--proxy", "nothing");
  }
  if (options.tunnel.via != Via::kDirect && options.tunnel.target.sin_port == 0) {
    refuse("--target", "nothing");
  }
  if (options.connections == 0 || options.messageSize < 16 || options.messageSize > 1 << 20) {
    refuse("--connections or --message", "a size out of its range (1.., 16..1048576)");
  }
  return options;
}

}  // namespace bench
