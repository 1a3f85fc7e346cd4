// What the tests of the gateway share: a whole exchange with two traders, and a client that signs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/auth/hmac.h"
#include "gateways/auth/payload.h"
#include "gateways/rest/gateway.h"
#include "gateways/rest/test_port.h"
#include "gateways/spot/json_writer.h"
#include "pkg/core/decimal.h"
#include "pkg/core/testing_table.h"

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

inline std::string error_json(int code, std::string_view text) {
  std::string out;
  spot::JsonWriter(out).begin_object().field("code", code).field("msg", text).end_object();
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
  // What the tables of refused requests stand on: BTCUSDT last traded at 50000, best bid 49000, best ask 50000; ann has
  // an open order, "mine", and one that is filled, "done"; ETHBTC is halted; `reader` (bob) may only read,
  // `trader_only` (ann) only trade.
  void make_history() {
    reader = add_key(bob.account, 'R', {.read = true, .trade = false});
    trader_only = add_key(ann.account, 'T', {.read = false, .trade = true});
    EXPECT_EQ(limit(bob, "SELL", "50000", "1.1").status, 200);
    EXPECT_EQ(limit(bob, "BUY", "49000", "1").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "50000", "0.1", "&newClientOrderId=done").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "40000", "0.5", "&newClientOrderId=mine").status, 200);
    port.apply(
        instruments::SetMarketState{port.views().instruments.market("ETHBTC")->id, instruments::MarketState::halted});
  }
  // A request of such a table: {key} ann's API key, {mine} {done} the orders' ids, {now} {now-5001} milliseconds, and
  // what every table has. REQUIRES make_history().
  [[nodiscard]] std::string filled_in(std::string text) const {
    core::testing::replace_all(text, "{key}", ann.api_key);
    for (const std::string name : {"mine", "done"}) {
      const history::Order* order = port.views().accounts.order(ann.account, core::MarketId{1}, name);
      core::testing::replace_all(text, "{" + name + "}", std::to_string(order->id.value()));
    }
    for (std::size_t at; (at = text.find("{now")) != std::string::npos;) {
      const std::size_t end = text.find('}', at);
      const std::string offset = text.substr(at + 4, end - at - 4);
      text.replace(at, end - at + 1, now_ms(offset.empty() ? 0 : std::stoll(offset)));
    }
    core::testing::expand_repeats(text);
    core::testing::expand_escapes(text);
    return text;
  }
  // Of ann and bob, what no refused request may change.
  [[nodiscard]] std::string state() const {
    std::string out;
    for (const Trader* each : {&ann, &bob}) {
      for (const history::AssetBalance& balance : port.views().accounts.balances(each->account)) {
        out += std::to_string(balance.asset.value()) + ":" +
               core::format_decimal(balance.balance.available.value(), 8, 8) + "/" +
               core::format_decimal(balance.balance.held.value(), 8, 8) + " ";
      }
      for (const history::Order* order : port.views().accounts.open_orders(each->account, {}))
        out += std::to_string(order->id.value()) + " ";
    }
    return out;
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
  Trader ann, bob, reader, trader_only;
};

}  // namespace rest
