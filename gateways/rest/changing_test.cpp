// Cancel-replace in all its outcomes, amendments, order limits, and the wallet's honest answers.
#include "gateways/rest/test_house.h"
#include "services/orders/client_order_id.h"

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::string cancelled(std::string_view name, std::uint64_t order, std::string_view cancel_id,
                      std::string_view price = "40000") {
  return R"({"symbol":"BTCUSDT","origClientOrderId":")" + std::string(name) + R"(","orderId":)" +
         std::to_string(order) + R"(,"orderListId":-1,"clientOrderId":")" + std::string(cancel_id) +
         R"(","transactTime":1700000000000,"price":")" + std::string(price) +
         R"(.00000000","origQty":"1.00000000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",)"
         R"("cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY",)"
         R"("selfTradePreventionMode":"NONE"})";
}
std::string acknowledged(std::string_view name, std::uint64_t order) {
  return R"({"symbol":"BTCUSDT","orderId":)" + std::to_string(order) + R"(,"orderListId":-1,"clientOrderId":")" +
         std::string(name) + R"(","transactTime":1700000000000})";
}
std::string both(std::string_view cancel_result, std::string_view order_result, std::string_view cancel,
                 std::string_view order) {
  return R"({"cancelResult":")" + std::string(cancel_result) + R"(","newOrderResult":")" + std::string(order_result) +
         R"(","cancelResponse":)" + std::string(cancel) + R"(,"newOrderResponse":)" + std::string(order) + "}";
}
std::string failed(int code, std::string_view text, std::string_view data) {
  return R"({"code":)" + std::to_string(code) + R"(,"msg":")" + std::string(text) + R"(","data":)" + std::string(data) +
         "}";
}
constexpr std::string_view kUnknown = R"({"code":-2011,"msg":"Unknown order sent."})";
constexpr std::string_view kPoor = R"({"code":-2010,"msg":"Account has insufficient balance for requested action."})";
constexpr std::string_view kTaker = R"({"code":-2010,"msg":"Order would immediately match and take."})";
constexpr std::string_view kTooMany =
    R"({"code":-1015,"msg":"Too many new orders; current limit is 3 orders per 10 SECOND."})";
constexpr std::string_view kPartly = "Order cancel-replace partially failed.";
constexpr std::string_view kFailed = "Order cancel-replace failed.";

constexpr std::string_view kGood = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=41000&newOrderRespType=ACK";
constexpr std::string_view kTooDear = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=150&price=41000";
constexpr std::string_view kTakes = "side=BUY&type=LIMIT_MAKER&quantity=1&price=50000";

// Ann has an open order "old" (id 2, BUY 1 at 40000), Bob sells 1 at 50000.
class Replacing : public testing::Test {
 protected:
  explicit Replacing(desk::Options options = TestHouse::with_open_limits()) : house(options) {
    EXPECT_EQ(house.limit(house.bob, "SELL", "50000", "1").status, 200);
    EXPECT_EQ(house.limit(house.ann, "BUY", "40000", "1", "&newClientOrderId=old").status, 200);
  }
  Response replace(std::string_view order, std::string_view more) {
    return house.call(house.ann, "POST", "/api/v3/order/cancelReplace",
                      "symbol=BTCUSDT&newClientOrderId=new&cancelNewClientOrderId=gone&" + std::string(order) + "&" +
                          std::string(more));
  }
  std::string open() { return house.call(house.ann, "GET", "/api/v3/openOrders").body; }

  TestHouse house;
};

TEST_F(Replacing, BothGoWell) {
  const Response done = replace(kGood, "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, both("SUCCESS", "SUCCESS", cancelled("old", 2, "gone"), acknowledged("new", 3)));
  EXPECT_EQ(done.header("X-MBX-USED-WEIGHT-1M"), "0") << "what succeeds weighs nothing";
  EXPECT_EQ(done.header("X-MBX-ORDER-COUNT-10S"), "2");
  EXPECT_EQ(replace(kGood, "cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=new").body,
            both("SUCCESS", "SUCCESS", cancelled("new", 3, "gone", "41000"), acknowledged("new", 4)))
      << "the new order may have the name of the cancelled one";
}

TEST_F(Replacing, TheNewOrderInFull) {
  const std::string body =
      replace("side=SELL&type=MARKET&quantity=1", "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2").body;
  EXPECT_NE(body.find(R"("newOrderResponse":{"symbol":"BTCUSDT","orderId":3,)"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("status":"EXPIRED","timeInForce":"GTC","type":"MARKET","side":"SELL")"), std::string::npos);
  EXPECT_NE(body.find(R"("fills":[]}})"), std::string::npos);
}

TEST_F(Replacing, EveryOutcome) {
  struct Case {
    std::string_view what, order, more;
    int status;
    std::string body;
    bool old_is_open;
  };
  const Case cases[] = {
      {"the cancel fails and stops it", kGood, "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=99", 400,
       failed(-2022, kFailed, both("FAILURE", "NOT_ATTEMPTED", kUnknown, "null")), true},
      {"a restriction stops it", kGood,
       "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2&cancelRestrictions=ONLY_PARTIALLY_FILLED", 400,
       failed(-2022, kFailed,
              both("FAILURE", "NOT_ATTEMPTED",
                   R"({"code":-2011,"msg":"Order was not canceled due to cancel restrictions."})", "null")),
       true},
      {"id and name are of two orders", kGood,
       "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2&cancelOrigClientOrderId=other", 400,
       failed(-2022, kFailed, both("FAILURE", "NOT_ATTEMPTED", kUnknown, "null")), true},
      {"both fail", kTooDear, "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99", 400,
       failed(-2022, kFailed, both("FAILURE", "FAILURE", kUnknown, kPoor)), true},
      {"both fail, one in the book", kTakes, "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99", 400,
       failed(-2022, kFailed, both("FAILURE", "FAILURE", kUnknown, kTaker)), true},
      {"it could never be placed", "side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.00001&price=41000",
       "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=2", 400, R"({"code":-1013,"msg":"Filter failure: NOTIONAL"})",
       true},
      {"its name is there twice", "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=41000",
       "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99&newClientOrderId=old", 400,
       R"({"code":-1101,"msg":"Duplicate values for a parameter detected."})", true},
      {"the new order alone fails", kTooDear, "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2", 409,
       failed(-2021, kPartly, both("SUCCESS", "FAILURE", cancelled("old", 2, "gone"), kPoor)), false},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    const Response response = replace(each.order, each.more);
    EXPECT_EQ(response.status, each.status);
    EXPECT_EQ(response.body, each.body);
    EXPECT_EQ(open() != "[]", each.old_is_open);
  }
  EXPECT_EQ(house.get("/api/v3/ping").header("X-MBX-USED-WEIGHT-1M"), std::to_string(std::size(cases) * 81 + 1))
      << "what fails weighs one, a look at all open orders 80";
  EXPECT_TRUE(house.port.engine().audit());
}

TEST_F(Replacing, OnlyTheNewOrderGoesWell) {
  const Response response = replace(kGood, "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body, failed(-2021, kPartly, both("FAILURE", "SUCCESS", kUnknown, acknowledged("new", 3))));
}

TEST_F(Replacing, TakingInTheBookAfterTheCancel) {
  const Response response = replace(kTakes, "cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=2");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body, failed(-2021, kPartly, both("SUCCESS", "FAILURE", cancelled("old", 2, "gone"), kTaker)));
}

TEST_F(Replacing, WithoutNamesTheExchangeMakesThem) {
  const std::string body =
      house
          .call(house.ann, "POST", "/api/v3/order/cancelReplace",
                "symbol=BTCUSDT&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=2&" + std::string(kGood))
          .body;
  EXPECT_NE(
      body.find("\"clientOrderId\":\"" + std::string(orders::made_client_order_id(core::OrderId{3}).view()) + "\""),
      std::string::npos)
      << body;
}

// Three orders in ten seconds.
class OverTheLimit : public Replacing {
 protected:
  static desk::Options three_orders() {
    desk::Options options;
    options.limits.orders_short.count = 3;
    return options;
  }
  OverTheLimit() : Replacing(three_orders()) {}
  void use_up() {
    while (house.limit(house.ann, "BUY", "30000", "1").status == 200) {
    }
  }
};

TEST_F(OverTheLimit, NothingIsDone) {
  use_up();
  for (const std::string_view mode : {"STOP_ON_FAILURE", "ALLOW_FAILURE"}) {
    for (const std::string_view more : {"", "&orderRateLimitExceededMode=DO_NOTHING"}) {
      const Response response =
          replace(kGood, "cancelOrderId=2&cancelReplaceMode=" + std::string(mode) + std::string(more));
      EXPECT_EQ(response.status, 429);
      EXPECT_EQ(response.body, kTooMany);
      EXPECT_EQ(response.header("Retry-After"), "10");
    }
  }
  EXPECT_NE(open().find("\"old\""), std::string::npos);
}

TEST_F(OverTheLimit, OnlyTheCancelIsDone) {
  use_up();
  const std::string only = "&orderRateLimitExceededMode=CANCEL_ONLY";
  const Response missed = replace(kGood, "cancelOrderId=99&cancelReplaceMode=STOP_ON_FAILURE" + only);
  EXPECT_EQ(missed.status, 429);
  EXPECT_EQ(missed.body, failed(-2022, kFailed, both("FAILURE", "NOT_ATTEMPTED", kUnknown, "null")));
  const Response both_failed = replace(kGood, "cancelOrderId=99&cancelReplaceMode=ALLOW_FAILURE" + only);
  EXPECT_EQ(both_failed.status, 400);
  EXPECT_EQ(both_failed.body, failed(-2022, kFailed, both("FAILURE", "FAILURE", kUnknown, kTooMany)));
  const Response cancel = replace(kGood, "cancelOrderId=2&cancelReplaceMode=STOP_ON_FAILURE" + only);
  EXPECT_EQ(cancel.status, 409);
  EXPECT_EQ(cancel.body, failed(-2021, kPartly, both("SUCCESS", "FAILURE", cancelled("old", 2, "gone"), kTooMany)));
  EXPECT_EQ(cancel.header("X-MBX-ORDER-COUNT-10S"), "3") << "nothing was counted";
}

TEST_F(OverTheLimit, WithinTheLimitCancelOnlyChangesNothing) {
  EXPECT_EQ(
      replace(kGood, "cancelOrderId=2&cancelReplaceMode=ALLOW_FAILURE&orderRateLimitExceededMode=CANCEL_ONLY").status,
      200);
}

TEST_F(OverTheLimit, WhatIsNotAttemptedCountsAllTheSame) {
  EXPECT_EQ(replace(kGood, "cancelOrderId=99&cancelReplaceMode=STOP_ON_FAILURE").header("X-MBX-ORDER-COUNT-10S"), "2");
  EXPECT_EQ(replace(kTooDear, "cancelOrderId=99&cancelReplaceMode=ALLOW_FAILURE").header("X-MBX-ORDER-COUNT-10S"), "2")
      << "what is rejected does not";
}

// ---- amendments ----

class Amending : public Replacing {
 protected:
  Response amend(std::string_view parameters) {
    return house.call(house.ann, "PUT", "/api/v3/order/amend/keepPriority",
                      "symbol=BTCUSDT&" + std::string(parameters));
  }
  static std::string field(const std::string& body, std::string_view name) {
    const std::size_t start = body.find("\"" + std::string(name) + "\":\"") + name.size() + 4;
    return body.substr(start, body.find('"', start) - start);
  }
};

TEST_F(Amending, KeepsAllButQuantityAndName) {
  const Response done = amend("orderId=2&newQty=0.6&newClientOrderId=less");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(
      done.body,
      R"({"transactTime":1700000000000,"executionId":6,"amendedOrder":{"symbol":"BTCUSDT","orderId":2,"orderListId":-1,)"
      R"("origClientOrderId":"old","clientOrderId":"less","price":"40000.00000000","qty":"0.60000000",)"
      R"("executedQty":"0.00000000","preventedQty":"0.00000000","quoteOrderQty":"0.00000000",)"
      R"("cumulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY",)"
      R"("workingTime":1700000000000,"selfTradePreventionMode":"NONE"}})");
  EXPECT_EQ(done.header("X-MBX-USED-WEIGHT-1M"), "0");
  EXPECT_EQ(done.header("X-MBX-ORDER-COUNT-10S"), "") << "no order was placed";
  EXPECT_EQ(house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=old").body,
            R"({"code":-2013,"msg":"Order does not exist."})");
  EXPECT_EQ(
      field(house.call(house.ann, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=less").body, "origQty"),
      "0.60000000");
}

// rule: reduce-keeps-priority
TEST_F(Amending, KeepsItsPlaceInTheQueue) {
  ASSERT_EQ(house.limit(house.bob, "BUY", "40000", "1").status, 200);
  ASSERT_EQ(amend("orderId=2&newQty=0.5").status, 200);
  ASSERT_EQ(house.limit(house.bob, "SELL", "40000", "0.5").status, 200);
  EXPECT_EQ(open(), "[]") << "ann's was the first";
}

TEST_F(Amending, NamesTheOrderAnewWhenTheClientDoesNot) {
  const std::string body = amend("origClientOrderId=old&newQty=0.6").body;
  const std::string made = field(body, "clientOrderId");
  EXPECT_EQ(field(body, "origClientOrderId"), "old");
  EXPECT_EQ(made.size(), 14u);
  EXPECT_EQ(made[0], 'a');
  house.port.time.ns += 1;
  const std::string next = field(amend("origClientOrderId=" + made + "&newQty=0.5").body, "clientOrderId");
  EXPECT_NE(next, made);
  EXPECT_EQ(field(amend("origClientOrderId=" + next + "&newQty=0.4&newClientOrderId=" + next).body, "clientOrderId"),
            next)
      << "it may keep the name it has";
}

TEST_F(Amending, ToWhatIsExecutedCancelsTheRest) {
  ASSERT_EQ(house.limit(house.bob, "SELL", "40000", "0.4").status, 200);
  const std::string partly = amend("orderId=2&newQty=0.5&newClientOrderId=x").body;
  EXPECT_EQ(field(partly, "status"), "PARTIALLY_FILLED");
  EXPECT_EQ(field(partly, "executedQty"), "0.40000000");
  const std::string over = amend("orderId=2&newQty=0.4&newClientOrderId=y").body;
  EXPECT_EQ(field(over, "status"), "CANCELED");
  EXPECT_EQ(field(over, "origClientOrderId"), "x");
  EXPECT_EQ(field(over, "clientOrderId"), "y");
  EXPECT_EQ(field(over, "qty"), "0.50000000");
  EXPECT_EQ(open(), "[]");
}

TEST_F(Amending, WhatCannotBe) {
  ASSERT_EQ(house.limit(house.ann, "BUY", "39000", "1", "&newClientOrderId=taken").status, 200);
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"orderId=2&newQty=1", R"({"code":-2038,"msg":"The requested action would change no state; rejecting"})"},
      {"orderId=2&newQty=1.5", R"({"code":-2038,"msg":"Order amend (quantity increase) is not supported."})"},
      {"orderId=2&newQty=0", R"({"code":-1013,"msg":"Invalid quantity."})"},
      {"orderId=2&newQty=0.5000001", R"({"code":-1013,"msg":"Filter failure: LOT_SIZE"})"},
      {"orderId=2&newQty=0.00001", R"({"code":-1013,"msg":"Filter failure: NOTIONAL"})"},
      {"orderId=2&newQty=0.5&newClientOrderId=taken", R"({"code":-2038,"msg":"Duplicate order sent."})"},
      {"orderId=2&newQty=0.5&newClientOrderId=not%20valid",
       R"({"code":-1100,"msg":"Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."})"},
      {"orderId=1&newQty=0.5", R"({"code":-2038,"msg":"Unknown order sent."})"},
      {"orderId=0&newQty=0.5", R"({"code":-2038,"msg":"Unknown order sent."})"},
      {"orderId=2&origClientOrderId=taken&newQty=0.5", R"({"code":-2038,"msg":"Unknown order sent."})"},
      {"newQty=0.5",
       R"({"code":-1102,"msg":"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"})"},
      {"orderId=2",
       R"({"code":-1102,"msg":"Mandatory parameter 'newQty' was not sent, was empty/null, or malformed."})"},
      {"orderId=2&newQty=0.5&price=1",
       R"({"code":-1104,"msg":"Not all sent parameters were read; read '5' parameter(s) but was sent '6'."})"},
  };
  for (const auto& [parameters, body] : cases) {
    const Response response = amend(parameters);
    EXPECT_EQ(response.status, 400) << parameters;
    EXPECT_EQ(response.body, body) << parameters;
  }
  EXPECT_EQ(house.get("/api/v3/ping").header("X-MBX-USED-WEIGHT-1M"), std::to_string(std::size(cases) * 4 + 1));
  EXPECT_NE(open().find(R"("clientOrderId":"old","price":"40000.00000000","origQty":"1.00000000")"), std::string::npos);
}

// Two on their way at the same time: each says what the quantity becomes, so they do not add up.
TEST_F(Amending, TwiceAtOnce) {
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  for (const std::string_view quantity : {"0.8", "0.6"}) {
    house.network.feed(connection, house.signed_http(house.ann, "PUT", "/api/v3/order/amend/keepPriority",
                                                     "symbol=BTCUSDT&orderId=2&newQty=" + std::string(quantity)));
  }
  house.port.deliver();
  const auto responses = parse_responses(house.network.take(connection));
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(field(responses[0].body, "qty"), "0.80000000");
  EXPECT_EQ(field(responses[1].body, "qty"), "0.60000000");
}

// ---- limits and wallet ----

TEST(RateLimitOrder, ShowsBothWindows) {
  TestHouse house{desk::Options{}};
  ASSERT_EQ(house.limit(house.ann, "SELL", "50000", "1").status, 200);
  const Response shown = house.call(house.ann, "GET", "/api/v3/rateLimit/order");
  EXPECT_EQ(shown.body, R"([{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":1},)"
                        R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":1}])");
  EXPECT_EQ(shown.header("X-MBX-USED-WEIGHT-1M"), "40");
  house.port.time.ns += 10 * kSecondNs;
  EXPECT_NE(house.call(house.ann, "GET", "/api/v3/rateLimit/order").body.find(R"("limit":100,"count":0)"),
            std::string::npos);
  EXPECT_EQ(TestHouse().call(house.ann, "GET", "/api/v3/rateLimit/order").body, "[]") << "no limits, nothing to show";
}

TEST(Wallet, IsHonestlyEmpty) {
  struct Case {
    std::string_view method, path, query, body;
  };
  const Case cases[] = {
      {"GET", "/sapi/v1/capital/deposit/address", "coin=BTC&network=BTC",
       R"({"address":"","coin":"BTC","tag":"","url":""})"},
      {"GET", "/sapi/v1/capital/deposit/address", "coin=DOGE",
       R"({"code":-1130,"msg":"Data sent for parameter 'coin' is not valid."})"},
      {"GET", "/sapi/v1/capital/deposit/address", "",
       R"({"code":-1102,"msg":"Mandatory parameter 'coin' was not sent, was empty/null, or malformed."})"},
      {"GET", "/sapi/v1/capital/deposit/hisrec", "coin=BTC&status=1&startTime=1&endTime=2&limit=10", "[]"},
      {"GET", "/sapi/v1/capital/deposit/hisrec", "status=x",
       R"({"code":-1100,"msg":"Illegal characters found in parameter 'status'; legal range is '^[0-9]{1,20}$'."})"},
      {"GET", "/sapi/v1/capital/withdraw/history", "coin=BTC", "[]"},
      {"POST", "/sapi/v1/asset/get-funding-asset", "asset=BTC&needBtcValuation=true", "[]"},
      {"GET", "/sapi/v1/asset/transfer", "type=MAIN_FUNDING", R"({"total":0,"rows":[]})"},
      {"POST", "/sapi/v1/asset/transfer", "type=MAIN_FUNDING&asset=BTC&amount=1",
       R"({"code":-1020,"msg":"This operation is not supported."})"},
      {"POST", "/sapi/v1/asset/transfer", "type=MAIN_FUNDING&asset=BTC",
       R"({"code":-1102,"msg":"Mandatory parameter 'amount' was not sent, was empty/null, or malformed."})"},
  };
  TestHouse house;
  for (const Case& each : cases) {
    const Response response = house.call(house.ann, each.method, each.path, std::string(each.query));
    EXPECT_EQ(response.body, each.body) << each.path << "?" << each.query;
    EXPECT_EQ(response.status, each.body.starts_with("{\"code\"") ? 400 : 200);
  }
}

TEST(UserDataStream, NeedsAStoreOfListenKeys) {
  TestHouse house;
  const std::string header = "X-MBX-APIKEY: " + house.ann.api_key + "\r\n";
  EXPECT_EQ(house.send(TestHouse::http("POST", "/api/v3/userDataStream", {}, header)).body,
            R"({"code":-1020,"msg":"This operation is not supported."})");
  EXPECT_EQ(house.send(TestHouse::http("POST", "/api/v3/userDataStream")).body,
            R"({"code":-2014,"msg":"API-key format invalid."})");
}

}  // namespace
}  // namespace rest
