// Candles, statistics, aggregates and what is remembered of them, against a naive computation from the list of trades.
#include <gtest/gtest.h>

#include "services/market_data/derive.h"
#include "services/market_data/markets.h"
#include "services/market_data/naive_reference.h"

namespace market_data {
namespace {

using naive::kDay;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;

constexpr core::MarketId kMarket{1};
constexpr std::array<std::int64_t, 4> kOffsets = {0, 5 * kHour + 45 * kMinute, -12 * kHour, 14 * kHour};

Candle plain(const naive::Candle& of) {
  return {.open_time = {of.open_time},
          .open = core::Price{of.open},
          .high = core::Price{of.high},
          .low = core::Price{of.low},
          .close = core::Price{of.close},
          .volume = {of.lots, of.tick_lots},
          .taker_buy = {of.buy_lots, of.buy_tick_lots},
          .trade_count = of.count,
          .first_trade = core::TradeId{of.first},
          .last_trade = core::TradeId{of.last}};
}

std::optional<Candle> plain(const std::optional<naive::Candle>& of) {
  return of ? std::optional(plain(*of)) : std::nullopt;
}

core::Bytes saved(const Markets& markets) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  markets.save(writer);
  return bytes;
}

// The read model and its oracle, fed with the same trades.
struct Pair {
  explicit Pair(Limits given = {}) : limits(given), markets(given) {}
  void apply(const naive::Trade& trade) {
    oracle.trades.push_back(trade);
    markets.apply(naive::event_of(trade, kMarket, oracle.trades.size()), {trade.time});
  }
  void save_and_load() {
    const core::Bytes bytes = saved(markets);
    Markets loaded(limits);
    core::ByteReader reader(bytes);
    ASSERT_TRUE(loaded.load(reader));
    ASSERT_TRUE(reader.complete());
    ASSERT_EQ(saved(loaded), bytes);
    ASSERT_EQ(loaded.reach(kMarket), markets.reach(kMarket));
    markets = std::move(loaded);
  }
  Limits limits;
  Markets markets;
  naive::Market oracle;
};

void expect_statistics(const Statistics& of, const naive::Market& oracle, std::int64_t from, std::int64_t now) {
  const auto traded = oracle.candle(from, now + 1);
  EXPECT_EQ(of.open_time.ns, from);
  const naive::Trade& last = oracle.trades.back();
  const naive::Candle flat{.open = last.price, .high = last.price, .low = last.price, .close = last.price};
  const naive::Candle expected = traded.value_or(flat);
  EXPECT_EQ(of.open.value(), expected.open);
  EXPECT_EQ(of.high.value(), expected.high);
  EXPECT_EQ(of.low.value(), expected.low);
  EXPECT_EQ(of.last.value(), expected.close);
  EXPECT_EQ(of.volume, (Volume{expected.lots, expected.tick_lots}));
  EXPECT_EQ(of.trade_count, expected.count);
  EXPECT_EQ(of.first_trade.value(), expected.first);
  EXPECT_EQ(of.last_trade.value(), expected.last);
  EXPECT_EQ(of.previous_close.value(), oracle.price_before(from).value_or(0));
  EXPECT_EQ(of.last_quantity.value(), last.quantity);
}

// All that is asked about the present, at `now`.
void expect_present(const Pair& pair, std::int64_t now) {
  SCOPED_TRACE(now);
  for (const Interval interval : kIntervals) {
    for (const std::int64_t offset : kOffsets) {
      const std::int64_t open = naive::open_of(name_of(interval), now, offset);
      ASSERT_EQ(pair.markets.candle(kMarket, interval, {now}, offset), plain(pair.oracle.candle(open, now + 1)))
          << name_of(interval) << " " << offset;
    }
  }
  for (const std::int64_t window :
       {kMinute, 7 * kMinute, 59 * kMinute, kHour, 23 * kHour, kDay, 2 * kDay, 3 * kDay, 7 * kDay}) {
    const std::int64_t from = (now - window) / kMinute * kMinute;
    const Statistics of = pair.markets.statistics(kMarket, {now}, window);
    ASSERT_NO_FATAL_FAILURE(expect_statistics(of, pair.oracle, from, now)) << window;
    EXPECT_EQ(of.close_time.ns, now);
    EXPECT_LT(now - window - of.open_time.ns, kMinute);
  }
  for (const std::int64_t offset : kOffsets) {
    const std::int64_t from = naive::open_of("1d", now, offset);
    const Statistics of = pair.markets.trading_day(kMarket, {now}, offset);
    ASSERT_NO_FATAL_FAILURE(expect_statistics(of, pair.oracle, from, now)) << offset;
    EXPECT_EQ(of.close_time.ns, from + kDay - 1);
  }
  const AveragePrice average = pair.markets.average_price(kMarket, {now});
  const auto traded = pair.oracle.between((now - 5 * kMinute) / kSecond * kSecond, now + 1);
  EXPECT_EQ(average.volume, traded ? (Volume{traded->lots, traded->tick_lots}) : Volume{});
  EXPECT_EQ(average.last.value(), pair.oracle.trades.back().price);
  EXPECT_EQ(average.close_time.ns, pair.oracle.trades.back().time);
}

TEST(Candles, OfThePresentEqualTheOracleOverThreeDaysWithGaps) {
  const auto trades = naive::three_days(1);
  ASSERT_GT(trades.size(), 20'000u);
  core::Random random(2);
  Pair pair;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    pair.apply(trades[i]);
    const bool is_last = i + 1 == trades.size();
    const std::int64_t quiet = is_last ? 5 * kDay : trades[i + 1].time - trades[i].time;
    if (!is_last && !random.chance(1, 300) && quiet < kHour) continue;
    ASSERT_NO_FATAL_FAILURE(expect_present(pair, trades[i].time));
    if (quiet > 0) {
      ASSERT_NO_FATAL_FAILURE(expect_present(pair, trades[i].time + random.between(0, quiet - 1)));
    }
    if (random.chance(1, 10)) {
      ASSERT_NO_FATAL_FAILURE(pair.save_and_load());
    }
  }
}

// As little memory as the present can be told from exactly (three days do not fill it but for the seconds).
TEST(Candles, OfThePresentNeedFewOfThePast) {
  const auto trades = naive::three_days(3);
  Pair pair({.trades = 3, .seconds = 301, .minutes = 10'081, .quarter_hours = 2'977, .days = 31});
  for (std::size_t i = 0; i < trades.size(); ++i) {
    pair.apply(trades[i]);
    if (i % 1'500 != 0 && i + 1 != trades.size()) continue;
    ASSERT_NO_FATAL_FAILURE(expect_present(pair, trades[i].time)) << i;
  }
}

// Every minute has a trade, for longer than minutes are kept; then every quarter hour, for longer than those are.
TEST(Candles, OfThePresentAreExactWhereMemoryIsFull) {
  Pair pair;
  std::uint64_t id = 0;
  std::int64_t time = naive::at(2023, 12, 20, 7 * kSecond);
  const auto trade = [&](std::int64_t step) {
    ++id;
    const auto price = static_cast<std::int64_t>(1'000 + id * id % 997);
    pair.apply(
        {.id = id, .taker = id, .price = price, .quantity = price / 3, .time = time, .buyer_is_maker = price > 1'500});
    time += step;
  };
  while (id < 12'000) trade(kMinute);
  EXPECT_TRUE(pair.markets.reach(kMarket).oldest(CandleLayer::minute).has_value());
  ASSERT_NO_FATAL_FAILURE(expect_present(pair, time - kMinute));
  ASSERT_NO_FATAL_FAILURE(expect_present(pair, time - 1));
  while (id < 17'000) trade(15 * kMinute);
  EXPECT_TRUE(pair.markets.reach(kMarket).oldest(CandleLayer::quarter_hour).has_value());
  for (int day = 0; day < 33; ++day) {  // over the end of a month
    for (int i = 0; i < 96; ++i) trade(15 * kMinute);
    ASSERT_NO_FATAL_FAILURE(expect_present(pair, time - 15 * kMinute + 1)) << day;
  }
}

// What memory says it has is all there and right; and it says so truly.
void expect_past(const Pair& pair) {
  const Reach reach = pair.markets.reach(kMarket);
  const auto& trades = pair.oracle.trades;
  const std::int64_t end = trades.back().time + 1;
  for (const CandleLayer layer : kLayers) {
    const std::int64_t from = reach.oldest(layer) ? reach.oldest(layer)->ns : 0;
    const CandlesAnswer of = pair.markets.candles({.market = kMarket, .layer = layer, .from = {from}, .until = {end}});
    EXPECT_FALSE(of.before.has_value());
    std::vector<Candle> expected;
    std::int64_t open = -1;
    for (const naive::Trade& trade : trades) {
      const std::int64_t at = trade.time / length_ns(layer) * length_ns(layer);
      if (at < from || at == open) continue;
      open = at;
      expected.push_back(plain(*pair.oracle.between(at, at + length_ns(layer))));
    }
    ASSERT_EQ(of.candles, expected);
  }
  const auto held = pair.markets.trades(
      {.market = kMarket, .from = reach.oldest_trade, .until = core::TradeId{trades.size() + 1}, .limit = SIZE_MAX});
  ASSERT_EQ(held.size(), trades.size() + 1 - reach.oldest_trade.value());
  for (const Trade& each : held) {
    const naive::Trade& expected = trades[each.id.value() - 1];
    ASSERT_EQ(each.price.value(), expected.price);
    ASSERT_EQ(each.quantity.value(), expected.quantity);
    ASSERT_EQ(each.time.ns, expected.time);
    ASSERT_EQ(each.buyer_is_maker, expected.buyer_is_maker);
  }
  const auto all = pair.oracle.aggregates();
  const auto whole = pair.markets.aggregate_trades({.market = kMarket, .from_id = 1, .limit = SIZE_MAX});
  ASSERT_EQ(whole.size(), all.size() + 1 - reach.oldest_aggregate);
  for (const AggregateTrade& each : whole) {
    const naive::Aggregate& expected = all[each.id - 1];
    ASSERT_EQ(each, (AggregateTrade{.id = expected.id,
                                    .price = core::Price{expected.price},
                                    .quantity = core::Quantity{expected.quantity},
                                    .first = core::TradeId{expected.first},
                                    .last = core::TradeId{expected.last},
                                    .time = {expected.time},
                                    .buyer_is_maker = expected.buyer_is_maker}));
  }
  for (const naive::Aggregate& each : all) {
    if (each.id >= reach.oldest_aggregate) break;
    ASSERT_LE(each.time, reach.aggregates_after->ns);
  }
}

TEST(Candles, AreKeptAsFarBackAsReachSays) {
  const auto trades = naive::three_days(4);
  const Limits few{.trades = 70, .seconds = 50, .minutes = 40, .quarter_hours = 30, .days = 2};
  const Limits none{.trades = 0, .seconds = 0, .minutes = 0, .quarter_hours = 0, .days = 0};
  for (const Limits& limits : {Limits{}, few, none}) {
    Pair pair(limits);
    for (std::size_t i = 0; i < trades.size(); ++i) {
      pair.apply(trades[i]);
      if (i == 0 || i == 60 || i == 69 || i == 70 || i == 5'000 || i + 1 == trades.size()) {
        ASSERT_NO_FATAL_FAILURE(expect_past(pair)) << i;
        ASSERT_NO_FATAL_FAILURE(pair.save_and_load());
      }
    }
  }
}

TEST(Candles, ReachTellsWhatWasForgotten) {
  Pair pair({.trades = 3, .seconds = 2, .minutes = 2, .quarter_hours = 2, .days = 2});
  EXPECT_EQ(pair.markets.reach(kMarket), Reach{});
  const auto trade = [&](std::int64_t time, std::uint64_t taker) {
    pair.apply({.id = pair.oracle.trades.size() + 1, .taker = taker, .price = 5, .quantity = 1, .time = time});
  };
  trade(kSecond, 1);
  trade(kSecond, 1);
  trade(2 * kSecond, 2);
  EXPECT_EQ(pair.markets.reach(kMarket), Reach{});
  trade(3 * kSecond, 3);
  Reach reach = pair.markets.reach(kMarket);
  EXPECT_EQ(reach.oldest_trade, core::TradeId{2});
  EXPECT_EQ(reach.oldest_aggregate, 2u) << "of the first one a trade is gone";
  EXPECT_EQ(reach.aggregates_after, core::Time{kSecond});
  EXPECT_EQ(reach.oldest(CandleLayer::second), core::Time{2 * kSecond});
  EXPECT_FALSE(reach.oldest(CandleLayer::minute).has_value());
  EXPECT_EQ(pair.markets.first_trade_time(kMarket), core::Time{kSecond}) << "is never forgotten";
  const auto forgotten = pair.markets.candles(
      {.market = kMarket, .layer = CandleLayer::second, .from = {3 * kSecond}, .until = {9 * kSecond}});
  ASSERT_TRUE(forgotten.before.has_value());
  EXPECT_EQ(forgotten.before->open_time, core::Time{2 * kSecond});
}

TEST(Candles, AggregatesAreFoundByIdByTimeAndFromBehind) {
  const auto trades = naive::three_days(5);
  Pair pair({.trades = 2'000});
  for (const naive::Trade& each : trades) pair.apply(each);
  const Reach reach = pair.markets.reach(kMarket);
  const auto all = pair.oracle.aggregates();
  const auto ids_of = [&](AggregateTradesQuestion question) {
    question.market = kMarket;
    std::vector<std::uint64_t> ids;
    for (const AggregateTrade& each : pair.markets.aggregate_trades(question)) ids.push_back(each.id);
    return ids;
  };
  core::Random random(7);
  const std::int64_t oldest = all[reach.oldest_aggregate].time, newest = all.back().time;
  for (int i = 0; i < 500; ++i) {
    AggregateTradesQuestion question{.limit = random.below(200)};
    if (random.chance(1, 3))
      question.from_id = reach.oldest_aggregate + random.below(all.size() - reach.oldest_aggregate + 2);
    if (random.chance(1, 3)) question.from = core::Time{random.between(oldest, newest)};
    if (random.chance(1, 3)) question.until = core::Time{random.between(oldest, newest)};
    std::vector<std::uint64_t> expected;
    for (const naive::Aggregate& each : all) {
      const bool wanted = each.id >= std::max(question.from_id.value_or(0), reach.oldest_aggregate) &&
                          (!question.from || each.time >= question.from->ns) &&
                          (!question.until || each.time <= question.until->ns);
      if (wanted) expected.push_back(each.id);
    }
    if (question.from_id || question.from)
      expected.resize(std::min(expected.size(), question.limit));
    else if (expected.size() > question.limit)
      expected.erase(expected.begin(), expected.end() - static_cast<std::ptrdiff_t>(question.limit));
    ASSERT_EQ(ids_of(question), expected);
  }
}

TEST(Candles, AreDerivedFromBaseCandles) {
  const auto trades = naive::three_days(6, 60);
  Pair pair;
  for (const naive::Trade& each : trades) pair.apply(each);
  for (const Interval interval : kIntervals) {
    for (const std::int64_t offset : kOffsets) {
      const std::string_view name = name_of(interval);
      const core::Time first = open_of(interval, {trades[trades.size() / 2].time}, offset);
      core::Time until = first;
      std::vector<Candle> expected;
      for (int i = 0; i < 40; ++i) {
        const std::int64_t end = naive::next_open(name, until.ns, offset);
        expected.push_back(*plain(pair.oracle.candle(until.ns, end)));
        until = {end};
      }
      const CandleLayer layer = base_layer(interval, offset);
      if (interval == Interval::second_1) continue;  // beyond what is remembered here
      const CandlesAnswer base =
          pair.markets.candles({.market = kMarket, .layer = layer, .from = first, .until = until});
      const auto before = base.before ? std::optional(base.before->close) : std::nullopt;
      ASSERT_EQ(derive({interval, offset, first, until}, base.candles, before), expected) << name << " " << offset;
    }
  }
}

TEST(Candles, BeforeTheFirstTradeThereAreNone) {
  Markets markets;
  matching::MarketEvent listed;
  listed.kind = matching::MarketEventKind::listed;
  listed.market = kMarket;
  listed.sequence = 1;
  markets.apply(listed, {5 * kDay});
  for (const core::MarketId market : {kMarket, core::MarketId{2}}) {
    EXPECT_FALSE(markets.candle(market, Interval::day_1, {6 * kDay}).has_value());
    EXPECT_EQ(markets.statistics(market, {6 * kDay}, kDay),
              (Statistics{.open_time = {5 * kDay}, .close_time = {6 * kDay}}));
    EXPECT_EQ(markets.trading_day(market, {6 * kDay + 1}),
              (Statistics{.open_time = {6 * kDay}, .close_time = {7 * kDay - 1}}));
    EXPECT_EQ(markets.average_price(market, {6 * kDay}).close_time, core::Time{});
    EXPECT_EQ(markets.last_trade(market), nullptr);
    EXPECT_EQ(markets.reach(market), Reach{});
  }
}

// The clock jumps ahead by hours: the periods in between are flat, nothing is lost. It jumps back (which the log never
// shows, but questions do): what is asked then is answered as of the latest trade.
TEST(Candles, SurviveJumpsOfTheClock) {
  Pair pair;
  const std::int64_t start = naive::at(2024, 2, 28, 23 * kHour);
  std::uint64_t id = 0;
  const auto trade = [&](std::int64_t time) {
    ++id;
    pair.apply({.id = id, .taker = id, .price = 100 + static_cast<std::int64_t>(id), .quantity = 2, .time = time});
  };
  trade(start);
  trade(start + 1);
  trade(start + 30 * kHour);
  ASSERT_NO_FATAL_FAILURE(expect_present(pair, start + 30 * kHour));
  ASSERT_NO_FATAL_FAILURE(expect_present(pair, start + 60 * kHour));
  const std::int64_t latest = start + 30 * kHour;
  for (const std::int64_t before : {start, start + kHour, latest - 1}) {
    EXPECT_EQ(pair.markets.candle(kMarket, Interval::hour_1, {before}),
              pair.markets.candle(kMarket, Interval::hour_1, {latest}));
    EXPECT_EQ(pair.markets.statistics(kMarket, {before}, kDay), pair.markets.statistics(kMarket, {latest}, kDay));
    EXPECT_EQ(pair.markets.trading_day(kMarket, {before}), pair.markets.trading_day(kMarket, {latest}));
    EXPECT_EQ(pair.markets.average_price(kMarket, {before}).volume,
              pair.markets.average_price(kMarket, {latest}).volume);
  }
  // A trade with an older time, were there one, counts for the latest period: candles stay in order, sums whole.
  pair.markets.apply(naive::event_of({.id = 4, .taker = 4, .price = 500, .quantity = 7, .time = start}, kMarket, 4),
                     {start});
  const auto candle = pair.markets.candle(kMarket, Interval::second_1, {latest});
  ASSERT_TRUE(candle.has_value());
  EXPECT_EQ(candle->open_time, core::Time{latest});
  EXPECT_EQ(candle->trade_count, 2u);
  EXPECT_EQ(candle->close, core::Price{500});
  EXPECT_EQ(pair.markets.last_trade(kMarket)->time, core::Time{latest});
  ASSERT_NO_FATAL_FAILURE(pair.save_and_load());
}

// Whatever a damaged snapshot still loads as, no question about it crashes.
TEST(Candles, NoPrefixAndNoFlippedBitOfASavedFormCrashes) {
  const Limits limits{.trades = 4, .seconds = 3, .minutes = 3, .quarter_hours = 2, .days = 2};
  Markets markets(limits);
  std::uint64_t id = 0;
  for (const std::int64_t time : {kSecond, kSecond, 70 * kSecond, kHour, kDay, kDay + 1, 2 * kDay}) {
    ++id;
    markets.apply(naive::event_of({.id = id, .taker = id / 2, .price = 9, .quantity = 3, .time = time}, kMarket, id),
                  {time});
  }
  const core::Bytes bytes = saved(markets);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Markets loaded(limits);
    core::ByteReader reader(core::BytesView(bytes).first(size));
    EXPECT_FALSE(loaded.load(reader)) << size;
  }
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    core::Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    Markets loaded(limits);
    core::ByteReader reader(flipped);
    if (!loaded.load(reader)) {
      ++refused;
      continue;
    }
    (void)loaded.reach(kMarket);
    (void)loaded.statistics(kMarket, {2 * kDay}, 7 * kDay);
    (void)loaded.trading_day(kMarket, {2 * kDay}, -12 * kHour);
    (void)loaded.average_price(kMarket, {2 * kDay});
    (void)loaded.aggregate_trades({.market = kMarket, .from_id = 1});
    (void)loaded.aggregate_trades({.market = kMarket});
    for (const Interval interval : kIntervals) (void)loaded.candle(kMarket, interval, {2 * kDay}, 14 * kHour);
    const auto next = loaded.last_trade(kMarket);
    if (next == nullptr) continue;
    const core::Time later{next->time.ns + 1};
    const auto event = naive::event_of({.id = next->id.value() + 1, .taker = 9, .price = 9, .quantity = 3}, kMarket, 8);
    if (loaded.depth(kMarket, 1).last_update_id == 7) loaded.apply(event, later);
  }
  EXPECT_GT(refused, bytes.size() * 2) << "most damage contradicts something";
}

}  // namespace
}  // namespace market_data
