#include "tunnel-handshake.h"

#include <arpa/inet.h>

#include <cstring>
#include <string_view>
#include <utility>

namespace bench {
namespace {

constexpr uint8_t kSocksVersion = 5;
constexpr uint8_t kNoAuthentication = 0;
constexpr uint8_t kUserPassword = 2;
constexpr size_t kMethodReplySize = 2;
constexpr size_t kSocksRequestSize = 10;
constexpr size_t kSocksReplySize = 10;  // with an IPv4 bound address
constexpr size_t kMaxConnectReply = 4096;

std::string base64(const std::string& text) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char character : text) {
    bits = bits << 8 | static_cast<uint8_t>(character);
    for (count += 8; count >= 6; count -= 6) {
      out.push_back(kAlphabet[bits >> (count - 6) & 63]);
    }
  }
  if (count > 0) {
    out.push_back(kAlphabet[bits << (6 - count) & 63]);
  }
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::vector<uint8_t> bytesOf(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

void TunnelHandshake::restart() {
  received_.clear();
  state_ = options_->via == Via::kDirect ? State::kOpen : State::kSend;
  step_ = options_->via == Via::kConnect ? Step::kConnect : Step::kMethods;
}

std::vector<uint8_t> TunnelHandshake::takeOutput() {
  state_ = State::kReceive;
  switch (step_) {
    case Step::kMethods:
      return {kSocksVersion, 1, options_->user.empty() ? kNoAuthentication : kUserPassword};
    case Step::kPassword: {
      const std::string name(1, static_cast<char>(options_->user.size()));
      const std::string secret(1, static_cast<char>(options_->password.size()));
      return bytesOf("\x01" + name + options_->user + secret + options_->password);
    }
    case Step::kRequest:
      return socksRequest();
    case Step::kConnect:
      return bytesOf(connectRequest());
  }
  return {};
}

size_t TunnelHandshake::wanted() const {
  if (step_ == Step::kConnect) {
    // The server speaks after the client here (the payload goes first), so nothing can follow.
    return kMaxConnectReply - received_.size();
  }
  const size_t whole = step_ == Step::kRequest ? kSocksReplySize : kMethodReplySize;
  return whole - received_.size();
}

void TunnelHandshake::feed(std::span<const uint8_t> bytes) {
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  if (step_ == Step::kConnect) {
    feedConnect();
  } else {
    feedSocks();
  }
}

void TunnelHandshake::feedSocks() {
  const bool refused = received_.size() >= 2 && step_ != Step::kMethods && received_[1] != 0;
  if (refused) {
    state_ = State::kRefused;
    return;
  }
  if (wanted() > 0) {
    return;
  }
  if (step_ == Step::kRequest) {
    state_ = State::kOpen;
    return;
  }
  if (step_ == Step::kMethods) {
    const uint8_t asked = options_->user.empty() ? kNoAuthentication : kUserPassword;
    if (received_[0] != kSocksVersion || received_[1] != asked) {
      state_ = State::kRefused;
      return;
    }
    step_ = asked == kUserPassword ? Step::kPassword : Step::kRequest;
  } else {
    step_ = Step::kRequest;
  }
  received_.clear();
  state_ = State::kSend;
}

void TunnelHandshake::feedConnect() {
  const std::string_view reply(reinterpret_cast<const char*>(received_.data()), received_.size());
  if (reply.find("\r\n\r\n") == std::string_view::npos) {
    state_ = received_.size() >= kMaxConnectReply ? State::kRefused : State::kReceive;
    return;
  }
  const bool accepted = reply.starts_with("HTTP/1.") && reply.substr(8, 2) == " 2";
  state_ = accepted ? State::kOpen : State::kRefused;
}

std::vector<uint8_t> TunnelHandshake::socksRequest() const {
  std::vector<uint8_t> request(kSocksRequestSize);
  request[0] = kSocksVersion;
  request[1] = 1;  // CONNECT
  request[3] = 1;  // an IPv4 address follows
  std::memcpy(&request[4], &options_->target.sin_addr, 4);
  std::memcpy(&request[8], &options_->target.sin_port, 2);
  return request;
}

std::string TunnelHandshake::connectRequest() const {
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &options_->target.sin_addr, host, sizeof host);
  const std::string authority =
      std::string(host) + ":" + std::to_string(ntohs(options_->target.sin_port));
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!options_->user.empty()) {
    const std::string credentials = base64(options_->user + ":" + options_->password);
    request += "Proxy-Authorization: Basic " + credentials + "\r\n";
  }
  return request + "\r\n";
}

}  // namespace bench
