// Trades and aggregate trades, wherever they are kept.
#include "gateways/spot/market_data_house.h"

namespace spot {
namespace {

using namespace testing;

std::string trade_text(const naive::Trade& of) {
  return object({field("id", std::to_string(of.id)), field("price", price(of.price)),
                 field("qty", quantity(of.quantity)), field("quoteQty", quote(naive::int128{of.price} * of.quantity)),
                 field("time", std::to_string(of.time / kMillisecond)),
                 field("isBuyerMaker", of.buyer_is_maker ? "true" : "false"), field("isBestMatch", "true")});
}

std::string trade_texts(const std::vector<naive::Trade>& all, std::optional<std::uint64_t> from, std::size_t limit) {
  std::vector<std::string> out;
  const std::uint64_t first = from.value_or(all.size() < limit ? 1 : all.size() - limit + 1);
  for (const naive::Trade& each : all) {
    if (each.id >= first && out.size() < limit) out.push_back(trade_text(each));
  }
  return array(out);
}

TEST(HistoricalTrades, EqualTheOracleWhereverTheyAreKept) {
  core::Random random(3);
  const auto plenty = house_of(kPlenty), few = house_of(kFew), least = house_of(kLeast);
  const Archive archive(plenty->oracle, trades().size());
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t from =
        random.chance(1, 3) ? trades().size() - random.below(600) : random.below(trades().size());
    const std::size_t limit = 1 + random.below(1'000);
    const std::string page = "symbol=BTCUSDT&limit=" + std::to_string(limit);
    for (House* house : {plenty.get(), few.get(), least.get()}) {
      ASSERT_EQ(house->call(historical_trades, page + "&fromId=" + std::to_string(from), archive).body,
                trade_texts(trades(), from, limit));
      ASSERT_EQ(house->call(historical_trades, page, archive).body, trade_texts(trades(), {}, limit));
    }
    ASSERT_EQ(plenty->call(recent_trades, page).body, trade_texts(trades(), {}, limit));
  }
  for (House* house : {plenty.get(), few.get(), least.get()}) {
    EXPECT_EQ(house->call(historical_trades, "symbol=BTCUSDT&fromId=99999999999999999999", archive).body, "[]");
    EXPECT_EQ(house->call(historical_trades, "symbol=ETHBTC", archive).body, "[]");
    EXPECT_EQ(house->call(historical_trades, "symbol=ETHBTC&fromId=1", archive).body, "[]");
  }
}

TEST(HistoricalTrades, AreRightOrRefusedWhenTheArchiveLags) {
  core::Random random(4);
  std::size_t answered = 0, refused = 0;
  for (int round = 0; round < 300; ++round) {
    House house(kFew);
    const std::size_t size = 400 + random.below(1'000);
    for (std::size_t i = 0; i < size; ++i) house.apply(trades()[i]);
    const std::uint64_t from = 1 + random.below(size);
    const std::size_t limit = 1 + random.below(1'000);
    Answer answer;
    const auto past = house.ask(
        historical_trades, "symbol=BTCUSDT&fromId=" + std::to_string(from) + "&limit=" + std::to_string(limit), answer);
    if (past == nullptr) continue;
    for (std::size_t more = random.below(400); more > 0; --more) house.apply(trades()[house.oracle.trades.size()]);
    const std::size_t written =
        house.oracle.trades.size() - random.below(std::min<std::size_t>(800, house.oracle.trades.size()));
    answer = house.finish(*past, Archive(house.oracle, written));
    const auto& all = house.oracle.trades;
    const std::uint64_t forgotten = all.size() - kFew.trades;
    if (written >= std::min<std::uint64_t>(forgotten, from + limit - 1)) {
      EXPECT_EQ(answer.code, 0);
    }
    if (answer.code == kUnavailable) {
      ++refused;
      continue;
    }
    ++answered;
    // What came after the question is not in the answer.
    ASSERT_EQ(answer.body, trade_texts({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)}, from, limit));
  }
  EXPECT_GT(answered, 50u);
  EXPECT_GT(refused, 20u);
}

// ---- aggregate trades ----

std::string aggregate_text(const naive::Aggregate& of) {
  return object({field("a", std::to_string(of.id)), field("p", price(of.price)), field("q", quantity(of.quantity)),
                 field("f", std::to_string(of.first)), field("l", std::to_string(of.last)),
                 field("T", std::to_string(of.time / kMillisecond)), field("m", of.buyer_is_maker ? "true" : "false"),
                 field("M", "true")});
}

std::string aggregate_texts(const std::vector<naive::Aggregate>& all, std::optional<std::uint64_t> from_id,
                            const Period& period) {
  std::vector<naive::Aggregate> some;
  for (const naive::Aggregate& each : all) {
    if (!from_id || (each.id >= *from_id && some.size() < period.limit)) some.push_back(each);
  }
  return chosen(some, period, [](const naive::Aggregate& each) { return each.time; }, aggregate_text);
}

struct AggregateAsk {
  std::optional<std::uint64_t> from_id;
  Period period;
  [[nodiscard]] std::string query() const {
    return "symbol=BTCUSDT" + (from_id ? "&fromId=" + std::to_string(*from_id) : "") + query_of(period);
  }
};

AggregateAsk some_ask(core::Random& random, const std::vector<naive::Aggregate>& all) {
  AggregateAsk out;
  out.period.limit = 1 + random.below(random.chance(1, 2) ? 30 : 1'000);
  const std::int64_t first = all.front().time / kMillisecond, last = all.back().time / kMillisecond;
  const auto some_time = [&] {
    // Often exactly where an aggregate is.
    return random.chance(1, 2) ? all[random.below(all.size())].time / kMillisecond
                               : random.between(first - 1'000, last + 1'000);
  };
  if (random.chance(1, 3)) {
    out.from_id = random.below(all.size() + 2);
    return out;
  }
  if (random.chance(1, 2)) out.period.from = some_time();
  if (random.chance(1, 2)) out.period.until = some_time();
  return out;
}

TEST(AggregateTrades, EqualTheOracleWhereverTheyAreKept) {
  core::Random random(5);
  const auto plenty = house_of(kPlenty), few = house_of(kFew), least = house_of(kLeast);
  const Archive archive(plenty->oracle, trades().size());
  const auto all = plenty->oracle.aggregates();
  ASSERT_LT(all.size(), trades().size());
  std::size_t asked = 0;
  for (int i = 0; i < 150; ++i) {
    const AggregateAsk ask = some_ask(random, all);
    const std::string expected = aggregate_texts(all, ask.from_id, ask.period);
    for (House* house : {plenty.get(), few.get(), least.get()}) {
      const Answer answer = house->call(aggregate_trades, ask.query(), archive);
      ASSERT_EQ(answer.code, 0) << ask.query();
      ASSERT_EQ(answer.body, expected) << ask.query();
      if (answer.from_archive) ++asked;
    }
  }
  EXPECT_GT(asked, 100u);
}

TEST(AggregateTrades, AreRightOrRefusedWhenTheArchiveLags) {
  core::Random random(6);
  std::size_t answered = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    House house(kFew);
    const std::size_t size = 400 + random.below(1'500);
    for (std::size_t i = 0; i < size; ++i) house.apply(trades()[i]);
    const auto before = house.oracle.aggregates();
    const AggregateAsk ask = some_ask(random, before);
    Answer answer;
    const auto past = house.ask(aggregate_trades, ask.query(), answer);
    if (past == nullptr) continue;
    for (std::size_t more = random.below(400); more > 0; --more) house.apply(trades()[house.oracle.trades.size()]);
    const std::size_t written =
        house.oracle.trades.size() - random.below(std::min<std::size_t>(800, house.oracle.trades.size()));
    answer = house.finish(*past, Archive(house.oracle, written));
    if (written == house.oracle.trades.size()) {
      EXPECT_EQ(answer.code, 0) << ask.query();
    }
    if (answer.code == kUnavailable) {
      ++refused;
      continue;
    }
    ++answered;
    ASSERT_EQ(answer.body, aggregate_texts(house.oracle.aggregates(), ask.from_id, ask.period)) << ask.query();
  }
  EXPECT_GT(answered, 50u);
  EXPECT_GT(refused, 20u);
}

// One command that trades more often than is remembered: time alone cannot tell whether the archive has all of it.
TEST(AggregateTrades, OfOneLargeSweepAreRightOrRefused) {
  House house(kFew);
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    house.apply({.id = id,
                 .taker = 7,
                 .price = 5'000'000 + static_cast<std::int64_t>(id / 3),
                 .quantity = 1,
                 .time = naive::at(2024, 2, 29)});
  }
  const auto all = house.oracle.aggregates();
  const std::int64_t ms = naive::at(2024, 2, 29) / kMillisecond;
  const AggregateAsk asks[] = {{.from_id = 1, .period = {.limit = 1'000}},
                               {.from_id = 1, .period = {.limit = 50}},
                               {.from_id = {}, .period = {.limit = 1'000}},
                               {.from_id = {}, .period = {.from = ms, .limit = 1'000}},
                               {.from_id = {}, .period = {.until = ms, .limit = 1'000}}};
  for (const AggregateAsk& ask : asks) {
    EXPECT_EQ(house.call(aggregate_trades, ask.query(), Archive(house.oracle, 1'000)),
              (Answer{.body = aggregate_texts(all, ask.from_id, ask.period), .from_archive = true}));
    for (const std::size_t written : {0u, 100u, 101u, 699u}) {
      const Answer answer = house.call(aggregate_trades, ask.query(), Archive(house.oracle, written));
      if (answer.code == 0)
        EXPECT_EQ(answer.body, aggregate_texts(all, ask.from_id, ask.period)) << written;
      else
        EXPECT_EQ(answer.code, kUnavailable);
    }
  }
}

}  // namespace
}  // namespace spot
