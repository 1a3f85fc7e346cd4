// What the tests of the gateway share: a whole exchange with two traders, and a client that signs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateways/auth/hmac.h"
#include "gateways/auth/payload.h"
#include "gateways/rest/gateway.h"
#include "gateways/rest/test_port.h"

namespace rest {

struct Response {
  int status = 0;
  std::string head, body;
  // The value of a header; "" when it is not there.
  [[nodiscard]] std::string header(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const std::size_t start = at + 2 + name.size() + 2;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

// Takes responses apart, checking their framing. A response to HEAD has no body.
inline std::vector<Response> parse_responses(std::string_view text, bool to_head = false) {
  std::vector<Response> out;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos || !text.starts_with("HTTP/1.1 ")) {
      ADD_FAILURE() << "no response: " << text;
      return out;
    }
    Response response;
    response.head = text.substr(0, end + 2);
    response.status = std::stoi(response.head.substr(9, 3));
    text.remove_prefix(end + 4);
    if (response.status != 100) {
      const std::size_t length = std::stoul(response.header("Content-Length"));
      if (!to_head && text.size() < length) {
        ADD_FAILURE() << "cut response";
        return out;
      }
      if (!to_head) {
        response.body = text.substr(0, length);
        text.remove_prefix(length);
      }
    }
    out.push_back(std::move(response));
  }
  return out;
}

struct Trader {
  core::AccountId account;
  std::string api_key, secret;
};

class TestHouse {
 public:
  explicit TestHouse(desk::Options options = with_open_limits(), Options http = {},
                     gateways::ArchivePort* archive = nullptr, spot::ListenKeyStore* listen_keys = nullptr)
      : desk(options, port, keys, archive, listen_keys), gateway(http, desk, network) {
    (void)network.listen("test", gateway);
    ann = trader("ann", 'A', {.read = true, .trade = true});
    bob = trader("bob", 'B', {.read = true, .trade = true});
    for (const Trader* each : {&ann, &bob}) {
      deposit(*each, "BTC", 100);
      deposit(*each, "USDT", 5'000'000);
      deposit(*each, "ETH", 1'000);
    }
  }
  static desk::Options with_open_limits() {
    desk::Options options;
    options.limits = limits::open_profile();
    return options;
  }

  Trader trader(std::string_view name, char letter, auth::Permissions permissions) {
    if (!port.views().accounts.find(name)) port.apply(ledger::OpenAccount{ledger::AccountName(name)});
    return add_key(*port.views().accounts.find(name), letter, permissions);
  }
  Trader add_key(core::AccountId account, char letter, auth::Permissions permissions) {
    Trader made{account, std::string(64, letter), std::string(63, 's') + letter};
    EXPECT_TRUE(keys.add({.api_key = made.api_key,
                          .account = account,
                          .permissions = permissions,
                          .type = auth::KeyType::hmac,
                          .secret = made.secret}));
    return made;
  }
  void deposit(const Trader& to, std::string_view asset, std::int64_t whole) {
    port.apply(ledger::Deposit{.account = to.account,
                               .asset = port.views().instruments.asset(asset)->id,
                               .amount = core::Amount{whole * core::int128{100'000'000}},
                               .reference = {}});
  }
  [[nodiscard]] std::string now_ms(std::int64_t offset = 0) const {
    return std::to_string(port.time.milliseconds() + offset);
  }
  [[nodiscard]] static std::string sign(const Trader& as, std::string_view query, std::string_view body = {}) {
    const auth::Payload payload(query, body);
    return auth::to_hex(auth::HmacSha256(as.secret).sign(payload.pieces()));
  }

  // A request's bytes.
  [[nodiscard]] static std::string http(std::string_view method, std::string_view target, std::string_view body = {},
                                        std::string_view headers = {}) {
    std::string out =
        std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers);
    if (!body.empty())
      out +=
          "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + std::string(body);
  }
  [[nodiscard]] std::string signed_http(const Trader& as, std::string_view method, std::string_view path,
                                        std::string query = {}, std::string_view headers = {}) const {
    query += (query.empty() ? "timestamp=" : "&timestamp=") + now_ms();
    query += "&signature=" + sign(as, query);
    return http(method, std::string(path) + "?" + query, {},
                "X-MBX-APIKEY: " + as.api_key + "\r\n" + std::string(headers));
  }

  // On a connection of its own.
  Response send(std::string_view bytes) {
    const io::ConnectionId connection = network.connect();
    network.feed(connection, bytes);
    auto responses = parse_responses(network.take(connection), bytes.starts_with("HEAD"));
    network.hang_up(connection);
    if (responses.size() != 1) {
      ADD_FAILURE() << responses.size() << " responses to " << bytes.substr(0, 200);
      return {};
    }
    return responses.front();
  }
  Response get(std::string_view target) { return send(http("GET", target)); }
  Response call(const Trader& as, std::string_view method, std::string_view path, std::string query = {},
                std::string_view headers = {}) {
    return send(signed_http(as, method, path, std::move(query), headers));
  }
  Response limit(const Trader& as, std::string_view side, std::string_view price, std::string_view quantity,
                 std::string_view more = {}) {
    return call(as, "POST", "/api/v3/order",
                "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&side=" + std::string(side) + "&price=" + std::string(price) +
                    "&quantity=" + std::string(quantity) + std::string(more));
  }

  TestPort port;
  auth::KeyRing keys;
  TestNetwork network;
  desk::Desk desk;
  Gateway gateway;
  Trader ann, bob;
};

}  // namespace rest
