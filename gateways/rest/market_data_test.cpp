// Market data over HTTP: exact shapes, from trades made through the real folds.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000, kHourNs = 3600 * kSecondNs;

// 2023-11-14T22:13:20Z: bob buys at 50000 and 50010 in one order, a minute later sells at 49000; then the day ends.
class MarketDataTest : public testing::Test {
 protected:
  MarketDataTest() {
    EXPECT_EQ(house.limit(house.ann, "SELL", "50000", "0.25").status, 200);
    EXPECT_EQ(house.limit(house.ann, "SELL", "50000", "0.25").status, 200);
    EXPECT_EQ(house.limit(house.ann, "SELL", "50010", "1").status, 200);
    EXPECT_EQ(house.limit(house.ann, "BUY", "49000", "1").status, 200);
    EXPECT_EQ(house.limit(house.bob, "BUY", "50010", "1").status, 200);
    house.port.time.ns += 60 * kSecondNs;
    EXPECT_EQ(house.limit(house.bob, "SELL", "49000", "0.5").status, 200);
  }
  std::string get(std::string_view path) { return house.get("/api/v3/" + std::string(path)).body; }
  TestHouse house;
};

TEST_F(MarketDataTest, Klines) {
  const std::string first =
      R"([1699999980000,"50000.00000000","50010.00000000","50000.00000000","50010.00000000","1.00000000",)"
      R"(1700000039999,"50005.00000000",3,"1.00000000","50005.00000000","0"])";
  const std::string second =
      R"([1700000040000,"49000.00000000","49000.00000000","49000.00000000","49000.00000000","0.50000000",)"
      R"(1700000099999,"24500.00000000",1,"0.00000000","0.00000000","0"])";
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m"), "[" + first + "," + second + "]");
  EXPECT_EQ(get("uiKlines?symbol=BTCUSDT&interval=1m"), "[" + first + "," + second + "]");
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&limit=1"), "[" + second + "]");
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&startTime=1699999980000&limit=1"), "[" + first + "]");
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&startTime=1699999980001"), "[" + second + "]");
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&endTime=1700000039999"), "[" + first + "]");
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&startTime=5&endTime=4"), "[]");
  EXPECT_EQ(get("klines?symbol=ETHBTC&interval=1m"), "[]") << "no trade, no candle";
  house.port.time.ns += 60 * kSecondNs;
  EXPECT_EQ(get("klines?symbol=BTCUSDT&interval=1m&limit=1"),
            R"([[1700000100000,"49000.00000000","49000.00000000","49000.00000000","49000.00000000","0.00000000",)"
            R"(1700000159999,"0.00000000",0,"0.00000000","0.00000000","0"]])")
      << "a minute without trades is flat";
  EXPECT_TRUE(get("klines?symbol=BTCUSDT&interval=1M").starts_with("[[1698796800000,"));
  EXPECT_TRUE(get("klines?symbol=BTCUSDT&interval=1d&timeZone=8").starts_with("[[1699977600000,"));
  EXPECT_TRUE(get("klines?symbol=BTCUSDT&interval=1d&timeUnit=MICROSECOND").starts_with("[[1699920000000000,"));
}

TEST_F(MarketDataTest, Trades) {
  const std::string
      first = R"({"a":1,"p":"50000.00000000","q":"0.50000000","f":1,"l":2,"T":1700000000000,"m":false,"M":true})",
      second = R"({"a":2,"p":"50010.00000000","q":"0.50000000","f":3,"l":3,"T":1700000000000,"m":false,"M":true})",
      third = R"({"a":3,"p":"49000.00000000","q":"0.50000000","f":4,"l":4,"T":1700000060000,"m":true,"M":true})";
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT"), "[" + first + "," + second + "," + third + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&limit=1"), "[" + third + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&fromId=2"), "[" + second + "," + third + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&fromId=0&limit=1"), "[" + first + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&startTime=1700000000001"), "[" + third + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&endTime=1700000000000"), "[" + first + "," + second + "]");
  EXPECT_EQ(get("aggTrades?symbol=BTCUSDT&startTime=1700000000000&endTime=1700000000000&limit=1"), "[" + first + "]");
  EXPECT_EQ(get("aggTrades?symbol=ETHBTC&endTime=1700000000000"), "[]");
  EXPECT_EQ(get("historicalTrades?symbol=BTCUSDT&limit=1"),
            R"([{"id":4,"price":"49000.00000000","qty":"0.50000000","quoteQty":"24500.00000000","time":1700000060000,)"
            R"("isBuyerMaker":true,"isBestMatch":true}])");
  EXPECT_EQ(get("historicalTrades?symbol=BTCUSDT&fromId=2&limit=1"),
            R"([{"id":2,"price":"50000.00000000","qty":"0.25000000","quoteQty":"12500.00000000","time":1700000000000,)"
            R"("isBuyerMaker":false,"isBestMatch":true}])");
}

TEST_F(MarketDataTest, AveragePrice) {
  EXPECT_EQ(get("avgPrice?symbol=BTCUSDT"), R"({"mins":5,"price":"49670.00000000","closeTime":1700000060000})");
  house.port.time.ns += kHourNs;
  EXPECT_EQ(get("avgPrice?symbol=BTCUSDT"), R"({"mins":5,"price":"49000.00000000","closeTime":1700000060000})");
  EXPECT_EQ(get("avgPrice?symbol=ETHBTC"), R"({"mins":5,"price":"0.00000000","closeTime":0})");
}

TEST_F(MarketDataTest, DayTicker) {
  const std::string full =
      R"({"symbol":"BTCUSDT","priceChange":"-1000.00000000","priceChangePercent":"-2.000","weightedAvgPrice":"49670.00000000",)"
      R"("prevClosePrice":"0.00000000","lastPrice":"49000.00000000","lastQty":"0.50000000","bidPrice":"49000.00000000",)"
      R"("bidQty":"0.50000000","askPrice":"50010.00000000","askQty":"0.50000000","openPrice":"50000.00000000",)"
      R"("highPrice":"50010.00000000","lowPrice":"49000.00000000","volume":"1.50000000","quoteVolume":"74505.00000000",)"
      R"("openTime":1699913640000,"closeTime":1700000060000,"firstId":1,"lastId":4,"count":4})";
  const std::string mini =
      R"({"symbol":"BTCUSDT","openPrice":"50000.00000000","highPrice":"50010.00000000","lowPrice":"49000.00000000",)"
      R"("lastPrice":"49000.00000000","volume":"1.50000000","quoteVolume":"74505.00000000","openTime":1699913640000,)"
      R"("closeTime":1700000060000,"firstId":1,"lastId":4,"count":4})";
  const std::string untraded =
      R"({"symbol":"ETHBTC","openPrice":"0.00000000","highPrice":"0.00000000","lowPrice":"0.00000000",)"
      R"("lastPrice":"0.00000000","volume":"0.00000000","quoteVolume":"0.00000000","openTime":1699913640000,)"
      R"("closeTime":1700000060000,"firstId":-1,"lastId":-1,"count":0})";
  EXPECT_EQ(get("ticker/24hr?symbol=BTCUSDT"), full);
  EXPECT_EQ(get("ticker/24hr?symbol=BTCUSDT&type=MINI"), mini);
  EXPECT_EQ(get("ticker/24hr?symbols=%5B%22ETHBTC%22,%22BTCUSDT%22%5D&type=MINI"), "[" + untraded + "," + mini + "]");
  EXPECT_EQ(get("ticker/24hr?symbols=%5B%5D"), "[]");
  EXPECT_EQ(get("ticker/24hr?symbolStatus=BREAK"), "[]");
  const std::string all = get("ticker/24hr");
  for (const std::string_view symbol : {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"})
    EXPECT_NE(all.find("{\"symbol\":\"" + std::string(symbol)), std::string::npos);
}

TEST_F(MarketDataTest, WindowAndTradingDay) {
  const auto ticker = [](std::string_view change, std::string_view open, std::string_view times, std::string_view ids) {
    return R"({"symbol":"BTCUSDT","priceChange":")" + std::string(change) + R"(,"openPrice":")" + std::string(open) +
           std::string(times) + std::string(ids) + "}";
  };
  const std::string_view of_all =
      R"(00.00000000","highPrice":"50010.00000000","lowPrice":"49000.00000000","lastPrice":"49000.00000000",)"
      R"("volume":"1.50000000","quoteVolume":"74505.00000000",)";
  const std::string_view change =
      R"(-1000.00000000","priceChangePercent":"-2.000","weightedAvgPrice":"49670.00000000")";
  EXPECT_EQ(get("ticker?symbol=BTCUSDT&windowSize=2m"),
            ticker(change, "500" + std::string(of_all), R"("openTime":1699999920000,"closeTime":1700000060000,)",
                   R"("firstId":1,"lastId":4,"count":4)"));
  EXPECT_EQ(get("ticker/tradingDay?symbol=BTCUSDT"),
            ticker(change, "500" + std::string(of_all), R"("openTime":1699920000000,"closeTime":1700006399999,)",
                   R"("firstId":1,"lastId":4,"count":4)"));
  house.port.time.ns += 2 * kHourNs;  // the next day
  const std::string_view of_none =
      R"(00.00000000","highPrice":"49000.00000000","lowPrice":"49000.00000000","lastPrice":"49000.00000000",)"
      R"("volume":"0.00000000","quoteVolume":"0.00000000",)";
  const std::string_view none = R"(0.00000000","priceChangePercent":"0.000","weightedAvgPrice":"0.00000000")";
  EXPECT_EQ(get("ticker/tradingDay?symbol=BTCUSDT"),
            ticker(none, "490" + std::string(of_none), R"("openTime":1700006400000,"closeTime":1700092799999,)",
                   R"("firstId":-1,"lastId":-1,"count":0)"));
  EXPECT_EQ(get("ticker/tradingDay?symbol=BTCUSDT&timeZone=-1:00"),
            ticker(change, "500" + std::string(of_all), R"("openTime":1699923600000,"closeTime":1700009999999,)",
                   R"("firstId":1,"lastId":4,"count":4)"));
  EXPECT_EQ(get("ticker?symbols=%5B%22BTCUSDT%22%5D&windowSize=1h&type=MINI"),
            R"([{"symbol":"BTCUSDT","openPrice":"490)" + std::string(of_none) +
                R"("openTime":1700003640000,"closeTime":1700007260000,"firstId":-1,"lastId":-1,"count":0}])");
}

}  // namespace
}  // namespace rest
