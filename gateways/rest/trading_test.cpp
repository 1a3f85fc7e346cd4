// Good requests and the exact shapes of their answers.
#include "gateways/rest/test_house.h"
#include "services/orders/client_order_id.h"

namespace rest {
namespace {

// The name the exchange gives an order that came without one.
std::string made(std::uint64_t order) { return std::string(orders::made_client_order_id(core::OrderId{order}).view()); }

// `text` with every 'X' in quotes replaced: "{1}" by the name made for order 1, and so on.
std::string with_names(std::string text) {
  for (std::size_t at; (at = text.find('{' + std::string(1, '#'))) != std::string::npos;) {
    const std::size_t end = text.find('}', at);
    text.replace(at, end - at + 1, made(std::stoull(text.substr(at + 2, end - at - 2))));
  }
  return text;
}

TEST(Placing, ALimitOrderThatRestsIsAnsweredInFull) {
  TestHouse house;
  const Response response = house.limit(house.ann, "SELL", "50000", "1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      with_names(
          R"({"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"{#1}","transactTime":1700000000000,)"
          R"("price":"50000.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
          R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
          R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE","fills":[]})"));
  EXPECT_EQ(response.header("X-MBX-ORDER-COUNT-10S"), "1");
  EXPECT_EQ(response.header("X-MBX-ORDER-COUNT-1D"), "1");
  EXPECT_EQ(response.header("X-MBX-USED-WEIGHT"), "0") << "an order that is placed weighs nothing";
  EXPECT_EQ(response.header("X-MBX-USED-WEIGHT-1M"), "0");
  EXPECT_EQ(response.header("Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
}

TEST(Placing, AckResultAndFull) {
  TestHouse house;
  EXPECT_EQ(house.limit(house.ann, "SELL", "50000", "1", "&newOrderRespType=ACK&newClientOrderId=me-1").body,
            R"({"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"me-1","transactTime":1700000000000})");
  EXPECT_EQ(
      house
          .limit(house.ann, "SELL", "50001", "0.5",
                 "&newOrderRespType=RESULT&newClientOrderId=me_2&strategyId=7&strategyType=1000001")
          .body,
      R"({"symbol":"BTCUSDT","orderId":2,"orderListId":-1,"clientOrderId":"me_2","transactTime":1700000000000,)"
      R"("price":"50001.00000000","origQty":"0.50000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
      R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
      R"("workingTime":1700000000000,"strategyId":7,"strategyType":1000001,"selfTradePreventionMode":"NONE"})");
  EXPECT_EQ(
      house.limit(house.bob, "BUY", "50001", "1.2").body,
      with_names(
          R"({"symbol":"BTCUSDT","orderId":3,"orderListId":-1,"clientOrderId":"{#3}","transactTime":1700000000000,)"
          R"("price":"50001.00000000","origQty":"1.20000000","executedQty":"1.20000000","origQuoteOrderQty":"0.00000000",)"
          R"("cummulativeQuoteQty":"60000.20000000","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY",)"
          R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE","fills":[)"
          R"({"price":"50000.00000000","qty":"1.00000000","commission":"0.00100000","commissionAsset":"BTC","tradeId":1},)"
          R"({"price":"50001.00000000","qty":"0.20000000","commission":"0.00020000","commissionAsset":"BTC","tradeId":2}]})"));
  EXPECT_EQ(
      house.call(house.bob, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=49000")
          .body,
      with_names(
          R"({"symbol":"BTCUSDT","orderId":4,"orderListId":-1,"clientOrderId":"{#4}","transactTime":1700000000000})"))
      << "a post-only order is acknowledged only";
}

TEST(Placing, MarketOrdersByQuantityAndByAmount) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  EXPECT_EQ(
      house.call(house.bob, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=777.77").body,
      with_names(
          R"({"symbol":"BTCUSDT","orderId":2,"orderListId":-1,"clientOrderId":"{#2}","transactTime":1700000000000,)"
          R"("price":"0.00000000","origQty":"0.01555000","executedQty":"0.01555000","origQuoteOrderQty":"777.77000000",)"
          R"("cummulativeQuoteQty":"777.50000000","status":"FILLED","timeInForce":"GTC","type":"MARKET","side":"BUY",)"
          R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE","fills":[)"
          R"({"price":"50000.00000000","qty":"0.01555000","commission":"0.00001555","commissionAsset":"BTC","tradeId":1}]})"));
  EXPECT_EQ(
      house
          .call(house.bob, "POST", "/api/v3/order",
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=2&newOrderRespType=RESULT")
          .body,
      with_names(
          R"({"symbol":"BTCUSDT","orderId":3,"orderListId":-1,"clientOrderId":"{#3}","transactTime":1700000000000,)"
          R"("price":"0.00000000","origQty":"2.00000000","executedQty":"0.98445000","origQuoteOrderQty":"0.00000000",)"
          R"("cummulativeQuoteQty":"49222.50000000","status":"EXPIRED","timeInForce":"GTC","type":"MARKET","side":"BUY",)"
          R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE","expiryReason":"INSUFFICIENT_LIQUIDITY"})"));
}

TEST(Placing, WhatCannotRestExpiresWithItsReason) {
  TestHouse house;
  const auto place = [&](std::string_view time_in_force) {
    const std::string body =
        house
            .call(house.bob, "POST", "/api/v3/order",
                  "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=2&price=50000&timeInForce=" + std::string(time_in_force))
            .body;
    return body.substr(body.find("\"status\""), body.find(",\"timeInForce\"") - body.find("\"status\"")) +
           body.substr(body.find(",\"expiryReason\""));
  };
  EXPECT_EQ(place("IOC"), R"("status":"EXPIRED","expiryReason":"UNFILLED_IOC_QUANTITY_EXPIRED","fills":[]})");
  EXPECT_EQ(place("FOK"), R"("status":"EXPIRED","expiryReason":"UNFILLED_FOK_ORDER_EXPIRED","fills":[]})");
}

TEST(Placing, WhatPriceRangesStopExpiresOrWaitsForTheAuction) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "0.02").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "50000", "0.01").status, 200);
  ASSERT_EQ(house.limit(house.ann, "SELL", "52000", "0.02").status, 200);
  const auto market = house.port.views().instruments.market("BTCUSDT")->id;
  house.port.apply(instruments::SetMarketRanges{market, {0, 200, instruments::RangeOutcome::expire}, {}});
  const std::string expires = house.limit(house.bob, "BUY", "52000", "0.02").body;
  EXPECT_NE(expires.find(R"("executedQty":"0.01000000")"), std::string::npos) << expires;
  EXPECT_NE(expires.find(R"("status":"EXPIRED")"), std::string::npos) << expires;
  EXPECT_NE(expires.find(R"("expiryReason":"EXECUTION_RULE_PRICE_RANGE_EXCEEDED")"), std::string::npos) << expires;
  house.port.apply(instruments::SetMarketRanges{market, {0, 200, instruments::RangeOutcome::auction}, {}});
  const std::string waits = house.limit(house.bob, "BUY", "52000", "0.01").body;
  EXPECT_NE(waits.find(R"("status":"NEW")"), std::string::npos) << waits;
  EXPECT_EQ(house.port.views().instruments.market("BTCUSDT")->state, instruments::MarketState::auction);
  const auto closed =
      house.call(house.bob, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
  EXPECT_EQ(closed.status, 400);
  EXPECT_NE(closed.body.find("Market is closed."), std::string::npos) << closed.body;
}

TEST(Placing, SelfTradePrevention) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  const std::string taker = house.limit(house.ann, "BUY", "50000", "0.4", "&selfTradePreventionMode=EXPIRE_TAKER").body;
  EXPECT_NE(taker.find(R"("status":"EXPIRED_IN_MATCH")"), std::string::npos) << taker;
  EXPECT_NE(taker.find(R"("selfTradePreventionMode":"EXPIRE_TAKER")"), std::string::npos) << taker;
  EXPECT_NE(taker.find(R"("fills":[])"), std::string::npos) << taker;
  const std::string both = house.limit(house.ann, "BUY", "50000", "0.4", "&selfTradePreventionMode=DECREMENT").body;
  EXPECT_NE(both.find(R"("preventedMatchId":)"), std::string::npos) << both;
  EXPECT_NE(both.find(R"("preventedQuantity":"0.40000000")"), std::string::npos) << both;
  const std::string allowed = house.limit(house.ann, "BUY", "50000", "0.1").body;
  EXPECT_NE(allowed.find(R"("status":"FILLED")"), std::string::npos)
      << "without a mode an account may trade with itself: " << allowed;
  EXPECT_NE(allowed.find(R"("executedQty":"0.10000000")"), std::string::npos)
      << "the other side's fill is not counted too: " << allowed;
  EXPECT_EQ(allowed.find("tradeId"), allowed.rfind("tradeId")) << allowed;
}

TEST(Placing, ParametersInTheBodyAndInBoth) {
  TestHouse house;
  const auto place = [&](std::string query, std::string body) {
    body += "&timestamp=" + house.now_ms();
    body += "&signature=" + TestHouse::sign(house.ann, query, body);
    const std::string target = query.empty() ? "/api/v3/order" : "/api/v3/order?" + query;
    return house.send(TestHouse::http("POST", target, body, "X-MBX-APIKEY: " + house.ann.api_key + "\r\n"));
  };
  EXPECT_EQ(place("", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100").status, 200);
  EXPECT_EQ(place("symbol=BTCUSDT&side=BUY", "type=LIMIT&timeInForce=GTC&quantity=1&price=100").status, 200);
  const Response both =
      place("symbol=BTCUSDT&side=BUY&price=101", "side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=100");
  EXPECT_NE(both.body.find(R"("price":"101.00000000")"), std::string::npos) << "the query wins: " << both.body;
  EXPECT_NE(both.body.find(R"("side":"BUY")"), std::string::npos);
}

TEST(Placing, AChunkedBodyIsSignedAsItsContent) {
  TestHouse house;
  std::string body =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100&timestamp=" + house.now_ms();
  body += "&signature=" + TestHouse::sign(house.ann, {}, body);
  std::string bytes = "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: " + house.ann.api_key +
                      "\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 10) {
    const std::string piece = body.substr(at, 10);
    bytes += std::string(1, "0123456789A"[piece.size()]) + "\r\n" + piece + "\r\n";
  }
  EXPECT_EQ(house.send(bytes + "0\r\n\r\n").status, 200);
}

TEST(Placing, TestOrdersAreCheckedAndNotPlaced) {
  TestHouse house;
  const std::string order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100";
  EXPECT_EQ(house.call(house.ann, "POST", "/api/v3/order/test", order).body, "{}");
  EXPECT_EQ(
      house.call(house.ann, "POST", "/api/v3/order/test", order + "&computeCommissionRates=true").body,
      R"({"standardCommissionForOrder":{"maker":"0.00100000","taker":"0.00100000"},)"
      R"("specialCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},)"
      R"("taxCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},)"
      R"("discount":{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}})");
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders").body, "[]");
}

TEST(Cancelling, OneOrder) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1", "&newClientOrderId=mine").status, 200);
  EXPECT_EQ(
      house.call(house.ann, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1&newClientOrderId=stop-it").body,
      R"({"symbol":"BTCUSDT","origClientOrderId":"mine","orderId":1,"orderListId":-1,"clientOrderId":"stop-it",)"
      R"("transactTime":1700000000000,"price":"100.00000000","origQty":"1.00000000","executedQty":"0.00000000",)"
      R"("origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC",)"
      R"("type":"LIMIT","side":"BUY","selfTradePreventionMode":"NONE"})");
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1", "&newClientOrderId=mine").status, 200)
      << "the name is free again";
  const Response by_name = house.call(house.ann, "DELETE", "/api/v3/order",
                                      "symbol=BTCUSDT&origClientOrderId=mine&cancelRestrictions=ONLY_NEW");
  EXPECT_EQ(by_name.status, 200);
  EXPECT_NE(by_name.body.find(R"("orderId":2,)"), std::string::npos);
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1").status, 200);
  EXPECT_EQ(house.call(house.ann, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=" + made(3)).status, 200)
      << "the exchange's own name for an order finds it too";
}

TEST(Cancelling, AllOrdersOfAMarket) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1", "&newClientOrderId=a").status, 200);
  ASSERT_EQ(house.limit(house.ann, "BUY", "101", "1", "&newClientOrderId=b").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "102", "1").status, 200);
  const Response response = house.call(house.ann, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
  EXPECT_EQ(response.status, 200);
  for (const std::string_view name : {R"([{"symbol":"BTCUSDT","origClientOrderId":"a","orderId":1,)",
                                      R"(},{"symbol":"BTCUSDT","origClientOrderId":"b","orderId":2,)"}) {
    EXPECT_NE(response.body.find(name), std::string::npos) << response.body;
  }
  EXPECT_EQ(response.body.find("\"orderId\":3"), std::string::npos) << "bob's order is bob's";
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders").body, "[]");
  EXPECT_NE(house.call(house.bob, "GET", "/api/v3/openOrders").body, "[]");
}

constexpr std::string_view kOrderOne =
    R"({"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"mine","price":"100.00000000","origQty":"1.00000000",)"
    R"("executedQty":"0.25000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"25.00000000","status":"PARTIALLY_FILLED",)"
    R"("timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.00000000","icebergQty":"0.00000000","time":1700000000000,)"
    R"("updateTime":1700000001000,"isWorking":true,"workingTime":1700000000000,"selfTradePreventionMode":"NONE"})";

TEST(Reading, OrdersAndTrades) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1", "&newClientOrderId=mine").status, 200);
  house.port.time.ns += 1'000'000'000;
  ASSERT_EQ(house.limit(house.bob, "SELL", "100", "0.25").status, 200);
  const std::string list = "[" + std::string(kOrderOne) + "]";
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1").body, kOrderOne);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine").body, kOrderOne);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1&origClientOrderId=mine").body,
            kOrderOne);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body, list);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders").body, list);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/openOrders", "symbol=ETHUSDT").body, "[]");
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/allOrders", "symbol=BTCUSDT").body, list);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&orderId=0&limit=1000").body, list);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&orderId=2").body, "[]");
  EXPECT_EQ(
      house.call(house.ann, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&startTime=1700000000000&endTime=1700000000000")
          .body,
      list);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&startTime=1700000000000001").body, "[]")
      << "in microseconds";
  const std::string trades =
      R"([{"symbol":"BTCUSDT","id":1,"orderId":1,"orderListId":-1,"price":"100.00000000","qty":"0.25000000","quoteQty":"25.00000000",)"
      R"("commission":"0.00025000","commissionAsset":"BTC","time":1700000001000,"isBuyer":true,"isMaker":true,"isBestMatch":true}])";
  for (const std::string_view more : {"", "&orderId=1", "&fromId=1", "&orderId=1&fromId=1", "&startTime=1700000001000",
                                      "&endTime=1700000001000", "&limit=5000"}) {
    EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/myTrades", "symbol=BTCUSDT" + std::string(more)).body, trades)
        << more;
  }
  for (const std::string_view more :
       {"&orderId=2", "&fromId=2", "&startTime=1700000001001", "&endTime=1700000000999"}) {
    EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/myTrades", "symbol=BTCUSDT" + std::string(more)).body, "[]")
        << more;
  }
}

// Times are shown in whole milliseconds, so a bound in milliseconds takes in all of the one it names.
TEST(Reading, AnEndTimeTakesInItsWholeMillisecond) {
  TestHouse house;
  house.port.time.ns += 400'000;
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  ASSERT_EQ(house.limit(house.bob, "BUY", "50000", "1").status, 200);
  for (const std::string_view path : {"/api/v3/myTrades", "/api/v3/allOrders"}) {
    const auto ask = [&](std::string_view more) {
      return house.call(house.bob, "GET", path, "symbol=BTCUSDT" + std::string(more)).body;
    };
    ASSERT_NE(ask(""), "[]");
    EXPECT_EQ(ask("&endTime=1700000000000"), ask("")) << path;
    EXPECT_EQ(ask("&endTime=1699999999999"), "[]") << path;
    EXPECT_EQ(ask("&endTime=1700000000000399"), "[]") << path << ", in microseconds";
    EXPECT_EQ(ask("&startTime=1699913600000&endTime=1700000000000"), ask("")) << path << ", 24 hours exactly";
  }
}

TEST(Reading, MicrosecondsWhenAskedFor) {
  TestHouse house;
  house.port.time.ns += 123'000;
  const Response placed = house.limit(house.ann, "BUY", "100", "1", "&timeUnit=microsecond");
  EXPECT_NE(placed.body.find(R"("transactTime":1700000000000123,)"), std::string::npos) << placed.body;
  EXPECT_NE(placed.body.find(R"("workingTime":1700000000000123,)"), std::string::npos);
  const Response read =
      house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1", "X-MBX-TIME-UNIT: MICROSECOND\r\n");
  EXPECT_NE(read.body.find(R"("updateTime":1700000000000123,)"), std::string::npos) << read.body;
}

TEST(Reading, Account) {
  TestHouse house;
  ASSERT_EQ(house.limit(house.ann, "BUY", "100", "1").status, 200);
  const std::string head =
      R"({"makerCommission":10,"takerCommission":10,"buyerCommission":0,"sellerCommission":0,)"
      R"("commissionRates":{"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"},)"
      R"("canTrade":true,"canWithdraw":false,"canDeposit":true,"brokered":false,"requireSelfTradePrevention":false,"preventSor":false,)"
      R"("updateTime":1700000000000,"accountType":"SPOT","balances":[{"asset":"BTC","free":"100.00000000","locked":"0.00000000"},)"
      R"({"asset":"ETH","free":"1000.00000000","locked":"0.00000000"},)";
  const std::string tail =
      R"({"asset":"USDT","free":"4999900.00000000","locked":"100.00000000"}],"permissions":["SPOT"],"uid":1000})";
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/account").body,
            head + R"({"asset":"SOL","free":"0.00000000","locked":"0.00000000"},)" + tail);
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/account", "omitZeroBalances=true").body, head + tail);
}

TEST(Reading, RatesOfTheMarketAndOfTheAccount) {
  TestHouse house;
  const auto standard = [&] {
    const std::string body = house.call(house.ann, "GET", "/api/v3/account/commission", "symbol=BTCUSDT").body;
    return body.substr(0, body.find("},") + 1);
  };
  EXPECT_EQ(
      standard(),
      R"({"symbol":"BTCUSDT","standardCommission":{"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"})");
  house.port.apply(
      fees::SetAccountFees{.account = house.ann.account, .rates = {core::FeeRate{25'000}, core::FeeRate{75'000}}});
  EXPECT_EQ(
      standard(),
      R"({"symbol":"BTCUSDT","standardCommission":{"maker":"0.00025000","taker":"0.00075000","buyer":"0.00000000","seller":"0.00000000"})");
  EXPECT_EQ(house.call(house.ann, "GET", "/sapi/v1/asset/tradeFee", "symbol=ETHBTC").body,
            R"([{"symbol":"ETHBTC","makerCommission":"0.00025000","takerCommission":"0.00075000"}])");
}

}  // namespace
}  // namespace rest
