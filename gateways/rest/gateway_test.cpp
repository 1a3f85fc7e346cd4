// Limits, refusals, time, and connections that come and go.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kOrder = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100";

desk::Options with_limits(auto change) {
  desk::Options options;
  change(options.limits);
  return options;
}

TEST(Limits, WeightsAreThePublishedOnes) {
  struct Case {
    std::string_view method, path, query;
    int weight;
    bool is_signed;
  };
  constexpr std::array kCases = {
      Case{"GET", "/api/v3/ping", "", 1, false},
      Case{"GET", "/api/v3/time", "", 1, false},
      Case{"GET", "/api/v3/exchangeInfo", "", 20, false},
      Case{"GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1m", 2, false},
      Case{"GET", "/api/v3/uiKlines", "symbol=BTCUSDT&interval=1m", 2, false},
      Case{"GET", "/api/v3/aggTrades", "symbol=BTCUSDT", 4, false},
      Case{"GET", "/api/v3/historicalTrades", "symbol=BTCUSDT", 25, false},
      Case{"GET", "/api/v3/avgPrice", "symbol=BTCUSDT", 2, false},
      Case{"GET", "/api/v3/ticker/24hr", "symbol=BTCUSDT", 2, false},
      Case{"GET", "/api/v3/ticker/24hr", "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22,%22SOLUSDT%22,%22ETHBTC%22%5D", 2,
           false},
      Case{"GET", "/api/v3/ticker/24hr", "", 80, false},
      Case{"GET", "/api/v3/ticker/24hr", "symbolStatus=TRADING", 80, false},
      Case{"GET", "/api/v3/ticker", "symbol=BTCUSDT", 4, false},
      Case{"GET", "/api/v3/ticker", "symbol=BTCUSDT&windowSize=7d", 4, false},
      Case{"GET", "/api/v3/ticker", "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22,%22SOLUSDT%22,%22ETHBTC%22%5D", 16, false},
      Case{"GET", "/api/v3/ticker/tradingDay", "symbol=BTCUSDT", 4, false},
      Case{"GET", "/api/v3/ticker/tradingDay", "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22,%22SOLUSDT%22,%22ETHBTC%22%5D",
           16, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT", 5, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=100", 5, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=101", 25, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=500", 25, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1000", 50, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1001", 250, false},
      Case{"GET", "/api/v3/depth", "symbol=BTCUSDT&limit=99999999999999999999", 250, false},
      Case{"GET", "/api/v3/trades", "symbol=BTCUSDT", 25, false},
      Case{"GET", "/api/v3/ticker/price", "symbol=BTCUSDT", 2, false},
      Case{"GET", "/api/v3/ticker/price", "", 4, false},
      Case{"GET", "/api/v3/ticker/bookTicker", "symbols=%5B%22BTCUSDT%22%5D", 4, false},
      Case{"GET", "/api/v3/nothing", "", 1, false},
      Case{"GET", "/api/v3/account", "", 20, true},
      Case{"GET", "/api/v3/account/commission", "symbol=BTCUSDT", 20, true},
      Case{"GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1", 4, true},
      Case{"GET", "/api/v3/openOrders", "symbol=BTCUSDT", 6, true},
      Case{"GET", "/api/v3/openOrders", "", 80, true},
      Case{"GET", "/api/v3/allOrders", "symbol=BTCUSDT", 20, true},
      Case{"GET", "/api/v3/myTrades", "symbol=BTCUSDT", 20, true},
      Case{"GET", "/api/v3/myTrades", "symbol=BTCUSDT&orderId=1", 5, true},
      Case{"POST", "/api/v3/order", kOrder, 0, true},
      Case{"POST", "/api/v3/order", "symbol=BTCUSDT", 1, true},
      Case{"DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1", 0, true},
      Case{"DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1", 1, true},
      Case{"POST", "/api/v3/order/test", kOrder, 1, true},
      Case{"GET", "/sapi/v1/capital/config/getall", "", 10, true},
      Case{"GET", "/health/live", "", 0, false},
  };
  TestHouse house;
  int used = 0;
  for (const Case& each : kCases) {
    if (each.is_signed)
      (void)house.call(house.ann, each.method, each.path, std::string(each.query));
    else
      (void)house.get(std::string(each.path) + (each.query.empty() ? "" : "?") + std::string(each.query));
    used += each.weight;
    const Response after = house.get("/api/v3/ping");
    ++used;
    ASSERT_EQ(after.header("X-MBX-USED-WEIGHT-1M"), std::to_string(used))
        << each.method << " " << each.path << "?" << each.query;
    ASSERT_EQ(after.header("X-MBX-USED-WEIGHT"), std::to_string(used));
  }
}

TEST(Limits, TooMuchWeightGets429ThenABanThenPeace) {
  TestHouse house{with_limits([](limits::Profile& profile) { profile.violations_max = 2; })};
  for (int i = 0; i < 300; ++i) ASSERT_EQ(house.get("/api/v3/exchangeInfo").status, 200) << i;
  for (int i = 0; i < 2; ++i) {
    const Response refused = house.get("/api/v3/ping");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "40");
    EXPECT_EQ(refused.header("X-MBX-USED-WEIGHT-1M"), "6000");
    EXPECT_EQ(
        refused.body,
        R"({"code":-1003,"msg":"Too much request weight used; current limit is 6000 request weight per 1 MINUTE. )"
        R"(Please use WebSocket Streams for live updates to avoid polling the API."})");
  }
  const Response banned = house.get("/api/v3/nothing");
  EXPECT_EQ(banned.status, 418);
  EXPECT_EQ(banned.header("Retry-After"), "120");
  EXPECT_EQ(banned.body, R"({"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000120000. )"
                         R"(Please use WebSocket Streams for live updates to avoid bans."})");
  EXPECT_EQ(house.get("/health/live").status, 200) << "operators are not limited";
  house.port.time.ns += 119 * kSecondNs;
  EXPECT_EQ(house.get("/api/v3/ping").status, 418);
  house.port.time.ns += kSecondNs;
  EXPECT_EQ(house.get("/api/v3/ping").status, 200);
}

TEST(Limits, TooManyOrdersGet429PerAccount) {
  TestHouse house{desk::Options{}};
  const auto place = [&](const Trader& as) { return house.call(as, "POST", "/api/v3/order", std::string(kOrder)); };
  for (int i = 1; i <= 100; ++i) ASSERT_EQ(place(house.ann).header("X-MBX-ORDER-COUNT-10S"), std::to_string(i));
  const Response refused = place(house.ann);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "10");
  EXPECT_EQ(refused.body, R"({"code":-1015,"msg":"Too many new orders; current limit is 100 orders per 10 SECOND."})");
  EXPECT_EQ(place(house.bob).status, 200);
  EXPECT_EQ(house.call(house.ann, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").status, 200)
      << "cancels are not counted";
  house.port.time.ns += 10 * kSecondNs;
  EXPECT_EQ(place(house.ann).header("X-MBX-ORDER-COUNT-1D"), "101");
}

TEST(Limits, OrdersOnTheirWayCount) {
  TestHouse house{desk::Options{}};
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  for (int i = 0; i < 110; ++i)
    house.network.feed(connection, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  EXPECT_EQ(house.port.held(), 100u) << "the limit, though none has been answered";
  house.port.deliver();
  house.port.time.ns += 10 * kSecondNs;
  house.port.holding = false;
  EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order", std::string(kOrder)).status, 200);
  house.network.hang_up(connection);
}

TEST(Limits, FillsGiveOrdersBack) {
  TestHouse house{desk::Options{}};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  EXPECT_EQ(house.limit(house.bob, "BUY", "50000", "0.5").header("X-MBX-ORDER-COUNT-10S"), "0") << "it traded at once";
  EXPECT_EQ(house.limit(house.ann, "SELL", "50001", "1").header("X-MBX-ORDER-COUNT-10S"), "1")
      << "her first fill as a maker gave back five";
  EXPECT_EQ(house.limit(house.bob, "BUY", "49000", "0.5").header("X-MBX-ORDER-COUNT-10S"), "1");
}

TEST(Refusals, SayWhatHappenedAndChangeNothing) {
  struct Case {
    gateways::Refusal refusal;
    std::string_view body;
  };
  constexpr std::array kCases = {
      Case{
          gateways::Refusal::overloaded,
          R"({"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."})"},
      Case{
          gateways::Refusal::no_space,
          R"({"code":-1900,"msg":"The exchange cannot store new requests: its disk is full. Nothing was changed; please try again later."})"},
      Case{gateways::Refusal::stopping, R"({"code":-1016,"msg":"This service is no longer available."})"},
  };
  TestHouse house;
  for (const Case& each : kCases) {
    house.port.refusal = each.refusal;
    const Response refused = house.call(house.ann, "POST", "/api/v3/order", std::string(kOrder));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, each.body);
    EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders").body, "[]") << "reads go on";
    EXPECT_EQ(house.desk.counters().requests_waiting, 0u);
  }
  house.port.refusal.reset();
  EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order", std::string(kOrder)).status, 200);
}

TEST(Refusals, TooManyRequestsWaiting) {
  desk::Options options = TestHouse::with_open_limits();
  options.waiting_requests_max = 2;
  TestHouse house(options);
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  for (int i = 0; i < 3; ++i)
    house.network.feed(connection, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  house.port.deliver();
  const auto responses = parse_responses(house.network.take(connection));
  ASSERT_EQ(responses.size(), 3u);
  EXPECT_EQ(responses[1].status, 200);
  EXPECT_EQ(responses[2].status, 503);
  EXPECT_NE(responses[2].body.find("-1008"), std::string::npos);
}

TEST(Stopping, RefusesCommandsAndClosesConnections) {
  TestHouse house;
  house.port.holding = true;
  const io::ConnectionId waiting = house.network.connect(), reading = house.network.connect(),
                         placing = house.network.connect();
  house.network.feed(waiting, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  house.gateway.stop();
  house.network.feed(placing, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  EXPECT_NE(house.network.take(placing).find("-1016"), std::string::npos);
  EXPECT_TRUE(house.network.closed(placing));
  house.network.feed(reading, TestHouse::http("GET", "/api/v3/ping"));
  EXPECT_NE(house.network.take(reading).find("Connection: close\r\n\r\n{}"), std::string::npos);
  EXPECT_TRUE(house.network.closed(reading));
  EXPECT_EQ(house.get("/health/ready").status, 503);
  house.port.deliver();
  EXPECT_NE(house.network.take(waiting).find("\"status\":\"NEW\""), std::string::npos)
      << "what was accepted is answered";
  EXPECT_TRUE(house.network.closed(waiting));
}

TEST(Replies, FindTheirRequestsInOrder) {
  TestHouse house;
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  std::string bytes;
  for (int i = 0; i < 10; ++i) {
    bytes += house.signed_http(house.ann, "POST", "/api/v3/order",
                               std::string(kOrder) + "&newClientOrderId=n" + std::to_string(i));
    bytes += TestHouse::http("GET", "/api/v3/ping");
  }
  house.network.feed(connection, bytes);
  EXPECT_EQ(house.network.take(connection), "") << "the first has not been answered";
  EXPECT_EQ(house.desk.counters().requests_waiting, 10u);
  house.port.deliver();
  const auto responses = parse_responses(house.network.take(connection));
  ASSERT_EQ(responses.size(), 20u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NE(responses[2 * i].body.find("\"clientOrderId\":\"n" + std::to_string(i) + "\""), std::string::npos);
    EXPECT_EQ(responses[2 * i + 1].body, "{}");
  }
}

TEST(Replies, AreDroppedWhenTheClientIsGone) {
  TestHouse house;
  house.port.holding = true;
  const io::ConnectionId gone = house.network.connect();
  house.network.feed(gone, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  house.network.hang_up(gone);
  const io::ConnectionId next = house.network.connect();
  house.network.feed(next, house.signed_http(house.bob, "POST", "/api/v3/order", std::string(kOrder)));
  house.port.deliver();
  EXPECT_EQ(house.desk.counters().replies_without_client, 1u);
  const auto responses = parse_responses(house.network.take(next));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 200);
  EXPECT_NE(house.call(house.ann, "GET", "/api/v3/openOrders").body, "[]") << "the order was placed all the same";
}

TEST(Replies, ThatDoNotComeEndInATimeout) {
  TestHouse house;
  house.port.holding = true;
  house.gateway.tick(kSecondNs);
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection, house.signed_http(house.ann, "POST", "/api/v3/order", std::string(kOrder)));
  house.gateway.tick(10 * kSecondNs);
  EXPECT_EQ(house.network.take(connection), "");
  house.gateway.tick(11 * kSecondNs);
  const auto responses = parse_responses(house.network.take(connection));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 504);
  EXPECT_EQ(
      responses[0].body,
      R"({"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown; execution status unknown."})");
  house.port.deliver();
  EXPECT_EQ(house.network.take(connection), "") << "one request, one answer";
  house.port.holding = false;
  house.network.feed(connection, TestHouse::http("GET", "/api/v3/ping"));
  EXPECT_EQ(parse_responses(house.network.take(connection)).size(), 1u) << "the connection goes on";
}

// A port whose clock moves between the check on arrival and the one before submitting.
TEST(Freshness, IsCheckedAgainBeforeTheCommandIsSubmitted) {
  class SlowPort final : public gateways::ExchangePort {
   public:
    explicit SlowPort(TestPort& port) : port_(port) {}
    std::expected<void, gateways::Refusal> submit(const engine::Command& command, std::uint64_t token,
                                                  gateways::ReplyHandler& handler, core::Time at) override {
      return port_.submit(command, token, handler, at);
    }
    [[nodiscard]] const engine::Views& views() const override { return port_.views(); }
    // Every look at the clock finds it a second later.
    [[nodiscard]] core::Time now() const override {
      port_.time.ns += kSecondNs;
      return port_.time;
    }
    [[nodiscard]] bool ready() const override { return true; }

   private:
    TestPort& port_;
  };
  TestHouse house;
  SlowPort port(house.port);
  TestNetwork network;
  desk::Desk desk(TestHouse::with_open_limits(), port, house.keys);
  Gateway gateway({}, desk, network);
  ASSERT_TRUE(network.listen("test", gateway));
  const auto place = [&](int window_ms) {
    const io::ConnectionId connection = network.connect();
    network.feed(connection, house.signed_http(house.ann, "POST", "/api/v3/order",
                                               std::string(kOrder) + "&recvWindow=" + std::to_string(window_ms)));
    return parse_responses(network.take(connection)).at(0).status;
  };
  int shortest_ms = 1000;
  while (place(shortest_ms) != 200) shortest_ms += 1000;
  const std::uint64_t before = desk.counters().orders_submitted;
  EXPECT_EQ(place(shortest_ms - 1000), 400);
  EXPECT_EQ(desk.counters().orders_submitted, before);
}

TEST(Keys, RevokedOnesStopAtOnce) {
  TestHouse house;
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/account").status, 200);
  ASSERT_TRUE(house.keys.revoke(house.ann.api_key));
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/account").body,
            R"({"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."})");
}

TEST(Signatures, InUpperCaseInFrontAndInMicroseconds) {
  TestHouse house;
  const std::string key = "X-MBX-APIKEY: " + house.ann.api_key + "\r\n";
  std::string query = "timestamp=" + house.now_ms() + "000&recvWindow=0.5";
  std::string signature = TestHouse::sign(house.ann, query);
  for (char& c : signature) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(house.send(TestHouse::http("GET", "/api/v3/account?signature=" + signature + "&" + query, {}, key)).status,
            200);
  EXPECT_EQ(house.send(TestHouse::http("GET", "/api/v3/account?" + query + "&signature=" + signature, {}, key)).status,
            200);
}

}  // namespace
}  // namespace rest
