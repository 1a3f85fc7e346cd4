// Good requests and the exact shapes of their answers; limits shared with REST; replies, late and never.
#include "gateways/ws_api/methods.h"
#include "gateways/ws_api/testing.h"

namespace ws_api {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

const Params kOrder = {{"symbol", "\"BTCUSDT\""},       {"side", "\"SELL\""},  {"type", "\"LIMIT\""},
                       {"timeInForce", "\"GTC\""},      {"quantity", "\"1\""}, {"price", "50000"},
                       {"newClientOrderId", "\"mine\""}};
constexpr std::string_view kPlaced =
    R"({"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"mine","transactTime":1700000000000,)"
    R"("price":"50000.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
    R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
    R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE","fills":[]})";

Params changed(Params params, std::string_view name, std::string_view value) {
  for (auto& each : params) {
    if (each.first == name) each.second = value;
  }
  return params;
}
std::string result(std::string_view json, std::string_view id = "1") {
  return R"({"id":)" + std::string(id) + R"(,"status":200,"result":)" + std::string(json) + R"(,"rateLimits":[]})";
}

TEST(Requests, ArePlainOnTheOutside) {
  House house;
  Client client(house);
  EXPECT_EQ(client.ask(R"({"id":1,"method":"ping"})"), result("{}"));
  EXPECT_EQ(client.ask(R"({"id":"a\"b","method":"v3/time"})"), result(R"({"serverTime":1700000000000})", R"("a\"b")"));
  EXPECT_EQ(client.ask(R"({"id":null,"method":"ping","params":{"returnRateLimits":false}})"),
            R"({"id":null,"status":200,"result":{}})");
  Client micro(house, "timeUnit=MICROSECOND&returnRateLimits=false");
  EXPECT_EQ(micro.ask(R"({"id":1,"method":"time"})"),
            R"({"id":1,"status":200,"result":{"serverTime":1700000000000000}})");
  EXPECT_EQ(micro.ask(R"({"id":1,"method":"ping","params":{"returnRateLimits":true}})"), result("{}"));
}

TEST(Connections, ByPathAndQuery) {
  House house;
  TestPeer peer(house.join());
  const auto opens = [&](std::string_view path, std::string_view query) {
    return house.ws_api.open(peer, path, query) != nullptr;
  };
  EXPECT_TRUE(opens("/ws-api/v3", ""));
  EXPECT_TRUE(opens("/ws-api/v3", "returnRateLimits=true&timeUnit=microsecond&else=1"));
  EXPECT_FALSE(opens("/ws-api/v3/", ""));
  EXPECT_FALSE(opens("/ws-api", ""));
  EXPECT_FALSE(opens("/ws", ""));
  EXPECT_FALSE(opens("/ws-api/v3", "timeUnit=NANOSECOND"));
  EXPECT_FALSE(opens("/ws-api/v3", "returnRateLimits=maybe"));
  EXPECT_FALSE(opens("/ws-api/v3", "a=%zz"));
  EXPECT_EQ(house.ws_api.counters().sessions_open, 0u);
}

// Every method answers with the very JSON that its REST route answers with.
TEST(Requests, AnswerLikeRest) {
  struct Case {
    std::string_view method, path, params;
    Params json;
  };
  const Case cases[] = {
      {"ping", "/api/v3/ping", "", {}},
      {"time", "/api/v3/time", "", {}},
      {"exchangeInfo", "/api/v3/exchangeInfo", "", {}},
      {"exchangeInfo",
       "/api/v3/exchangeInfo",
       "symbols=[%22BTCUSDT%22,%22ETHBTC%22]",
       {{"symbols", R"([ "BTCUSDT", "ETHBTC" ])"}}},
      {"depth", "/api/v3/depth", "symbol=BTCUSDT&limit=5", {{"symbol", "\"BTCUSDT\""}, {"limit", "5"}}},
      {"trades.recent", "/api/v3/trades", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"trades.historical", "/api/v3/historicalTrades", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"trades.aggregate", "/api/v3/aggTrades", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"klines", "/api/v3/klines", "symbol=BTCUSDT&interval=1m", {{"symbol", "\"BTCUSDT\""}, {"interval", "\"1m\""}}},
      {"uiKlines",
       "/api/v3/uiKlines",
       "symbol=BTCUSDT&interval=1h",
       {{"symbol", "\"BTCUSDT\""}, {"interval", "\"1h\""}}},
      {"avgPrice", "/api/v3/avgPrice", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"ticker.24hr", "/api/v3/ticker/24hr", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"ticker.tradingDay", "/api/v3/ticker/tradingDay", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"ticker", "/api/v3/ticker", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"ticker.price", "/api/v3/ticker/price", "", {}},
      {"ticker.book", "/api/v3/ticker/bookTicker", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
  };
  const Case signed_cases[] = {
      {"order.status", "/api/v3/order", "symbol=BTCUSDT&orderId=1", {{"symbol", "\"BTCUSDT\""}, {"orderId", "1"}}},
      {"openOrders.status", "/api/v3/openOrders", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"openOrders.status", "/api/v3/openOrders", "", {}},
      {"allOrders", "/api/v3/allOrders", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"myTrades", "/api/v3/myTrades", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"account.status", "/api/v3/account", "omitZeroBalances=true", {{"omitZeroBalances", "true"}}},
      {"account.commission", "/api/v3/account/commission", "symbol=BTCUSDT", {{"symbol", "\"BTCUSDT\""}}},
      {"account.rateLimits.orders", "/api/v3/rateLimit/order", "", {}},
  };
  House house;
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "50000", "0.4").status, 200);
  Client client(house);
  for (const Case& each : cases) {
    const std::string target = std::string(each.path) + (each.params.empty() ? "" : "?") + std::string(each.params);
    EXPECT_EQ(client.ask(message_of("1", each.method, each.json)), result(house.get(target).body)) << each.method;
  }
  for (const Case& each : signed_cases) {
    const auto body = house.call(house.ann, "GET", each.path, std::string(each.params)).body;
    EXPECT_EQ(client.ask(house.signed_message(house.ann, each.method, each.json)), result(body)) << each.method;
  }
}

TEST(Requests, EveryMethodIsAskedForInTheseTests) {
  EXPECT_EQ(methods().size(), 38u) << "a new method needs its line above, or a test below";
  for (const Method& method : methods()) EXPECT_EQ(find_method("v3/" + std::string(method.name)), &method);
  EXPECT_EQ(find_method("v3/v3/ping"), nullptr);
  EXPECT_EQ(find_method("Ping"), nullptr);
}

TEST(Orders, OfEveryKind) {
  House house;
  Client client(house);
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "order.place", kOrder)), result(kPlaced));
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "order.test", changed(kOrder, "quantity", "2"))), result("{}"));
  EXPECT_EQ(
      client.ask(house.signed_message(
          house.ann, "order.amend.keepPriority",
          {{"symbol", "\"BTCUSDT\""}, {"orderId", "1"}, {"newQty", "0.5"}, {"newClientOrderId", "\"half\""}}, "2")),
      result(
          R"({"transactTime":1700000000000,"executionId":6,"amendedOrder":{"symbol":"BTCUSDT","orderId":1,)"
          R"("orderListId":-1,"origClientOrderId":"mine","clientOrderId":"half","price":"50000.00000000",)"
          R"("qty":"0.50000000","executedQty":"0.00000000","preventedQty":"0.00000000","quoteOrderQty":"0.00000000",)"
          R"("cumulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
          R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE"}})",
          "2"));
  EXPECT_EQ(
      client.ask(house.signed_message(
          house.ann, "order.cancel",
          {{"symbol", "\"BTCUSDT\""}, {"origClientOrderId", "\"half\""}, {"newClientOrderId", "\"gone\""}})),
      result(
          R"({"symbol":"BTCUSDT","origClientOrderId":"half","orderId":1,"orderListId":-1,"clientOrderId":"gone",)"
          R"("transactTime":1700000000000,"price":"50000.00000000","origQty":"0.50000000","executedQty":"0.00000000",)"
          R"("origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC",)"
          R"("type":"LIMIT","side":"SELL","selfTradePreventionMode":"NONE"})"));
  Params replace = kOrder;
  replace.emplace_back("cancelReplaceMode", "\"STOP_ON_FAILURE\"");
  replace.emplace_back("cancelOrderId", "1");
  EXPECT_EQ(
      client.ask(house.signed_message(house.ann, "order.cancelReplace", replace)),
      R"({"id":1,"status":400,"error":{"code":-2022,"msg":"Order cancel-replace failed.","data":{"cancelResult":"FAILURE",)"
      R"("newOrderResult":"NOT_ATTEMPTED","cancelResponse":{"code":-2011,"msg":"Unknown order sent."},)"
      R"("newOrderResponse":null}},"rateLimits":[]})");
  (void)client.ask(house.signed_message(house.ann, "order.place", kOrder));
  const std::string all =
      client.ask(house.signed_message(house.ann, "openOrders.cancelAll", {{"symbol", "\"BTCUSDT\""}}));
  EXPECT_TRUE(all.starts_with(R"({"id":1,"status":200,"result":[{"symbol":"BTCUSDT","origClientOrderId":"mine")"))
      << all;
  EXPECT_TRUE(house.port.engine().audit());
}

TEST(Orders, PassSignaturesOverPublicOperations) {
  House house;
  Client client(house);
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "ping", {{"recvWindow", "5000"}})), result("{}"));
}

TEST(ListenKeys, AreMadeKeptAndClosed) {
  House house;
  Client client(house);
  const std::string key(64, 'x');
  const auto ask = [&](std::string_view method, Params params) {
    params.emplace_back("apiKey", in_quotes(house.ann.api_key));
    return client.ask(message_of("1", method, params));
  };
  const std::string started = ask("userDataStream.start", {});
  ASSERT_TRUE(started.starts_with(R"({"id":1,"status":200,"result":{"listenKey":")")) << started;
  const std::string made = started.substr(44, 64);
  EXPECT_EQ(ask("userDataStream.ping", {{"listenKey", in_quotes(made)}}), result("{}"));
  EXPECT_EQ(ask("userDataStream.stop", {{"listenKey", in_quotes(made)}}), result("{}"));
  EXPECT_EQ(ask("userDataStream.ping", {{"listenKey", in_quotes(made)}}),
            R"({"id":1,"status":400,"error":{"code":-1125,"msg":"This listenKey does not exist."},"rateLimits":[]})");
  // The same keys by REST.
  const std::string header = "X-MBX-APIKEY: " + house.ann.api_key + "\r\n";
  const auto rest = [&](std::string_view method, std::string_view query) {
    return house.send(rest::TestHouse::http(method, "/api/v3/userDataStream" + std::string(query), {}, header)).body;
  };
  EXPECT_EQ(rest("POST", ""), R"({"listenKey":")" + made + R"("})");
  EXPECT_EQ(ask("userDataStream.ping", {{"listenKey", in_quotes(made)}}), result("{}"));
  EXPECT_EQ(rest("PUT", "?listenKey=" + made), "{}");
  EXPECT_EQ(rest("DELETE", "?listenKey=" + made), "{}");
  EXPECT_EQ(rest("DELETE", "?listenKey=" + made), R"({"code":-1125,"msg":"This listenKey does not exist."})");
}

// ---- limits ----

TEST(Limits, AreSharedWithRestAndShown) {
  House house{desk::Options{}};
  Client client(house);
  const auto weight = [](int used) {
    return R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":)" +
           std::to_string(used) + "}";
  };
  EXPECT_EQ(client.ask(R"({"id":1,"method":"ping"})"),
            R"({"id":1,"status":200,"result":{},"rateLimits":[)" + weight(1) + "]}");
  EXPECT_EQ(house.get("/api/v3/exchangeInfo").header("X-MBX-USED-WEIGHT-1M"), "21");
  Client elsewhere(house, {}, "192.0.2.9");
  EXPECT_EQ(
      elsewhere.ask(R"({"id":1,"method":"depth","params":{"symbol":"BTCUSDT","limit":500,"returnRateLimits":true}})"),
      R"({"id":1,"status":200,"result":{"lastUpdateId":1,"bids":[],"asks":[]},"rateLimits":[)" + weight(25) + "]}");
  const std::string placed = client.ask(house.signed_message(house.ann, "order.place", kOrder));
  EXPECT_EQ(
      placed,
      R"({"id":1,"status":200,"result":)" + std::string(kPlaced) +
          R"(,"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":1},)"
          R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":1},)" +
          weight(21) + "]}")
      << "an order that is placed weighs nothing";
  EXPECT_EQ(house.limit(house.ann, "SELL", "60000", "1").header("X-MBX-ORDER-COUNT-10S"), "2");
  EXPECT_EQ(
      client.ask(house.signed_message(house.ann, "account.rateLimits.orders", {{"returnRateLimits", "false"}})),
      R"({"id":1,"status":200,"result":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":2},)"
      R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":2}]})");
}

TEST(Limits, WeightsAreThoseOfRest) {
  const std::pair<std::string_view, int> cases[] = {
      {R"({"id":1,"method":"ping"})", 1},
      {R"({"id":1,"method":"exchangeInfo"})", 20},
      {R"({"id":1,"method":"depth","params":{"symbol":"BTCUSDT","limit":5000}})", 250},
      {R"({"id":1,"method":"session.status"})", 2},
      {R"({"id":1,"method":"session.logon"})", 2},
      {R"({"id":1,"method":"nothing"})", 1},
      {"noise", 1},
      {R"({"id":1,"method":"depth","params":{"symbol":1,"symbol":2,"limit":5000}})", 1},
  };
  House house{desk::Options{}};
  Client client(house);
  int used = 0;
  for (const auto& [message, weight] : cases) {
    const std::string answer = client.ask(message);
    used += weight;
    EXPECT_TRUE(answer.ends_with("\"count\":" + std::to_string(used) + "}]}")) << message << " " << answer;
  }
}

TEST(Limits, TooMuchWeightThenABanThatCloses) {
  desk::Options options;
  options.limits.violations_max = 1;
  options.limits.request_weight.count = 2;
  House house{options};
  Client client(house, "returnRateLimits=false");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(client.ask(R"({"id":1,"method":"ping"})"), R"({"id":1,"status":200,"result":{}})");
  EXPECT_EQ(
      client.ask(R"({"id":1,"method":"ping"})"),
      R"({"id":1,"status":429,"error":{"code":-1003,"msg":"Too much request weight used; current limit is 2 request )"
      R"(weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.",)"
      R"("data":{"serverTime":1700000000000,"retryAfter":1700000040000}}})");
  EXPECT_FALSE(client.peer.is_closed);
  EXPECT_EQ(client.ask(R"({"id":2,"method":"ping"})"),
            R"({"id":2,"status":418,"error":{"code":-1003,"msg":"Way too much request weight used; IP banned until )"
            R"(1700000120000. Please use WebSocket Streams for live updates to avoid bans.",)"
            R"("data":{"serverTime":1700000000000,"retryAfter":1700000120000}}})");
  EXPECT_TRUE(client.peer.is_closed);
  EXPECT_EQ(client.peer.close_code, websocket::CloseCode::policy_violation);
  EXPECT_EQ(house.get("/api/v3/ping").status, 418) << "the ban is the address', not the connection's";
}

TEST(Limits, TooManyOrders) {
  desk::Options options;
  options.limits.orders_short.count = 1;
  House house{options};
  Client client(house);
  ASSERT_EQ(house.limit(house.ann, "SELL", "60000", "1").status, 200);
  EXPECT_EQ(
      client.ask(house.signed_message(house.ann, "order.place", kOrder)),
      R"({"id":1,"status":429,"error":{"code":-1015,"msg":"Too many new orders; current limit is 1 orders per 10 SECOND.",)"
      R"("data":{"serverTime":1700000000000,"retryAfter":1700000010000}},"rateLimits":[)"
      R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":1,"count":1},)"
      R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":1},)"
      R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":1}]})");
}

// ---- replies ----

TEST(Replies, FindTheirRequests) {
  House house;
  Client client(house), other(house);
  house.port.holding = true;
  for (int i = 0; i < 3; ++i)
    client.say(house.signed_message(house.ann, "order.place",
                                    changed(kOrder, "newClientOrderId", "\"n" + std::to_string(i) + "\""),
                                    "\"id-" + std::to_string(i) + "\""));
  other.say(house.signed_message(house.bob, "openOrders.cancelAll", {{"symbol", "\"BTCUSDT\""}}, "9"));
  EXPECT_EQ(client.ask(R"({"id":"now","method":"ping"})"), result("{}", "\"now\""))
      << "what needs no waiting does not wait";
  house.port.deliver();
  const auto answers = client.take();
  ASSERT_EQ(answers.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(answers[i].starts_with("{\"id\":\"id-" + std::to_string(i) + "\",\"status\":200")) << answers[i];
    EXPECT_NE(answers[i].find("\"clientOrderId\":\"n" + std::to_string(i) + "\""), std::string::npos);
  }
  EXPECT_EQ(other.take(),
            std::vector<std::string>{
                R"({"id":9,"status":400,"error":{"code":-2011,"msg":"Unknown order sent."},"rateLimits":[]})"});
}

TEST(Replies, ThatDoNotComeEndInATimeout) {
  House house;
  Client client(house);
  house.port.holding = true;
  house.desk.tick(kSecondNs);
  client.say(house.signed_message(house.ann, "order.place", kOrder, "\"x\""));
  house.desk.tick(11 * kSecondNs);
  EXPECT_EQ(client.take(),
            std::vector<std::string>{
                R"({"id":"x","status":504,"error":{"code":-1007,"msg":"Timeout waiting for response from backend )"
                R"(server. Send status unknown; execution status unknown."},"rateLimits":[]})"});
  house.port.deliver();
  EXPECT_TRUE(client.take().empty()) << "one request, one answer";
  EXPECT_EQ(house.desk.counters().replies_without_client, 1u);
}

TEST(Replies, AreDroppedWhenTheClientIsGone) {
  House house;
  house.port.holding = true;
  {
    Client gone(house);
    gone.say(house.signed_message(house.ann, "order.place", kOrder));
  }
  Client next(house);
  house.port.deliver();
  EXPECT_TRUE(next.take().empty());
  EXPECT_NE(house.call(house.ann, "GET", "/api/v3/openOrders").body, "[]") << "the order was placed all the same";
}

TEST(Replies, TooManyOnTheirWay) {
  House house(House::with_open_limits(), {.requests_waiting_max = 1});
  Client client(house);
  house.port.holding = true;
  client.say(house.signed_message(house.ann, "order.place", kOrder));
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "order.place", kOrder, "2")),
            R"({"id":2,"status":503,"error":{"code":-1008,"msg":"Server is currently overloaded with other requests. )"
            R"(Please try again in a few minutes."},"rateLimits":[]})");
  house.port.deliver();
  EXPECT_EQ(client.take().size(), 1u);
}

TEST(Replies, WhileTheServerStops) {
  House house;
  Client client(house);
  house.ws_api.announce_shutdown();
  EXPECT_EQ(client.take(), std::vector<std::string>{R"({"event":{"e":"serverShutdown","E":1700000000000}})"});
  house.desk.stop();
  EXPECT_EQ(
      client.ask(house.signed_message(house.ann, "order.place", kOrder)),
      R"({"id":1,"status":503,"error":{"code":-1016,"msg":"This service is no longer available."},"rateLimits":[]})");
  EXPECT_EQ(client.ask(R"({"id":1,"method":"ping"})"), result("{}"));
}

}  // namespace
}  // namespace ws_api
