// Iceberg orders over REST: the exact shapes of their answers, and what of them is in the depth.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

constexpr std::string_view kIceberg =
    "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=50000&icebergQty=0.5";

std::string tail_of(const std::string& body, std::string_view from) {
  const std::size_t at = body.find(from);
  return at == std::string::npos ? body : body.substr(at);
}

TEST(Iceberg, ShowsItsPeakInDepthAndItsWholeToItsOwner) {
  TestHouse house;
  const std::string placed = house.call(house.ann, "POST", "/api/v3/order", std::string(kIceberg)).body;
  EXPECT_EQ(tail_of(placed, "\"status\""),
            R"("status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL","workingTime":1700000000000,)"
            R"("selfTradePreventionMode":"NONE","icebergQty":"0.50000000","fills":[]})");
  const std::string depth = house.get("/api/v3/depth?symbol=BTCUSDT").body;
  EXPECT_NE(depth.find(R"("asks":[["50000.00000000","0.50000000"]])"), std::string::npos) << depth;
  const std::string shown = house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1").body;
  EXPECT_EQ(tail_of(shown, "\"status\""),
            R"("status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL","stopPrice":"0.00000000",)"
            R"("icebergQty":"0.50000000","time":1700000000000,"updateTime":1700000000000,"isWorking":true,)"
            R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE"})");
  EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order/test", std::string(kIceberg)).body, "{}");

  // A taker of more than is shown takes the next peak too.
  const std::string taken = house.limit(house.bob, "BUY", "50000", "0.7").body;
  EXPECT_NE(taken.find(R"("executedQty":"0.70000000")"), std::string::npos) << taken;
  const std::string after = house.get("/api/v3/depth?symbol=BTCUSDT").body;
  EXPECT_NE(after.find(R"("asks":[["50000.00000000","0.30000000"]])"), std::string::npos) << after;

  const std::string amended =
      house.call(house.ann, "PUT", "/api/v3/order/amend/keepPriority", "symbol=BTCUSDT&orderId=1&newQty=1.5").body;
  EXPECT_NE(amended.find(R"("qty":"1.50000000")"), std::string::npos) << amended;
  EXPECT_NE(amended.find(R"("icebergQty":"0.50000000")"), std::string::npos) << amended;
  const std::string cancelled = house.call(house.ann, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1").body;
  EXPECT_EQ(tail_of(cancelled, "\"status\""), R"("status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
                                              R"("selfTradePreventionMode":"NONE","icebergQty":"0.50000000"})");
}

TEST(Iceberg, GoesWithPostOnlyStopLimitAndCancelReplace) {
  TestHouse house;
  const auto accepted = [&](std::string_view path, std::string_view parameters) {
    const auto answer = house.call(house.ann, "POST", path, "symbol=BTCUSDT&" + std::string(parameters));
    EXPECT_EQ(answer.status, 200) << parameters << ": " << answer.body;
    return answer.body;
  };
  accepted("/api/v3/order", "side=SELL&type=LIMIT_MAKER&quantity=2&price=50000&icebergQty=0.5");
  accepted("/api/v3/order", "side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=50000&icebergQty=2");
  ASSERT_EQ(house.limit(house.bob, "BUY", "50000", "0.1").status, 200);  // so that there is a last price
  accepted("/api/v3/order",
           "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=2&price=44000&stopPrice=45000&icebergQty=0.5");
  accepted("/api/v3/order",
           "side=BUY&type=TAKE_PROFIT_LIMIT&timeInForce=GTC&quantity=2&price=40000&trailingDelta=100&icebergQty=0.5");
  const std::string replaced = accepted("/api/v3/order/cancelReplace",
                                        "side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=51000&icebergQty=0.25&"
                                        "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1");
  EXPECT_NE(replaced.find(R"("cancelResponse":{)"), std::string::npos);
  EXPECT_NE(replaced.find(R"("icebergQty":"0.25000000")"), std::string::npos) << replaced;
  // Zero means none, as before.
  accepted("/api/v3/order", "side=SELL&type=LIMIT&timeInForce=IOC&quantity=2&price=60000&icebergQty=0.000");
}

}  // namespace
}  // namespace rest
