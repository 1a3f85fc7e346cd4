// What the tests of the WebSocket API share: the whole exchange of the REST tests, the WebSocket API at the same desk,
// and clients that sign by HMAC or log on by Ed25519.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/rest/test_house.h"
#include "gateways/streams/listen_keys.h"
#include "gateways/ws_api/gateway.h"
#include "gateways/ws_api/testing_key.h"

namespace ws_api {

class TestPeer final : public websocket::Peer {
 public:
  explicit TestPeer(limits::Address& address) : address_(address) {}
  [[nodiscard]] io::ConnectionId connection() const override { return 1; }
  [[nodiscard]] limits::Address& address() override { return address_; }
  void send(const websocket::Frame&) override { ADD_FAILURE() << "a frame for many readers"; }
  void send_text(std::string_view message) override {
    EXPECT_FALSE(is_closed) << "sent to a closed connection";
    sent.emplace_back(message);
  }
  [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }
  void close(websocket::CloseCode code, std::string_view) override {
    is_closed = true;
    close_code = code;
  }

  std::vector<std::string> sent;
  bool is_closed = false;
  websocket::CloseCode close_code = websocket::CloseCode::normal;

 private:
  limits::Address& address_;
};

// Parameters as they stand in a message: name and JSON.
using Params = std::vector<std::pair<std::string, std::string>>;

inline std::string message_of(std::string_view id, std::string_view method, const Params& params) {
  std::string out = R"({"id":)" + std::string(id) + R"(,"method":")" + std::string(method) + R"(","params":{)";
  for (const auto& [name, value] : params) {
    if (out.back() != '{') out += ',';
    out += '"' + name + "\":" + value;
  }
  return out + "}}";
}
// What is signed: REQUIRES texts without escapes.
inline std::string payload_of(Params params) {
  std::ranges::sort(params);
  std::string out;
  for (const auto& [name, value] : params) {
    if (!out.empty()) out += '&';
    out += name + '=' + (value.front() == '"' ? value.substr(1, value.size() - 2) : value);
  }
  return out;
}
inline std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

struct ListenKeyHolder {
  streams::ListenKeys listen_keys{[](char* to, std::size_t size) { std::fill_n(to, size, 'x'); }};
};

class House : private ListenKeyHolder, public rest::TestHouse {
 public:
  explicit House(desk::Options options = with_open_limits(), Options own = {}, gateways::ArchivePort* archive = nullptr)
      : rest::TestHouse(options, {}, archive, &listen_keys), users(port), ws_api(own, desk, users) {
    port.listeners.push_back(&users);
    EXPECT_TRUE(keys.add({.api_key = session_api_key,
                          .account = ann.account,
                          .permissions = {.read = true, .trade = true},
                          .type = auth::KeyType::ed25519,
                          .secret = signing_key.public_pem()}));
  }

  // A signed request.
  [[nodiscard]] std::string signed_message(const rest::Trader& as, std::string_view method, Params params,
                                           std::string_view id = "1") const {
    params.emplace_back("apiKey", in_quotes(as.api_key));
    params.emplace_back("timestamp", now_ms());
    params.emplace_back("signature", in_quotes(auth::to_hex(auth::HmacSha256(as.secret).sign(payload_of(params)))));
    return message_of(id, method, params);
  }
  [[nodiscard]] std::string ed25519_message(std::string_view method, Params params = {},
                                            std::string_view id = "1") const {
    params.emplace_back("apiKey", in_quotes(session_api_key));
    params.emplace_back("timestamp", now_ms());
    params.emplace_back("signature", in_quotes(signing_key.sign(payload_of(params))));
    return message_of(id, method, params);
  }
  limits::Address& join(std::string_view address = "192.0.2.1") { return desk.limiter().join(address, port.time); }

  streams::UserHub users;
  Gateway ws_api;
  SigningKey signing_key;
  const std::string session_api_key = std::string(64, 'E');
};

class Client {
 public:
  explicit Client(House& house, std::string_view query = {}, std::string_view address = "192.0.2.1")
      : peer(house.join(address)), application(house.ws_api.open(peer, "/ws-api/v3", query)) {
    EXPECT_NE(application, nullptr);
  }
  // The answer to a message; REQUIRES that nothing else is sent meanwhile.
  std::string ask(std::string_view message) {
    (void)take();
    application->on_text(message);
    const auto answers = take();
    EXPECT_EQ(answers.size(), 1u) << message;
    return answers.empty() ? "" : answers.front();
  }
  void say(std::string_view message) { application->on_text(message); }
  std::vector<std::string> take() { return std::exchange(peer.sent, {}); }

  TestPeer peer;
  std::unique_ptr<websocket::Application> application;
};

}  // namespace ws_api
