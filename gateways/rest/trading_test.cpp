// Good requests and the exact shapes of their answers.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

TEST(Public, PingAndTime) {
  TestHouse house;
  EXPECT_EQ(house.get("/api/v3/ping").body, "{}");
  EXPECT_EQ(house.get("/api/v3/time").body, R"({"serverTime":1700000000000})");
  EXPECT_EQ(house.get("/api/v3/time?timeUnit=MICROSECOND").body, R"({"serverTime":1700000000000000})");
  EXPECT_EQ(house.send(TestHouse::http("GET", "/api/v3/time", {}, "X-MBX-TIME-UNIT: microsecond\r\n")).body, R"({"serverTime":1700000000000000})");
}

TEST(Trading, Print) {
  TestHouse house;
  const auto show = [](const Response& response) { std::cout << response.status << "\n" << response.head << response.body << "\n\n"; };
  show(house.limit(house.ann, "SELL", "50000", "1"));
  show(house.limit(house.ann, "SELL", "50001", "1", "&newOrderRespType=RESULT&newClientOrderId=mine&strategyId=7&strategyType=1000001"));
  show(house.limit(house.bob, "BUY", "50001", "1.5"));
  show(house.limit(house.bob, "BUY", "49000", "1.5", "&newOrderRespType=ACK"));
  show(house.call(house.bob, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000"));
  show(house.call(house.bob, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"));
  show(house.call(house.bob, "GET", "/api/v3/openOrders", "symbol=BTCUSDT"));
  show(house.call(house.bob, "GET", "/api/v3/allOrders", "symbol=BTCUSDT"));
  show(house.call(house.bob, "GET", "/api/v3/myTrades", "symbol=BTCUSDT"));
  show(house.call(house.bob, "GET", "/api/v3/account", "omitZeroBalances=true"));
  show(house.call(house.bob, "GET", "/api/v3/account/commission", "symbol=BTCUSDT"));
  show(house.call(house.bob, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=4"));
  show(house.call(house.bob, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"));
  show(house.limit(house.bob, "BUY", "49000", "1.5"));
  show(house.call(house.bob, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"));
  show(house.get("/api/v3/exchangeInfo?symbol=BTCUSDT"));
  show(house.get("/api/v3/depth?symbol=BTCUSDT"));
  show(house.get("/api/v3/trades?symbol=BTCUSDT"));
  show(house.get("/api/v3/ticker/price"));
  show(house.get("/api/v3/ticker/bookTicker?symbols=%5B%22BTCUSDT%22%5D"));
  show(house.call(house.bob, "GET", "/sapi/v1/capital/config/getall"));
  show(house.call(house.bob, "GET", "/sapi/v1/asset/tradeFee"));
  show(house.get("/metrics"));
  show(house.get("/health/ready"));
}

}  // namespace
}  // namespace rest
