// The tickers over three days of trades, and what they weigh.
#include "gateways/spot/market_data_house.h"

namespace spot {
namespace {

using namespace testing;

struct Shape {
  bool full = true, with_book = false;
};

std::string ticker_text(const naive::Market& oracle, std::int64_t from, std::int64_t now, std::int64_t close,
                        const Shape& shape) {
  const naive::Trade& last = oracle.trades.back();
  const auto traded = oracle.between(from, now + 1);
  const naive::Candle flat{.open = last.price, .high = last.price, .low = last.price, .close = last.price};
  const naive::Candle of = traded.value_or(flat);
  std::vector<std::string> out = {field("symbol", quoted("BTCUSDT"))};
  const auto add = [&out](const std::string& name, const std::string& value) { out.push_back(field(name, value)); };
  if (shape.full) {
    add("priceChange", price(of.close - of.open));
    add("priceChangePercent", percent(of.close - of.open, of.open));
    add("weightedAvgPrice", average(of.tick_lots, of.lots));
  }
  if (shape.with_book) {
    add("prevClosePrice", price(oracle.price_before(from).value_or(0)));
    add("lastPrice", price(of.close));
    add("lastQty", quantity(last.quantity));
    for (const std::string side : {"bid", "ask"}) {
      add(side + "Price", price(0));
      add(side + "Qty", quantity(0));
    }
  }
  add("openPrice", price(of.open));
  add("highPrice", price(of.high));
  add("lowPrice", price(of.low));
  if (!shape.with_book) add("lastPrice", price(of.close));
  add("volume", quantity(of.lots));
  add("quoteVolume", quote(of.tick_lots));
  add("openTime", std::to_string(from / kMillisecond));
  add("closeTime", std::to_string(close / kMillisecond));
  add("firstId", traded ? std::to_string(of.first) : "-1");
  add("lastId", traded ? std::to_string(of.last) : "-1");
  add("count", std::to_string(of.count));
  return object(out);
}

TEST(Tickers, EqualTheOracleOverThreeDays) {
  core::Random random(7);
  House house;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kWindows = {
      {{"1m", kMinute}, {"59m", 59 * kMinute}, {"1h", kHour}, {"23h", 23 * kHour}, {"1d", kDay}, {"7d", 7 * kDay}}};
  for (std::size_t i = 0; i < trades().size(); ++i) {
    house.apply(trades()[i]);
    if (!random.chance(1, 80)) continue;
    const std::int64_t quiet = i + 1 < trades().size() ? trades()[i + 1].time - house.now : 9 * kDay;
    if (quiet > 0) house.now += random.between(0, quiet - 1);
    const std::int64_t now = house.now, day_ago = (now - kDay) / kMinute * kMinute;
    for (const bool full : {true, false}) {
      const std::string type = full ? "&type=FULL" : "&type=MINI";
      ASSERT_EQ(house.call(ticker_24h, "symbol=BTCUSDT" + type).body,
                ticker_text(house.oracle, day_ago, now, now, {full, full}));
      for (const auto& [name, length] : kWindows) {
        ASSERT_EQ(house.call(ticker_window, "symbol=BTCUSDT&windowSize=" + std::string(name) + type).body,
                  ticker_text(house.oracle, (now - length) / kMinute * kMinute, now, now, {full}))
            << name;
      }
      for (const auto& [zone, offset] : kZones) {
        const std::int64_t from = naive::open_of("1d", now, offset);
        ASSERT_EQ(house.call(ticker_trading_day, "symbol=BTCUSDT&timeZone=" + std::string(zone) + type).body,
                  ticker_text(house.oracle, from, now, from + kDay - 1, {full}));
      }
    }
    ASSERT_EQ(house.call(ticker_window, "symbol=BTCUSDT").body, ticker_text(house.oracle, day_ago, now, now, {}));
    const auto traded = house.oracle.between((now - 5 * kMinute) / kSecond * kSecond, now + 1);
    ASSERT_EQ(house.call(average_price, "symbol=BTCUSDT").body,
              object({field("mins", "5"),
                      field("price", traded ? average(traded->tick_lots, traded->lots) : price(trades()[i].price)),
                      field("closeTime", std::to_string(trades()[i].time / kMillisecond))}));
  }
}

TEST(Tickers, WeighAsMuchAsTheMarketsTheyName) {
  const auto list = [](std::size_t count) {
    std::string out = "symbols=[";
    for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "\"A" : ",\"A") + std::to_string(i) + "\"";
    return out + "]";
  };
  const struct {
    std::string query;
    std::uint32_t day, window;
  } cases[] = {{"symbol=BTCUSDT", 2, 4}, {"", 80, 4},          {"symbols=", 2, 4},  {list(0), 2, 4},
               {list(1), 2, 4},          {list(20), 2, 80},    {list(21), 40, 84},  {list(50), 40, 200},
               {list(51), 40, 200},      {list(100), 40, 200}, {list(101), 80, 200}};
  for (const auto& each : cases) {
    Parameters parameters;
    ASSERT_TRUE(parameters.parse(each.query, {}));
    EXPECT_EQ(ticker_24h_weight(parameters), each.day) << each.query;
    EXPECT_EQ(ticker_window_weight(parameters), each.window) << each.query;
  }
}

}  // namespace
}  // namespace spot
