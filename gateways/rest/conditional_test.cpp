// Stop, take-profit and trailing orders over REST: the exact shapes of their answers, waiting, triggered and over.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

constexpr std::string_view kSymbol = "symbol=BTCUSDT&";

std::string place(std::string_view rest) { return std::string(kSymbol) + std::string(rest); }

// BTCUSDT trades at that price, between bob and ann.
void trade_at(TestHouse& house, std::string_view price) {
  ASSERT_EQ(house.limit(house.ann, "SELL", price, "0.1").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", price, "0.1").status, 200);
}

std::string tail_of(const std::string& body, std::string_view from) {
  const std::size_t at = body.find(from);
  return at == std::string::npos ? body : body.substr(at);
}

TEST(Conditional, EveryTypeIsAcknowledgedAndShownWaiting) {
  const struct {
    const char* parameters;
    const char* shown;
  } cases[] = {
      {"side=SELL&type=STOP_LOSS&quantity=1&stopPrice=45000",
       R"("price":"0.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
       R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"STOP_LOSS","side":"SELL",)"
       R"("stopPrice":"45000.00000000","icebergQty":"0.00000000","time":1700000000000,"updateTime":1700000000000,)"
       R"("isWorking":false,"workingTime":-1,"selfTradePreventionMode":"NONE"})"},
      {"side=BUY&type=STOP_LOSS_LIMIT&timeInForce=IOC&quantity=1&price=56000&stopPrice=55000&trailingDelta=200",
       R"("price":"56000.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
       R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"IOC","type":"STOP_LOSS_LIMIT","side":"BUY",)"
       R"("stopPrice":"55000.00000000","icebergQty":"0.00000000","time":1700000000000,"updateTime":1700000000000,)"
       R"("isWorking":false,"workingTime":-1,"selfTradePreventionMode":"NONE","trailingDelta":200,"trailingTime":-1})"},
      {"side=BUY&type=TAKE_PROFIT&quantity=1&trailingDelta=100",
       R"("price":"0.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
       R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"TAKE_PROFIT","side":"BUY",)"
       R"("stopPrice":"0.00000000","icebergQty":"0.00000000","time":1700000000000,"updateTime":1700000000000,)"
       R"("isWorking":false,"workingTime":-1,"selfTradePreventionMode":"NONE","trailingDelta":100,)"
       R"("trailingTime":1700000000000})"},
      {"side=SELL&type=TAKE_PROFIT_LIMIT&timeInForce=GTC&quantity=1&price=54000&stopPrice=55000",
       R"("price":"54000.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
       R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"TAKE_PROFIT_LIMIT","side":"SELL",)"
       R"("stopPrice":"55000.00000000","icebergQty":"0.00000000","time":1700000000000,"updateTime":1700000000000,)"
       R"("isWorking":false,"workingTime":-1,"selfTradePreventionMode":"NONE"})"},
  };
  for (const auto& it : cases) {
    SCOPED_TRACE(it.parameters);
    TestHouse house;
    trade_at(house, "50000");
    const std::string acknowledged =
        house.call(house.ann, "POST", "/api/v3/order", place(it.parameters) + "&newClientOrderId=mine").body;
    EXPECT_EQ(acknowledged, R"({"symbol":"BTCUSDT","orderId":3,"orderListId":-1,"clientOrderId":"mine",)"
                            R"("transactTime":1700000000000})");
    const std::string shown = house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=3").body;
    EXPECT_EQ(tail_of(shown, "\"price\""), it.shown);
    EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body, "[" + shown + "]");
    EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order/test", place(it.parameters)).body, "{}");
  }
}

TEST(Conditional, AResultHasItsConditionAndACancelToo) {
  TestHouse house;
  trade_at(house, "50000");
  const std::string placed =
      house
          .call(house.ann, "POST", "/api/v3/order",
                place("side=SELL&type=STOP_LOSS&quantity=1&stopPrice=45000&trailingDelta=50&newOrderRespType=FULL"))
          .body;
  EXPECT_EQ(tail_of(placed, "\"status\""),
            R"("status":"NEW","timeInForce":"GTC","type":"STOP_LOSS","side":"SELL","workingTime":-1,)"
            R"("selfTradePreventionMode":"NONE","stopPrice":"45000.00000000","trailingDelta":50,"trailingTime":-1,)"
            R"("fills":[]})");
  EXPECT_EQ(
      house.call(house.ann, "PUT", "/api/v3/order/amend/keepPriority", "symbol=BTCUSDT&orderId=3&newQty=0.5").status,
      400)
      << "it waits";
  const std::string cancelled =
      house.call(house.ann, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=3&newClientOrderId=away").body;
  EXPECT_EQ(tail_of(cancelled, "\"status\""),
            R"("status":"CANCELED","timeInForce":"GTC","type":"STOP_LOSS","side":"SELL",)"
            R"("selfTradePreventionMode":"NONE","stopPrice":"45000.00000000","trailingDelta":50,"trailingTime":-1})");
}

TEST(Conditional, TriggeredItWorksFromThenOn) {
  TestHouse house;
  trade_at(house, "50000");
  ASSERT_EQ(house
                .call(house.ann, "POST", "/api/v3/order",
                      place("side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=46000&stopPrice=45000"))
                .status,
            200);
  house.port.time.ns += 1'000'000'000;
  trade_at(house, "45000");
  const std::string shown = house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=3").body;
  EXPECT_EQ(tail_of(shown, "\"status\""),
            R"("status":"NEW","timeInForce":"GTC","type":"STOP_LOSS_LIMIT","side":"SELL","stopPrice":"45000.00000000",)"
            R"("icebergQty":"0.00000000","time":1700000000000,"updateTime":1700000001000,"isWorking":true,)"
            R"("workingTime":1700000001000,"selfTradePreventionMode":"NONE"})");
  const std::string depth = house.get("/api/v3/depth?symbol=BTCUSDT").body;
  EXPECT_NE(depth.find(R"("asks":[["46000.)"), std::string::npos) << depth;
}

TEST(Conditional, AnswersAreOfTheOrderAskedAboutWhateverItTriggers) {
  TestHouse house;
  trade_at(house, "50000");
  ASSERT_EQ(house.call(house.ann, "POST", "/api/v3/order", place("side=SELL&type=STOP_LOSS&quantity=1&stopPrice=45000"))
                .status,
            200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "45000", "0.1").status, 200);
  // Ann's own sale triggers ann's stop.
  const std::string sold = house.limit(house.ann, "SELL", "45000", "0.1", "&newClientOrderId=sale").body;
  EXPECT_NE(sold.find(R"("clientOrderId":"sale")"), std::string::npos) << sold;
  EXPECT_NE(sold.find(R"("status":"FILLED")"), std::string::npos) << sold;
  const std::string over = house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=3").body;
  EXPECT_NE(over.find(R"("status":"EXPIRED")"), std::string::npos) << over;
  EXPECT_NE(over.find(R"("expiryReason":"INSUFFICIENT_LIQUIDITY")"), std::string::npos) << over;
}

TEST(Conditional, FiveMayWait) {
  TestHouse house;
  trade_at(house, "50000");
  const std::string stop = place("side=SELL&type=STOP_LOSS&quantity=1&stopPrice=45000");
  for (int i = 0; i < 5; ++i) ASSERT_EQ(house.call(house.ann, "POST", "/api/v3/order", stop).status, 200);
  EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order", stop).body,
            R"({"code":-1013,"msg":"Filter failure: MAX_NUM_ALGO_ORDERS"})");
}

}  // namespace
}  // namespace rest
