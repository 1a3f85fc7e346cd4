// The store against lists of trades and candles made from them as plainly as can be.
#include "services/market_data/store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <limits>
#include <map>

#include "pkg/core/random.h"
#include "pkg/sql/testing.h"
#include "services/market_data/store_reader.h"

namespace market_data {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kMarkets = 3;

// Trades of three markets with runs of one taker, pauses of up to two days, and a clock that sometimes stands.
class RandomTape {
 public:
  explicit RandomTape(std::uint64_t seed) : random_(seed) {}

  std::pair<matching::MarketEvent, core::Time> next() {
    matching::MarketEvent event;
    event.market = core::MarketId{1 + static_cast<std::uint32_t>(random_.below(kMarkets))};
    if (random_.chance(1, 5)) return {event, time_};  // of another kind: no row
    if (random_.chance(1, 2)) {
      ++taker_;
      const std::uint64_t pause = random_.below(1'000);
      time_.ns += pause < 300   ? 0
                  : pause < 700 ? random_.between(1, kSecond)
                  : pause < 950 ? random_.between(1, 100 * kSecond)
                  : pause < 998 ? random_.between(1, 4'000 * kSecond)
                                : random_.between(1, 172'800 * kSecond);
    }
    event.kind = matching::MarketEventKind::traded;
    event.side = taker_ % 3 == 0 ? matching::Side::buy : matching::Side::sell;
    event.price = core::Price{random_.between(95, 97)};
    event.quantity = core::Quantity{random_.chance(1, 20) ? std::int64_t{1} << 50 : random_.between(1, 9)};
    event.trade = core::TradeId{++last_trade_[event.market.value()]};
    event.taker_order = core::OrderId{taker_};
    take(event);
    return {event, time_};
  }

  [[nodiscard]] std::vector<Candle> candles(core::MarketId market, CandleLayer layer) const {
    std::map<std::int64_t, Candle> by_time;
    for (const Trade& trade : trades_.at(market)) {
      const std::int64_t length = length_ns(layer), open = trade.time.ns / length * length;
      const core::int128 lots = trade.quantity.value(), tick_lots = lots * trade.price.value();
      auto [at, is_new] = by_time.try_emplace(open);
      Candle& candle = at->second;
      if (is_new) candle = {core::Time{open}, trade.price, trade.price, trade.price, trade.price, {}, {}, 0, trade.id};
      candle.high = std::max(candle.high, trade.price);
      candle.low = std::min(candle.low, trade.price);
      candle.close = trade.price;
      candle.volume.lots += lots;
      candle.volume.tick_lots += tick_lots;
      if (!trade.buyer_is_maker) candle.taker_buy.lots += lots;
      if (!trade.buyer_is_maker) candle.taker_buy.tick_lots += tick_lots;
      ++candle.trade_count;
      candle.last_trade = trade.id;
    }
    std::vector<Candle> out;
    for (const auto& [time, candle] : by_time) out.push_back(candle);
    return out;
  }
  [[nodiscard]] std::vector<AggregateTrade> aggregates(core::MarketId market) const {
    std::vector<AggregateTrade> out;
    for (const Trade& trade : trades_.at(market)) {
      if (out.empty() || out.back().id != trade.aggregate) {
        out.push_back({trade.aggregate, trade.price, {}, trade.id, trade.id, trade.time, trade.buyer_is_maker});
      }
      out.back().quantity += trade.quantity;
      out.back().last = trade.id;
    }
    return out;
  }
  [[nodiscard]] const std::vector<Trade>& trades(core::MarketId market) { return trades_[market]; }
  [[nodiscard]] core::Time time() const { return time_; }
  core::Random& random() { return random_; }

 private:
  void take(const matching::MarketEvent& event) {
    std::vector<Trade>& trades = trades_[event.market];
    const auto key = std::tuple(event.taker_order, event.price, time_);
    const bool goes_on = !trades.empty() && last_key_[event.market] == key;
    last_key_[event.market] = key;
    trades.push_back({.id = event.trade,
                      .aggregate = trades.empty() ? 1 : trades.back().aggregate + (goes_on ? 0 : 1),
                      .price = event.price,
                      .quantity = event.quantity,
                      .time = time_,
                      .buyer_is_maker = event.side == matching::Side::sell});
  }

  core::Random random_;
  core::Time time_{1'700'000'000 * kSecond};
  std::uint64_t taker_ = 0, last_trade_[kMarkets + 1] = {};
  std::map<core::MarketId, std::vector<Trade>> trades_;
  std::map<core::MarketId, std::tuple<core::OrderId, core::Price, core::Time>> last_key_;
};

class MarketDataStore : public sql::testing::StoreTest<Store> {
 protected:
  void write(const RandomTape& tape) {
    const auto written = store_->write({.sequence = core::Sequence{++sequence_},
                                        .time = tape.time(),
                                        .chain = "c",
                                        .complete_from = {},
                                        .pruned = {}});
    ASSERT_TRUE(written) << written.error().text();
  }
  void take(RandomTape& tape) {
    const auto [event, time] = tape.next();
    store_->apply(event, time);
  }
  StoreReader reader() {
    auto opened = StoreReader::open(path());
    if (!opened) throw std::runtime_error(opened.error().text());
    return std::move(*opened);
  }

  std::uint64_t sequence_ = 0;
};

const core::Time kEver{std::numeric_limits<std::int64_t>::max()};

void expect_same(StoreReader& reader, RandomTape& tape) {
  for (std::uint32_t id = 1; id <= kMarkets; ++id) {
    const core::MarketId market{id};
    const auto trades = reader.trades({market, core::TradeId{}, core::TradeId{1'000'000}, 1'000'000});
    ASSERT_TRUE(trades) << trades.error().text();
    ASSERT_EQ(*trades, tape.trades(market));
    for (const CandleLayer layer : kCandleLayers) {
      const auto candles = reader.candles({market, layer, core::Time{}, kEver});
      ASSERT_TRUE(candles) << candles.error().text();
      ASSERT_EQ(candles->candles, tape.candles(market, layer)) << static_cast<int>(layer);
      ASSERT_FALSE(candles->before);
    }
  }
}

// See the test of the same name in services/history.
TEST_F(MarketDataStore, RowsThatCannotBeAreDamage) {
  for (const char* const change :
       {"low = 0", "high = low - 1", "lots = '170141183460469231731687303715884105727'", "tick_lots = '1'",
        "taker_buy_lots = '99999999'", "taker_buy_tick_lots = '-1'", "trade_count = 0", "close = high + 1"}) {
    open_empty();
    RandomTape tape(3);
    for (int i = 0; i < 50; ++i) take(tape);
    ASSERT_NO_FATAL_FAILURE(write(tape));
    const CandlesQuestion all{core::MarketId{1}, CandleLayer::day, {}, core::Time{INT64_MAX}};
    auto from = reader();
    ASSERT_TRUE(from.candles(all));
    ASSERT_TRUE(sql::Database::open_sqlite(path())->execute(std::string("update candles set ") + change));
    const auto candles = from.candles(all);
    ASSERT_FALSE(candles) << change;
    EXPECT_EQ(candles.error().kind, core::ErrorKind::corrupt) << change;
  }
}

TEST_F(MarketDataStore, HoldsEveryTradeAndCandleHoweverItIsWritten) {
  RandomTape tape(1);
  std::size_t writes = 0, reopened = 0;
  for (int step = 1; step <= 12'000; ++step) {
    take(tape);
    if (!tape.random().chance(1, 50)) continue;
    if (tape.random().chance(1, 5)) {
      store_->set_before_commit([] { return core::fail(core::ErrorKind::no_space, "no room"); });
      ASSERT_FALSE(store_->write(
          {.sequence = core::Sequence{sequence_ + 1}, .time = {}, .chain = "c", .complete_from = {}, .pruned = {}}));
      store_->set_before_commit({});
      if (tape.random().chance(1, 2)) continue;  // written with what comes later
    }
    ASSERT_NO_FATAL_FAILURE(write(tape));
    ++writes;
    if (!tape.random().chance(1, 4)) continue;
    ASSERT_NO_FATAL_FAILURE(reopen());
    ++reopened;
  }
  ASSERT_NO_FATAL_FAILURE(write(tape));
  EXPECT_GT(writes, 100u);
  EXPECT_GT(reopened, 25u);
  auto from = reader();
  ASSERT_NO_FATAL_FAILURE(expect_same(from, tape));
}

TEST_F(MarketDataStore, AnswersQuestionsLikeAScan) {
  RandomTape tape(2);
  for (int step = 1; step <= 5'000; ++step) take(tape);
  ASSERT_NO_FATAL_FAILURE(write(tape));
  auto from = reader();
  core::Random& random = tape.random();
  std::size_t rows = 0;
  for (int i = 0; i < 400; ++i) {
    const core::MarketId market{1 + static_cast<std::uint32_t>(random.below(kMarkets))};
    const auto& trades = tape.trades(market);
    const std::size_t limit = random.chance(1, 4) ? 100'000 : random.below(30);
    const auto some_time = [&] {
      return core::Time{trades[random.below(trades.size())].time.ns + random.between(-1, 1)};
    };
    const TradesQuestion by_id{market, core::TradeId{random.below(2'000)}, core::TradeId{random.below(2'000)}, limit};
    std::vector<Trade> expected_trades;
    for (const Trade& trade : trades) {
      if (trade.id >= by_id.from && trade.id < by_id.until && expected_trades.size() < limit)
        expected_trades.push_back(trade);
    }
    ASSERT_EQ(*from.trades(by_id), expected_trades);

    AggregateTradesQuestion question{.market = market, .from_id = {}, .from = {}, .until = {}, .limit = limit};
    if (random.chance(1, 3)) question.from_id = random.below(2'500);
    if (random.chance(1, 2)) question.from = some_time();
    if (random.chance(1, 2)) question.until = some_time();
    std::vector<AggregateTrade> expected;
    for (const AggregateTrade& one : tape.aggregates(market)) {
      if ((!question.from_id || one.id >= *question.from_id) && (!question.from || one.time >= *question.from) &&
          (!question.until || one.time <= *question.until)) {
        expected.push_back(one);
      }
    }
    const std::size_t surplus = expected.size() - std::min(limit, expected.size());
    if (question.from_id || question.from)
      expected.resize(expected.size() - surplus);
    else
      expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(surplus));
    ASSERT_EQ(*from.aggregate_trades(question), expected);
    rows += expected.size();

    const CandleLayer layer = kCandleLayers[random.below(4)];
    const CandlesQuestion period{market, layer, some_time(), some_time()};
    CandlesAnswer answer;
    for (const Candle& candle : tape.candles(market, layer)) {
      if (candle.open_time < period.from) answer.before = candle;
      if (candle.open_time >= period.from && candle.open_time < period.until) answer.candles.push_back(candle);
    }
    const auto got = *from.candles(period);
    ASSERT_EQ(got.candles, answer.candles);
    ASSERT_EQ(got.before, answer.before);
  }
  EXPECT_GT(rows, 10'000u);
  const AggregateTradesQuestion unknown{
      .market = core::MarketId{77}, .from_id = {}, .from = {}, .until = {}, .limit = 10};
  EXPECT_TRUE(from.aggregate_trades(unknown)->empty());
}

TEST_F(MarketDataStore, GoesOnFromAPastItDidNotSee) {
  RandomTape tape(3);
  std::vector<MarketPast> past(kMarkets);
  for (int step = 1; step <= 3'000; ++step) (void)tape.next();
  for (std::uint32_t id = 1; id <= kMarkets; ++id) {
    MarketPast& one = past[id - 1];
    one.market = core::MarketId{id};
    one.trades = tape.trades(one.market);
    const Trade& last = one.trades.back();
    one.aggregation = {.latest = last.aggregate, .taker = {}, .price = last.price, .time = last.time};
    for (std::size_t i = 0; i < kCandleLayers.size(); ++i) one.candles[i] = tape.candles(one.market, kCandleLayers[i]);
  }
  const sql::Cursor at{.sequence = core::Sequence{++sequence_},
                       .time = tape.time(),
                       .chain = "c",
                       .complete_from = core::Sequence{sequence_},
                       .pruned = {}};
  ASSERT_TRUE(store_->import(past, at));
  for (int step = 1; step <= 3'000; ++step) {
    take(tape);
    if (step % 500 != 0) continue;
    ASSERT_NO_FATAL_FAILURE(write(tape));
    ASSERT_NO_FATAL_FAILURE(reopen());
  }
  auto from = reader();
  ASSERT_NO_FATAL_FAILURE(expect_same(from, tape));
}

TEST_F(MarketDataStore, ForgetsOldTradesAndSecondsInBites) {
  RandomTape tape(4);
  for (int step = 1; step <= 4'000; ++step) take(tape);
  ASSERT_NO_FATAL_FAILURE(write(tape));
  const core::Time before{tape.trades(core::MarketId{1})[800].time.ns};
  std::size_t bites = 0;
  for (std::size_t removed = 1; removed > 0; ++bites) {
    const auto bite = store_->prune(before, 100);
    ASSERT_TRUE(bite) << bite.error().text();
    ASSERT_LE(*bite, 100u);
    removed = *bite;
  }
  EXPECT_GT(bites, 10u);
  auto from = reader();
  for (std::uint32_t id = 1; id <= kMarkets; ++id) {
    const core::MarketId market{id};
    std::vector<Trade> kept = tape.trades(market);
    std::erase_if(kept, [&](const Trade& trade) { return trade.time < before; });
    ASSERT_EQ(*from.trades({market, core::TradeId{}, core::TradeId{1'000'000}, 1'000'000}), kept);
    for (const CandleLayer layer : kCandleLayers) {
      std::vector<Candle> candles = tape.candles(market, layer);
      if (layer == CandleLayer::second)
        std::erase_if(candles, [&](const Candle& one) { return one.open_time.ns + kSecond <= before.ns; });
      ASSERT_EQ(from.candles({market, layer, core::Time{}, kEver})->candles, candles) << static_cast<int>(layer);
    }
  }
  ASSERT_NO_FATAL_FAILURE(reopen());
  EXPECT_EQ(store_->cursor().pruned, before);
}

TEST_F(MarketDataStore, AStoreThatSomebodyElseWroteIsNotWrittenOver) {
  RandomTape tape(5);
  take(tape);
  ASSERT_NO_FATAL_FAILURE(write(tape));
  auto other = Store::open(path());
  ASSERT_TRUE(other);
  take(tape);
  ASSERT_NO_FATAL_FAILURE(write(tape));
  const auto refused =
      other->write({.sequence = core::Sequence{99}, .time = {}, .chain = "d", .complete_from = {}, .pruned = {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, core::ErrorKind::corrupt);
  // What was committed although the answer was an error is found to be there.
  ASSERT_TRUE(other->write(store_->cursor()));
  EXPECT_EQ(other->cursor(), store_->cursor());
}

// How fast trades go in, candles and all; printed, since it is the machine's business as much as ours.
TEST_F(MarketDataStore, PrintsHowManyTradesASecond) {
  RandomTape tape(6);
  std::vector<std::pair<matching::MarketEvent, core::Time>> events;
  while (events.size() < 200'000) {
    events.push_back(tape.next());
    if (events.back().first.kind != matching::MarketEventKind::traded) events.pop_back();
  }
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [event, time] : events) {
    store_->apply(event, time);
    if (store_->pending_rows() >= 50'000) {
      ASSERT_NO_FATAL_FAILURE(write(tape));
    }
  }
  ASSERT_NO_FATAL_FAILURE(write(tape));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  auto from = reader();
  const auto candles = from.database().query("select count(*) from candles");
  std::printf("%.0f trades/s, with %lld candles\n", static_cast<double>(events.size()) / elapsed.count(),
              static_cast<long long>(sql::integer(candles->front()[0])));
  EXPECT_EQ(sql::integer(from.database().query("select count(*) from trades")->front()[0]), 200'000);
}

}  // namespace
}  // namespace market_data
