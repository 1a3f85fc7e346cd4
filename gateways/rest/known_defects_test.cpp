// Defects that exchanges elsewhere are known for, shown on the requests of clients.
#include "gateways/rest/test_house.h"

namespace rest {
namespace {

// "NaN" and its like, read as a floating-point number: every comparison with it is false, so that it passes all
// filters.
// rule: defect-nan-price
TEST(KnownDefects, NoPriceQuantityOrAmountIsAnythingButADecimalNumber) {
  TestHouse house;
  house.make_history();
  const std::string before = house.state();
  // As they stand in a query.
  const char* const texts[] = {"NaN",  "nan",  "NAN(1)", "Infinity", "inf",   "-Infinity", "1e5",       "1E5",
                               "0x10", "-1",   "-0",     "%2B1",     "1,5",   "1..5",      "1.5.5",     ".",
                               "%201", "1%20", "1%00",   "1_000",    "1000f", "%EF%BC%91", "%E2%88%9E", "null"};
  for (const std::string_view name : {"price", "quantity", "quoteOrderQty"}) {
    for (const std::string text : texts) {
      std::string query = "symbol=BTCUSDT&side=BUY&" + std::string(name) + "=" + text;
      if (name == "quoteOrderQty") {
        query += "&type=MARKET";
      } else {
        query += "&type=LIMIT&timeInForce=GTC";
        query += name == "price" ? "&quantity=1" : "&price=40000";
      }
      for (const std::string_view path : {"/api/v3/order", "/api/v3/order/test"}) {
        const Response response = house.call(house.ann, "POST", path, query);
        EXPECT_EQ(response.status, 400) << query;
        EXPECT_TRUE(response.body.starts_with(R"({"code":-1100,"msg":"Illegal characters found in parameter ')" +
                                              std::string(name) + "'"))
            << query << ": " << response.body;
      }
      ASSERT_EQ(house.state(), before) << query;
    }
  }
  EXPECT_EQ(house.limit(house.ann, "BUY", "40000", "1").status, 200) << "a number it takes";
}

// Without what two orders' answers may differ in: the value behind each of these names, up to the next comma.
std::string without_names(std::string text) {
  for (const std::string_view name : {"\"orderId\":", "\"clientOrderId\":"}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
      text.erase(at + name.size(), text.find(',', at) - at - name.size());
  }
  return text;
}

// A request read by position takes price for quantity when the optional name in front of them is not there.
// rule: defect-client-id-shifts-fields
TEST(KnownDefects, AnOptionalClientOrderIdShiftsNoFieldOfARequest) {
  const std::vector<std::string> parameters = {"symbol=BTCUSDT",
                                               "side=BUY",
                                               "type=LIMIT",
                                               "timeInForce=GTC",
                                               "price=40000",
                                               "quantity=0.125",
                                               "selfTradePreventionMode=EXPIRE_MAKER"};
  std::string first;
  for (std::size_t at = 0; at <= parameters.size() + 1; ++at) {  // where the id stands; at the last: nowhere
    TestHouse house;
    std::string query;
    for (std::size_t i = 0; i <= parameters.size(); ++i) {
      const auto add = [&](const std::string& one) { query += (query.empty() ? "" : "&") + one; };
      if (i == at) add("newClientOrderId=40000");  // which would do as a price
      if (i < parameters.size()) add(parameters[i]);
    }
    const Response placed = house.call(house.ann, "POST", "/api/v3/order", query);
    ASSERT_EQ(placed.status, 200) << query;
    EXPECT_EQ(placed.body.find(R"("clientOrderId":"40000")") != std::string::npos, at <= parameters.size()) << query;
    const std::string open = house.call(house.ann, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body;
    const std::string told = without_names(placed.body + open);
    EXPECT_NE(told.find(R"("price":"40000.00000000","origQty":"0.12500000")"), std::string::npos) << told;
    if (at == 0) first = told;
    EXPECT_EQ(told, first) << query;
  }
}

}  // namespace
}  // namespace rest
