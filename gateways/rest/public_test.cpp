// What everybody may ask, and the exact shapes of the answers.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

TEST(Public, PingAndTime) {
  TestHouse house;
  EXPECT_EQ(house.get("/api/v3/ping").body, "{}");
  EXPECT_EQ(house.get("/api/v3/time").body, R"({"serverTime":1700000000000})");
  EXPECT_EQ(house.get("/api/v3/time?timeUnit=MICROSECOND").body, R"({"serverTime":1700000000000000})");
  EXPECT_EQ(house.send(TestHouse::http("GET", "/api/v3/time", {}, "X-MBX-TIME-UNIT: microsecond\r\n")).body,
            R"({"serverTime":1700000000000000})");
  EXPECT_EQ(house.send(TestHouse::http("HEAD", "/api/v3/time")).header("Content-Length"), "28");
}

constexpr std::string_view kEthBtc =
    R"({"symbol":"ETHBTC","status":"TRADING","marketState":"trading","baseAsset":"ETH","baseAssetPrecision":8,"quoteAsset":"BTC","quotePrecision":8,)"
    R"("quoteAssetPrecision":8,"baseCommissionPrecision":8,"quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT","TAKE_PROFIT","TAKE_PROFIT_LIMIT"],)"
    R"("icebergAllowed":true,"ocoAllowed":false,"otoAllowed":false,"opoAllowed":false,"quoteOrderQtyMarketAllowed":true,)"
    R"("allowTrailingStop":true,"cancelReplaceAllowed":true,"amendAllowed":true,"pegInstructionsAllowed":false,)"
    R"("isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"filters":[)"
    R"({"filterType":"PRICE_FILTER","minPrice":"0.00001000","maxPrice":"1000.00000000","tickSize":"0.00001000"},)"
    R"({"filterType":"LOT_SIZE","minQty":"0.00100000","maxQty":"100000.00000000","stepSize":"0.00100000"},)"
    R"({"filterType":"ICEBERG_PARTS","limit":100},)"
    R"({"filterType":"MARKET_LOT_SIZE","minQty":"0.00100000","maxQty":"5000.00000000","stepSize":"0.00100000"},)"
    R"({"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"maxTrailingAboveDelta":2000,"minTrailingBelowDelta":10,"maxTrailingBelowDelta":2000},)"
    R"({"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"5","askMultiplierDown":"0.2","avgPriceMins":0},)"
    R"({"filterType":"NOTIONAL","minNotional":"0.00010000","applyMinToMarket":true,"maxNotional":"9000.00000000","applyMaxToMarket":true,"avgPriceMins":0},)"
    R"({"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5}],)"
    R"("permissions":[],"permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"NONE",)"
    R"("allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]})";

TEST(ExchangeInfo, OneMarketUnderTheOpenLimits) {
  TestHouse house;
  EXPECT_EQ(house.get("/api/v3/exchangeInfo?symbol=ETHBTC").body,
            R"({"timezone":"UTC","serverTime":1700000000000,"rateLimits":[],"exchangeFilters":[],"symbols":[)" +
                std::string(kEthBtc) + "]}");
}

TEST(ExchangeInfo, NamesThePublishedLimits) {
  TestHouse house{desk::Options{}};
  const std::string body = house.get("/api/v3/exchangeInfo?symbol=ETHBTC").body;
  EXPECT_NE(
      body.find(R"("rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},)"
                R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},)"
                R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000},)"
                R"({"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":61000}])"),
      std::string::npos)
      << body;
}

TEST(ExchangeInfo, ChoosesMarkets) {
  TestHouse house;
  house.port.apply(instruments::SetMarketState{house.port.views().instruments.market("ETHBTC")->id,
                                               instruments::MarketState::halted});
  struct Case {
    std::string_view query;
    std::vector<std::string_view> symbols;
  };
  const std::vector<Case> cases = {
      {"", {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"}},
      {"?symbols=%5B%22ETHBTC%22,%22BTCUSDT%22%5D", {"ETHBTC", "BTCUSDT"}},
      {"?symbols=%5B%5D", {}},
      {"?permissions=SPOT", {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"}},
      {"?permissions=%5B%22MARGIN%22,%22SPOT%22%5D", {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"}},
      {"?permissions=MARGIN", {}},
      {"?symbolStatus=TRADING", {"BTCUSDT", "ETHUSDT", "SOLUSDT"}},
      {"?symbolStatus=HALT", {"ETHBTC"}},
      {"?symbolStatus=BREAK", {}},
      {"?symbolStatus=AUCTION_MATCH", {}},
  };
  for (const Case& each : cases) {
    const std::string body = house.get("/api/v3/exchangeInfo" + std::string(each.query)).body;
    std::vector<std::string> symbols;
    for (std::size_t at = 0; (at = body.find("{\"symbol\":\"", at)) != std::string::npos;) {
      at += 11;
      symbols.push_back(body.substr(at, body.find('"', at) - at));
    }
    EXPECT_EQ(symbols, std::vector<std::string>(each.symbols.begin(), each.symbols.end())) << each.query;
  }
  EXPECT_NE(house.get("/api/v3/exchangeInfo?symbol=ETHBTC").body.find(R"("status":"HALT")"), std::string::npos);
  EXPECT_NE(house.get("/api/v3/exchangeInfo?showPermissionSets=false").body.find(R"("permissionSets":[],)"),
            std::string::npos);
}

TEST(ExchangeInfo, ShowsTheStateOfAMarket) {
  TestHouse house;
  struct Row {
    instruments::MarketState state;
    std::string_view shown;
  };
  using enum instruments::MarketState;
  // A way through all states, one of which is left by way of another.
  const Row rows[] = {
      {post_only, R"("status":"TRADING","marketState":"post_only")"},
      {limit_only, R"("status":"TRADING","marketState":"limit_only")"},
      {cancel_only, R"("status":"BREAK","marketState":"cancel_only")"},
      {halted, R"("status":"HALT","marketState":"halted")"},
      {pre_open, R"("status":"PRE_TRADING","marketState":"pre_open")"},
      {auction, R"("status":"AUCTION_MATCH","marketState":"auction")"},
      {auction_frozen, R"("status":"AUCTION_MATCH","marketState":"auction_frozen")"},
      {closed, R"("status":"END_OF_DAY","marketState":"closed")"},
      {auction, R"("status":"AUCTION_MATCH","marketState":"auction")"},
      {trading, R"("status":"TRADING","marketState":"trading")"},
  };
  for (const Row& row : rows) {
    house.port.apply(instruments::SetMarketState{house.port.views().instruments.market("ETHBTC")->id, row.state});
    const std::string body = house.get("/api/v3/exchangeInfo?symbol=ETHBTC").body;
    EXPECT_NE(body.find(row.shown), std::string::npos) << row.shown << "\n" << body;
  }
}

TEST(ExchangeInfo, ShowsThePriceRangesOfAMarketThatHasSome) {
  TestHouse house;
  const auto body = [&] { return house.get("/api/v3/exchangeInfo?symbol=ETHBTC").body; };
  EXPECT_EQ(body().find("priceRanges"), std::string::npos);
  house.port.apply(instruments::SetMarketRanges{
      house.port.views().instruments.market("ETHBTC")->id, {1'000, 0, instruments::RangeOutcome::auction}, {}});
  EXPECT_NE(body().find(R"("priceRanges":{"staticBasisPoints":1000,"dynamicBasisPoints":0,"outcome":"AUCTION"},"base)"),
            std::string::npos)
      << body();
}

TEST(MarketData, BookTradesAndPrices) {
  TestHouse house;
  EXPECT_EQ(house.get("/api/v3/depth?symbol=BTCUSDT").body, R"({"lastUpdateId":1,"bids":[],"asks":[]})");
  EXPECT_EQ(house.get("/api/v3/trades?symbol=BTCUSDT").body, "[]");
  EXPECT_EQ(house.get("/api/v3/ticker/price?symbol=BTCUSDT").body, R"({"symbol":"BTCUSDT","price":"0.00000000"})");
  for (const std::string_view price : {"50000", "50001.5", "50002"})
    ASSERT_EQ(house.limit(house.ann, "SELL", price, "1").status, 200);
  for (const std::string_view price : {"49000", "48000.01"})
    ASSERT_EQ(house.limit(house.ann, "BUY", price, "2").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "50000", "0.25").status, 200);
  const auto levels = [&](std::string_view query) {
    const std::string body = house.get("/api/v3/depth?symbol=BTCUSDT" + std::string(query)).body;
    return body.substr(body.find("\"bids\""));
  };
  EXPECT_EQ(
      levels(""),
      R"("bids":[["49000.00000000","2.00000000"],["48000.01000000","2.00000000"]],)"
      R"("asks":[["50000.00000000","0.75000000"],["50001.50000000","1.00000000"],["50002.00000000","1.00000000"]]})");
  EXPECT_EQ(levels("&limit=1"),
            R"("bids":[["49000.00000000","2.00000000"]],"asks":[["50000.00000000","0.75000000"]]})");
  EXPECT_EQ(levels("&limit=99999999999999999999"), levels("")) << "above 5000 is 5000";
  EXPECT_EQ(
      house.get("/api/v3/trades?symbol=BTCUSDT&limit=1").body,
      R"([{"id":1,"price":"50000.00000000","qty":"0.25000000","quoteQty":"12500.00000000","time":1700000000000,"isBuyerMaker":false,"isBestMatch":true}])");
  EXPECT_EQ(house.get("/api/v3/ticker/price?symbol=BTCUSDT").body, R"({"symbol":"BTCUSDT","price":"50000.00000000"})");
  EXPECT_EQ(house.get("/api/v3/ticker/price?symbols=%5B%22ETHBTC%22,%22BTCUSDT%22%5D").body,
            R"([{"symbol":"ETHBTC","price":"0.00000000"},{"symbol":"BTCUSDT","price":"50000.00000000"}])");
  EXPECT_EQ(
      house.get("/api/v3/ticker/bookTicker?symbol=BTCUSDT").body,
      R"({"symbol":"BTCUSDT","bidPrice":"49000.00000000","bidQty":"2.00000000","askPrice":"50000.00000000","askQty":"0.75000000"})");
  EXPECT_EQ(house.get("/api/v3/ticker/bookTicker?symbolStatus=HALT").body, "[]");
  const std::string all = house.get("/api/v3/ticker/bookTicker").body;
  for (const std::string_view symbol : {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"})
    EXPECT_NE(all.find(symbol), std::string::npos);
}

TEST(Wallet, WhatClientsAskForWhileTheyLoadMarkets) {
  TestHouse house;
  EXPECT_EQ(house.get("/sapi/v1/system/status").body, R"({"status":0,"msg":"normal"})");
  EXPECT_EQ(house.get("/sapi/v1/margin/allPairs").body, "[]");
  EXPECT_EQ(house.call(house.ann, "GET", "/sapi/v1/margin/isolated/allPairs").body, "[]");
  for (const std::string_view path : {"/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo"}) {
    EXPECT_EQ(
        house.get(path).body,
        R"({"timezone":"UTC","serverTime":1700000000000,"rateLimits":[],"exchangeFilters":[],"assets":[],"symbols":[]})");
  }
  const std::string coins = house.call(house.ann, "GET", "/sapi/v1/capital/config/getall").body;
  EXPECT_TRUE(coins.starts_with(
      R"([{"coin":"BTC","depositAllEnable":false,"withdrawAllEnable":false,"name":"BTC","free":"100.00000000","locked":"0.00000000","freeze":"0",)"
      R"("withdrawing":"0","ipoing":"0","ipoable":"0","storage":"0","isLegalMoney":false,"trading":true,"networkList":[]},)"))
      << coins;
  for (const std::string_view coin : {"ETH", "SOL", "USDT"})
    EXPECT_NE(coins.find("\"coin\":\"" + std::string(coin) + "\""), std::string::npos);
}

TEST(Operators, HealthAndMetrics) {
  TestHouse house;
  EXPECT_EQ(house.get("/health/live").body, R"({"status":"live"})");
  EXPECT_EQ(house.get("/health/ready").body, R"({"status":"ready"})");
  house.port.is_ready = false;
  EXPECT_EQ(house.get("/health/ready").status, 503);
  EXPECT_EQ(house.get("/health/ready").body, R"({"status":"not ready"})");
  EXPECT_EQ(house.get("/health/live").status, 200);
  const Response metrics = house.get("/metrics");
  EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(metrics.body.find("exchange_rest_requests_total 6\n"), std::string::npos) << metrics.body;
}

TEST(Routes, TellWhatAPathTakes) {
  TestHouse house;
  const Response response = house.send(TestHouse::http("PATCH", "/api/v3/order"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("Allow"), "POST, DELETE, GET, HEAD");
}

}  // namespace
}  // namespace rest
