// Klines of every interval and time zone, wherever the candles are kept.
#include "gateways/spot/market_data_house.h"

namespace spot {
namespace {

using namespace testing;

std::string kline(const naive::Candle& of, std::int64_t close) {
  return array({std::to_string(of.open_time / kMillisecond), price(of.open), price(of.high), price(of.low),
                price(of.close), quantity(of.lots), std::to_string(close / kMillisecond), quote(of.tick_lots),
                std::to_string(of.count), quantity(of.buy_lots), quote(of.buy_tick_lots), quoted("0")});
}

struct Row {
  std::int64_t open = 0;
  std::string text;
};

// Every candle there is.
std::vector<Row> all_klines(const naive::Market& oracle, std::string_view interval, std::int64_t offset,
                            std::int64_t now) {
  std::vector<Row> out;
  for (std::int64_t open = naive::open_of(interval, oracle.trades.front().time, offset); open <= now;) {
    const std::int64_t next = naive::next_open(interval, open, offset);
    out.push_back({open, kline(*oracle.candle(open, next), next - 1)});
    open = next;
  }
  return out;
}

std::string chosen_klines(const std::vector<Row>& rows, const Period& of) {
  return chosen(rows, of, [](const Row& row) { return row.open; }, [](const Row& row) { return row.text; });
}

TEST(Klines, EqualTheOracleAtEveryIntervalWhereverTheyAreKept) {
  core::Random random(1);
  std::size_t asked = 0, remembered = 0;
  const auto plenty = house_of(kPlenty), few = house_of(kFew), least = house_of(kLeast);
  const Archive archive(plenty->oracle, trades().size());
  for (const market_data::Interval interval : market_data::kIntervals) {
    for (const auto& [zone, offset] : kZones) {
      const std::string_view name = name_of(interval);
      const auto rows = all_klines(plenty->oracle, name, offset, plenty->now);
      for (const Period& period : some_periods(random, plenty->now)) {
        const std::string query =
            "symbol=BTCUSDT&interval=" + std::string(name) + "&timeZone=" + std::string(zone) + query_of(period);
        const std::string expected = chosen_klines(rows, period);
        for (House* house : {plenty.get(), few.get(), least.get()}) {
          const Answer answer = house->call(klines, query, archive);
          ASSERT_EQ(answer.code, 0) << query;
          ASSERT_EQ(answer.body, expected) << query;
          ++(answer.from_archive ? asked : remembered);
        }
      }
    }
  }
  EXPECT_GT(asked, 1'000u);
  EXPECT_GT(remembered, 1'000u);
}

// An archive that lags behind, and forgetting between question and answer: right or refused.
TEST(Klines, AreRightOrRefusedWhenTheArchiveLags) {
  core::Random random(2);
  std::size_t answered = 0, refused = 0;
  for (int round = 0; round < 250; ++round) {
    House house(kFew);
    const std::size_t size = 100 + random.below(6'000);
    for (std::size_t i = 0; i < size; ++i) house.apply(trades()[i]);
    const std::string_view name = name_of(market_data::kIntervals[random.below(16)]);
    const auto& [zone, offset] = kZones[random.below(4)];
    const auto periods = some_periods(random, house.now);
    const Period& period = periods[random.below(periods.size())];
    Answer answer;
    const auto past = house.ask(
        klines, "symbol=BTCUSDT&interval=" + std::string(name) + "&timeZone=" + std::string(zone) + query_of(period),
        answer);
    if (past == nullptr) continue;
    const std::int64_t asked_at = house.now;
    for (std::size_t more = random.below(400); more > 0; --more) house.apply(trades()[house.oracle.trades.size()]);
    const auto rows = all_klines(house.oracle, name, offset, asked_at);
    const std::size_t written = house.oracle.trades.size() - std::min(house.oracle.trades.size(), random.below(2'000));
    answer = house.finish(*past, Archive(house.oracle, written));
    if (answer.code == kUnavailable) {
      ++refused;
      EXPECT_LT(written, house.oracle.trades.size());
      continue;
    }
    ++answered;
    ASSERT_EQ(answer.body, chosen_klines(rows, period));
  }
  EXPECT_GT(answered, 20u);
  EXPECT_GT(refused, 5u);
}

TEST(Klines, TimesInMicroseconds) {
  House house;
  house.apply({.id = 1, .taker = 1, .price = 5'000'000, .quantity = 3, .time = naive::at(2024, 2, 29, kSecond)});
  house.unit = TimeUnit::microsecond;
  const Archive archive(house.oracle, 0);
  EXPECT_EQ(house.call(klines, "symbol=BTCUSDT&interval=1M", archive).body,
            R"([[1706745600000000,"50000.00000000","50000.00000000","50000.00000000","50000.00000000","0.00003000",)"
            R"(1709251199999999,"1.50000000",1,"0.00003000","1.50000000","0"]])");
}

TEST(Klines, ThereAreNoneWithoutATrade) {
  House house;
  house.now = naive::at(2024, 2, 29);
  EXPECT_EQ(house.call(klines, "symbol=BTCUSDT&interval=1d&startTime=0", Archive(house.oracle, 0)).body, "[]");
}

}  // namespace
}  // namespace spot
