// The parts that turn text into values and values into text; whole operations are tested over the gateway
// (gateways/rest).
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "gateways/spot/arguments.h"
#include "gateways/spot/json_writer.h"
#include "gateways/spot/parameters.h"
#include "services/instruments/defaults.h"

namespace spot {
namespace {

TEST(Json, NestsSeparatesAndEscapes) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .field("a", 1)
      .field("b", "x")
      .key("c")
      .begin_array()
      .number(std::int64_t{-2})
      .boolean(false)
      .begin_object()
      .end_object();
  json.begin_array().end_array().end_array().field("d", std::numeric_limits<std::uint64_t>::max()).key("e").raw("null");
  json.key("f").quoted([](std::string& to) { to += "0.10"; }).end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","c":[-2,false,{},[]],"d":18446744073709551615,"e":null,"f":"0.10"})");
  out.clear();
  JsonWriter(out).text(std::string_view("\"\\/\n\x01\x7F\0é", 9));
  EXPECT_EQ(out, "\"\\\"\\\\/\\u000a\\u0001\\u007f\\u0000é\"");
}

TEST(Utf8, AsTheStandardHasIt) {
  struct Case {
    std::string_view text;
    bool valid;
  };
  constexpr std::array kCases = {
      Case{"", true},
      Case{"plain", true},
      Case{"\xC2\x80", true},
      Case{"\xDF\xBF", true},
      Case{"\xE0\xA0\x80", true},
      Case{"\xED\x9F\xBF", true},
      Case{"\xEE\x80\x80", true},
      Case{"\xF0\x90\x80\x80", true},
      Case{"\xF4\x8F\xBF\xBF", true},
      Case{"\x80", false},  // a continuation without a start
      Case{"\xC2", false},  // a start without a continuation
      Case{"\xC2x", false},
      Case{"\xC0\x80", false},  // longer than needed
      Case{"\xC1\xBF", false},
      Case{"\xE0\x9F\xBF", false},
      Case{"\xF0\x8F\xBF\xBF", false},
      Case{"\xED\xA0\x80", false},      // a surrogate
      Case{"\xF4\x90\x80\x80", false},  // above U+10FFFF
      Case{"\xF5\x80\x80\x80", false},
      Case{"\xFF", false},
      Case{"\xE2\x82", false},
      Case{"\xE2\x82x", false},
  };
  for (const Case& each : kCases) EXPECT_EQ(is_valid_utf8(each.text), each.valid) << each.text;
}

TEST(Parameters, AreDecodedAndCounted) {
  Parameters parameters;
  ASSERT_TRUE(parameters.parse("a=1&b=%41%2b+c&&empty=&bare&=nameless", "d=%C3%A9&a=2"));
  EXPECT_EQ(parameters.sent(), 6u) << "the query's a counts, the body's does not";
  EXPECT_EQ(parameters.read("a"), "1");
  EXPECT_EQ(parameters.read("b"), "A+ c");
  EXPECT_EQ(parameters.read("empty"), "");
  EXPECT_EQ(parameters.read("bare"), "");
  EXPECT_EQ(parameters.read("d"), "é");
  EXPECT_EQ(parameters.read("e"), std::nullopt);
  EXPECT_EQ(parameters.peek(""), "nameless");
  EXPECT_EQ(parameters.read_count(), 5u) << "peeking is not reading";
  EXPECT_EQ(parameters.read("a"), "1");
  EXPECT_EQ(parameters.read_count(), 5u);
  ASSERT_TRUE(parameters.parse("", ""));
  EXPECT_EQ(parameters.sent(), 0u);
  EXPECT_EQ(parameters.read_count(), 0u);
}

TEST(Parameters, DecodedTextStaysWhereItIs) {
  Parameters parameters;
  std::string query;
  for (int i = 0; i < 60; ++i) query += "p" + std::to_string(i) + "=%41" + std::string(100, '+') + "&";
  ASSERT_TRUE(parameters.parse(query, query));
  for (int i = 0; i < 60; ++i) EXPECT_EQ(parameters.read("p" + std::to_string(i)), "A" + std::string(100, ' '));
}

TEST(Parameters, AtMost64) {
  Parameters parameters;
  std::string query;
  for (int i = 0; i < 64; ++i) query += "p" + std::to_string(i) + "=1&";
  EXPECT_TRUE(parameters.parse(query, ""));
  EXPECT_EQ(parameters.read("p63"), "1");
  const auto refused = parameters.parse(query, "more=1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, -1101);
}

TEST(Symbols, Lists) {
  const auto list = [](std::string_view text) { return parse_symbol_list(text); };
  using Symbols = std::vector<std::string_view>;
  EXPECT_EQ(list("[]"), Symbols{});
  EXPECT_EQ(list(R"(["A"])"), Symbols{"A"});
  EXPECT_EQ(list(R"(["A","B-1"])"), (Symbols{"A", "B-1"}));
  for (const std::string_view bad :
       {"", "[", "]", "[,]", R"(["A",])", R"([,"A"])", R"(["A" "B"])", R"(["A""B"])", R"(["A"], )", R"([""])",
        R"(["a"])", R"(["A])", R"([A"])", R"("A")", R"(["A"],["B"])", R"(["ABCDEFGHIJKLMNOPQRSTU"])"}) {
    EXPECT_FALSE(list(bad)) << bad;
  }
}

class ArgumentsTest : public testing::Test {
 protected:
  ArgumentsTest() {
    for (const auto& asset : instruments::default_assets()) EXPECT_TRUE(registry.add(asset));
    for (const auto& market : instruments::default_markets()) EXPECT_TRUE(registry.add(market));
  }
  // Arguments of a query. They live until the next call.
  Arguments& of(std::string_view query) {
    EXPECT_TRUE(parameters.parse(query, ""));
    return arguments.emplace(parameters, registry);
  }
  instruments::Registry registry;
  Parameters parameters;
  std::optional<Arguments> arguments;
};

TEST_F(ArgumentsTest, TheFirstComplaintStays) {
  Arguments& taken = of("side=HOLD");
  (void)taken.mandatory("symbol");
  (void)taken.integer("orderId");
  taken.forbid("side");
  EXPECT_FALSE(taken.finish());
  EXPECT_EQ(taken.error().message, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
}

TEST_F(ArgumentsTest, NumbersAreExact) {
  const instruments::Market& market = *registry.market("BTCUSDT");
  const instruments::Asset &btc = *registry.asset("BTC"), &usdt = *registry.asset("USDT");
  EXPECT_EQ(of("price=0.01").price("price", market, usdt).value(), 1);
  EXPECT_EQ(of("price=00050000.10000000").price("price", market, usdt).value(), 5'000'010);
  EXPECT_EQ(of("price=1.00000000000000000000").price("price", market, usdt).value(), 100)
      << "zeros behind are no precision";
  EXPECT_EQ(of("quantity=0.00001").quantity("quantity", market, btc).value(), 1);
  EXPECT_EQ(of("quantity=90000000000000").quantity("quantity", market, btc).value(), 9'000'000'000'000'000'000);
  EXPECT_EQ(of("amount=0.00000001").amount("amount", usdt).value(), 1);
  EXPECT_TRUE(arguments->ok());
  (void)of("quantity=99999999999999").quantity("quantity", market, btc);
  EXPECT_EQ(arguments->error().message, "Filter failure: LOT_SIZE") << "beyond 63 bits of lots";
  (void)of("amount=99999999999999999999").amount("amount", usdt);
  EXPECT_TRUE(arguments->ok()) << "96 bits of ledger units hold it; the filters will not";
}

TEST_F(ArgumentsTest, IntegersSaturate) {
  EXPECT_EQ(of("n=0").integer("n"), 0u);
  EXPECT_EQ(of("n=18446744073709551615").integer("n"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(of("n=99999999999999999999").integer("n"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(of("").integer("n"), std::nullopt);
  EXPECT_EQ(of("limit=7").limit(500, 1000), 7u);
  EXPECT_EQ(of("limit=1001").limit(500, 1000), 1000u);
  EXPECT_EQ(of("").limit(500, 1000), 500u);
}

}  // namespace
}  // namespace spot
