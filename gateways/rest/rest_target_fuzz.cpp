// Noise as method, target and body of requests to the whole gateway over the real folds, unsigned and signed. Whatever
// comes, it is answered once, in JSON, with a known status, and the exchange's own audit holds.
#include <cstdint>
#include <set>
#include <string>

#include "gateways/auth/hmac.h"
#include "gateways/auth/payload.h"
#include "gateways/rest/gateway.h"
#include "gateways/rest/test_port.h"

namespace {

struct World {
  World() : desk({.limits = limits::open_profile()}, port, keys), gateway({}, desk, network) {
    (void)network.listen("", gateway);
    port.apply(ledger::OpenAccount{ledger::AccountName("ann")});
    CHECK(keys.add({.api_key = key,
                    .account = core::kFirstUserAccount,
                    .permissions = {.read = true, .trade = true},
                    .type = auth::KeyType::hmac,
                    .secret = "secret"}));
    for (const instruments::Asset& asset : port.views().instruments.assets()) {
      port.apply(ledger::Deposit{.account = core::kFirstUserAccount,
                                 .asset = asset.id,
                                 .amount = core::Amount{1'000'000'000'000},
                                 .reference = {}});
    }
  }
  const std::string key = std::string(64, 'k');
  rest::TestPort port;
  auth::KeyRing keys;
  rest::TestNetwork network;
  desk::Desk desk;
  rest::Gateway gateway;
};

const char* const kPaths[] = {"/api/v3/order",
                              "/api/v3/order/test",
                              "/api/v3/order/cancelReplace",
                              "/api/v3/order/amend/keepPriority",
                              "/api/v3/openOrders",
                              "/api/v3/allOrders",
                              "/api/v3/myTrades",
                              "/api/v3/account",
                              "/api/v3/exchangeInfo",
                              "/api/v3/depth",
                              "/api/v3/trades",
                              "/api/v3/klines",
                              "/api/v3/aggTrades",
                              "/api/v3/historicalTrades",
                              "/api/v3/avgPrice",
                              "/api/v3/ticker",
                              "/api/v3/ticker/24hr",
                              "/api/v3/ticker/tradingDay",
                              "/api/v3/ticker/price",
                              "/api/v3/ticker/bookTicker",
                              "/api/v3/time",
                              "/sapi/v1/asset/tradeFee",
                              "/nowhere"};
const char* const kMethods[] = {"GET", "POST", "DELETE", "PUT"};

}  // namespace

// First byte: method and path; second: signed or not; the rest: query, and behind a newline the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t newline = text.find('\n');
  std::string query(text.substr(0, newline));
  const std::string body(newline == std::string_view::npos ? std::string_view{} : text.substr(newline + 1));
  if ((data[1] & 1) != 0) {
    query += "&timestamp=" + std::to_string(world.port.time.milliseconds());
    const auth::Payload payload(query, body);
    query += "&signature=" + auth::to_hex(auth::HmacSha256("secret").sign(payload.pieces()));
  }
  const std::string request = std::string(kMethods[data[0] % 4]) + " " + kPaths[(data[0] / 4) % std::size(kPaths)] +
                              "?" + query + " HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: " + world.key +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const io::ConnectionId connection = world.network.connect();
  world.network.feed(connection, request);
  const std::string answer = world.network.take(connection);
  world.network.hang_up(connection);
  static const std::set<std::string> kStatuses = {"200", "400", "401", "404", "405", "409",
                                                  "413", "414", "431", "501", "503", "505"};
  CHECK(answer.starts_with("HTTP/1.1 ") && kStatuses.contains(answer.substr(9, 3)));
  const std::size_t start = answer.find("\r\n\r\n") + 4;
  CHECK(start < answer.size() && (answer[start] == '{' || answer[start] == '['));
  CHECK(answer.find("HTTP/1.1 ", start) == std::string::npos || answer.compare(9, 3, "200") != 0 ||
        query.find("HTTP") != std::string::npos);
  static std::uint64_t runs = 0;
  if (++runs % 10'000 == 0) CHECK(world.port.engine().audit());
  return 0;
}
