// Long because it holds the answers of every market data operation, written down a second time from a list of trades.
//
// Each answer is compared as text: from memory alone, from an archive where memory is small, and with an archive that
// lags behind, where the answer must be right or refused.
#include "gateways/spot/market_data.h"

#include <gtest/gtest.h>

#include "gateways/spot/parameters.h"
#include "gateways/spot/shapes.h"
#include "services/instruments/defaults.h"
#include "services/market_data/candles.h"
#include "services/market_data/naive_reference.h"

namespace spot {
namespace {

namespace naive = market_data::naive;
using naive::kDay;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;

constexpr int kUnavailable = -1001;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr market_data::Limits kPlenty{};
constexpr market_data::Limits kFew{.trades = 300, .seconds = 40, .minutes = 30, .quarter_hours = 20, .days = 2};
constexpr market_data::Limits kLeast{.trades = 1, .seconds = 1, .minutes = 1, .quarter_hours = 1, .days = 1};

// ---- texts, by hand: BTCUSDT has ticks of 0.01 USDT, lots of 0.00001 BTC, 8 decimals everywhere ----

std::string decimal(naive::int128 count, int decimals) {
  const bool is_negative = count < 0;
  if (is_negative) count = -count;
  std::string digits;
  for (; count > 0 || static_cast<int>(digits.size()) <= decimals; count /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(count % 10)));
  digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
  return (is_negative ? "-" : "") + digits;
}
std::string quoted(const std::string& text) { return "\"" + text + "\""; }
std::string price(naive::int128 ticks) { return quoted(decimal(ticks, 2) + "000000"); }
std::string quantity(naive::int128 lots) { return quoted(decimal(lots, 5) + "000"); }
std::string quote(naive::int128 tick_lots) { return quoted(decimal(tick_lots, 7) + "0"); }
std::string average(naive::int128 tick_lots, naive::int128 lots) {
  if (lots == 0) return quoted("0.00000000");
  return quoted(decimal((tick_lots * 1'000'000 * 2 + lots) / (2 * lots), 8));
}
std::string percent(std::int64_t change, std::int64_t of) {
  const naive::int128 size = change < 0 ? -change : change;
  const naive::int128 rounded = of == 0 ? 0 : (size * 100'000 * 2 + of) / (2 * naive::int128{of});
  return quoted(decimal(change < 0 ? -rounded : rounded, 3));
}
std::string field(const std::string& name, const std::string& value) { return quoted(name) + ":" + value; }
std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& each : parts) out += (out.empty() ? "" : ",") + each;
  return out;
}
std::string array(const std::vector<std::string>& parts) { return "[" + joined(parts) + "]"; }
std::string object(const std::vector<std::string>& parts) { return "{" + joined(parts) + "}"; }

// ---- the archive: the first so many trades, written until some time ----

market_data::Candle plain(const naive::Candle& of) {
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

class Archive {
 public:
  explicit Archive(const naive::Market& of, std::size_t written) {
    market_.trades.assign(of.trades.begin(), of.trades.begin() + static_cast<std::ptrdiff_t>(written));
    written_until = {written == 0 ? 0 : market_.trades.back().time};
  }
  gateways::ArchiveAnswer answer(const gateways::ArchiveQuestion& question) const {
    return {.rows = std::visit([this](const auto& each) { return rows(each); }, question),
            .written_through = {},
            .written_until = written_until};
  }
  core::Time written_until;

 private:
  template <class Other>
  gateways::ArchiveRows rows(const Other&) const {
    ADD_FAILURE() << "no question about market data";
    return {};
  }
  gateways::ArchiveRows rows(const market_data::TradesQuestion& question) const {
    std::vector<market_data::Trade> out;
    for (const naive::Trade& each : market_.trades) {
      if (each.id < question.from.value() || each.id >= question.until.value() || out.size() == question.limit)
        continue;
      out.push_back({.id = core::TradeId{each.id},
                     .price = core::Price{each.price},
                     .quantity = core::Quantity{each.quantity},
                     .time = {each.time},
                     .buyer_is_maker = each.buyer_is_maker});
    }
    return out;
  }
  gateways::ArchiveRows rows(const market_data::AggregateTradesQuestion& question) const {
    std::vector<market_data::AggregateTrade> out;
    for (const naive::Aggregate& each : market_.aggregates()) {
      if (question.from_id && each.id < *question.from_id) continue;
      if (question.from && each.time < question.from->ns) continue;
      if (question.until && each.time > question.until->ns) continue;
      out.push_back({.id = each.id,
                     .price = core::Price{each.price},
                     .quantity = core::Quantity{each.quantity},
                     .first = core::TradeId{each.first},
                     .last = core::TradeId{each.last},
                     .time = {each.time},
                     .buyer_is_maker = each.buyer_is_maker});
    }
    if (out.size() > question.limit && (question.from_id || question.from)) out.resize(question.limit);
    if (out.size() > question.limit) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(question.limit));
    return out;
  }
  gateways::ArchiveRows rows(const market_data::CandlesQuestion& question) const {
    const std::vector<market_data::Candle>& all = candles(question.layer);
    const auto begin = std::ranges::lower_bound(all, question.from, {}, &market_data::Candle::open_time);
    const auto end = std::ranges::lower_bound(all, question.until, {}, &market_data::Candle::open_time);
    market_data::CandlesAnswer out;
    if (begin != all.begin()) out.before = *(begin - 1);
    out.candles.assign(begin, std::max(begin, end));
    return out;
  }
  const std::vector<market_data::Candle>& candles(market_data::CandleLayer layer) const {
    std::vector<market_data::Candle>& all = candles_[static_cast<std::size_t>(layer) - 1];
    const std::int64_t length = length_ns(layer);
    if (!all.empty()) return all;
    std::int64_t open = -1;
    for (const naive::Trade& each : market_.trades) {
      const std::int64_t at = each.time / length * length;
      if (at != open) all.push_back(plain(*market_.between(at, at + length)));
      open = at;
    }
    return all;
  }
  mutable std::array<std::vector<market_data::Candle>, 4> candles_;
  naive::Market market_;
};

// ---- the operations over views of one market ----

struct Answer {
  int code = 0;  // 0: the body is the answer
  std::string body;
  bool from_archive = false;
  friend bool operator==(const Answer&, const Answer&) = default;
};

class House {
 public:
  explicit House(const market_data::Limits& kept = kPlenty) {
    views.markets = market_data::Markets(kept);
    for (const auto& asset : instruments::default_assets()) EXPECT_TRUE(views.instruments.add(asset));
    for (const auto& market : instruments::default_markets()) EXPECT_TRUE(views.instruments.add(market));
  }
  void apply(const naive::Trade& trade) {
    oracle.trades.push_back(trade);
    views.markets.apply(naive::event_of(trade, core::MarketId{1}, oracle.trades.size()), {trade.time});
    now = trade.time;
  }
  [[nodiscard]] Context context() const { return {.views = views, .limits = limits, .now = {now}, .time_unit = unit}; }
  // Its first half: an answer, or what to ask the archive.
  std::unique_ptr<PastRead> ask(ReadPast operation, const std::string& query, Answer& answer) {
    Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, {}));
    Arguments arguments(parameters, views.instruments);
    JsonWriter json(answer.body);
    auto past = operation(context(), arguments, json);
    if (!arguments.ok()) answer = {.code = arguments.error().code, .body = arguments.error().message};
    return past;
  }
  Answer finish(const PastRead& past, const Archive& archive) {
    Answer answer{.from_archive = true};
    JsonWriter json(answer.body);
    const auto written = past.write(context(), archive.answer(past.question), json);
    if (!written) answer = {.code = written.error().code, .body = {}, .from_archive = true};
    return answer;
  }
  Answer call(ReadPast operation, const std::string& query, const Archive& archive) {
    Answer answer;
    const auto past = ask(operation, query, answer);
    return past == nullptr ? answer : finish(*past, archive);
  }
  Answer call(Read operation, const std::string& query) {
    Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, {}));
    Arguments arguments(parameters, views.instruments);
    Answer answer;
    JsonWriter json(answer.body);
    operation(context(), arguments, json);
    if (!arguments.ok()) answer = {.code = arguments.error().code, .body = arguments.error().message};
    return answer;
  }

  engine::Views views;
  limits::Profile limits = limits::open_profile();
  naive::Market oracle;
  std::int64_t now = 0;
  TimeUnit unit = TimeUnit::millisecond;
};

const std::vector<naive::Trade>& trades() {
  static const auto kTrades = naive::three_days(11, 40);
  return kTrades;
}

std::unique_ptr<House> house_of(const market_data::Limits& limits) {
  auto house = std::make_unique<House>(limits);
  for (const naive::Trade& each : trades()) house->apply(each);
  house->now += 90 * kSecond;
  return house;
}

// ---- klines ----

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

struct Period {
  std::optional<std::int64_t> from, until;  // milliseconds
  std::size_t limit = 500;
};

std::string query_of(const Period& of) {
  return (of.from ? "&startTime=" + std::to_string(*of.from) : "") +
         (of.until ? "&endTime=" + std::to_string(*of.until) : "") + "&limit=" + std::to_string(of.limit);
}

template <class Rows, class TimeOf, class TextOf>
std::string chosen(const Rows& rows, const Period& of, TimeOf time_of, TextOf text_of) {
  std::vector<std::string> out;
  for (const auto& each : rows) {
    if (of.from && time_of(each) / kMillisecond < *of.from) continue;
    if (of.until && time_of(each) / kMillisecond > *of.until) continue;
    if (of.from && out.size() == of.limit) break;
    out.push_back(text_of(each));
  }
  if (out.size() > of.limit) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(of.limit));
  return array(out);
}

std::string chosen_klines(const std::vector<Row>& rows, const Period& of) {
  return chosen(rows, of, [](const Row& row) { return row.open; }, [](const Row& row) { return row.text; });
}

std::vector<Period> some_periods(core::Random& random, std::int64_t now) {
  const std::int64_t first = trades().front().time / kMillisecond, last = now / kMillisecond;
  std::vector<Period> out = {{},
                             {.limit = 1},
                             {.limit = 1000},
                             {.from = 0},
                             {.until = 0},
                             {.until = first - 1},
                             {.from = last + 1},
                             {.from = last, .until = first},
                             {.from = first, .until = last},
                             {.until = last * 2}};
  for (int i = 0; i < 12; ++i) {
    const std::int64_t a = random.between(first - 90'000'000, last + 90'000'000);
    const std::int64_t b = a + random.between(-1'000, random.chance(1, 2) ? 100'000 : 90'000'000);
    const std::size_t limit = 1 + random.below(random.chance(1, 2) ? 20 : 1000);
    out.push_back({.from = a, .limit = limit});
    out.push_back({.until = b, .limit = limit});
    out.push_back({.from = a, .until = b, .limit = limit});
  }
  return out;
}

constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kZones = {
    {{"0", 0}, {"5:45", 5 * kHour + 45 * kMinute}, {"-12:00", -12 * kHour}, {"%2B14:00", 14 * kHour}}};

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

// ---- trades ----

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

// ---- tickers ----

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

// ---- numbers ----

TEST(Ratios, AreRoundedToTheNearest) {
  const struct {
    core::int128 numerator, denominator;
    int decimals;
    std::string_view text;
  } cases[] = {
      {0, 1, 3, "0.000"},
      {1, 3, 8, "0.33333333"},
      {2, 3, 8, "0.66666667"},
      {-2, 3, 8, "-0.66666667"},
      {1, 2'000, 3, "0.001"},  // a half goes away from zero
      {-1, 2'000, 3, "-0.001"},
      {999'999, 1'000'000, 3, "1.000"},
      {5, 2, 0, "3"},
      {core::int128{1} << 100, core::int128{1} << 99, 2, "2.00"},
      {(core::int128{1} << 100) - 1, core::int128{1} << 101, 8, "0.50000000"},
  };
  for (const auto& each : cases) {
    std::string out;
    append_ratio(out, each.numerator, each.denominator, each.decimals);
    EXPECT_EQ(out, each.text);
  }
}

TEST(Averages, OfAnyVolumeThatCanBe) {
  const House house;
  const Listing listing = listing_of(house.views.instruments, *house.views.instruments.market("BTCUSDT"));
  const struct {
    core::int128 lots, tick_lots;
    std::string_view text;
  } cases[] = {
      {0, 0, "0.00000000"},
      {1, 5'000'000, "50000.00000000"},
      {3, 5'000'000, "16666.66666667"},
      {core::int128{3} << 80, core::int128{5'000'000} << 80, "16666.66666667"},  // more lots than 62 bits hold
      {(core::int128{1} << 90) - 1, (core::int128{1} << 90) - 1, "0.01000000"},
  };
  for (const auto& each : cases) {
    std::string out;
    append_average_price(out, listing, {each.lots, each.tick_lots});
    EXPECT_EQ(out, each.text);
  }
}

TEST(TimeZones, AsTheyAreWritten) {
  const struct {
    std::string_view text;
    std::int64_t minutes;
  } good[] = {{"0", 0},       {"00", 0},       {"0:00", 0},    {"-0:00", 0},    {"8", 480},
              {"08:00", 480}, {"+8", 480},     {" 8:00", 480}, {"-1:00", -60},  {"05:45", 345},
              {"5:45", 345},  {"-3:30", -210}, {"14", 840},    {"+14:00", 840}, {"-12:00", -720}};
  for (const auto& each : good) EXPECT_EQ(parse_time_zone(each.text), each.minutes * kMinute) << each.text;
  for (const std::string_view bad :
       {"",    "-",    "+",    ":",   "5:",  ":45", "5:4", "5:450", "005", "14:15", "-12:15", "15",
        "-13", "5:60", "5:20", "5.5", "0x5", "--5", "+-5", "5:-1",  "UTC", "5:45 ", "8:00:00"})
    EXPECT_FALSE(parse_time_zone(bad).has_value()) << bad;
}

}  // namespace
}  // namespace spot
