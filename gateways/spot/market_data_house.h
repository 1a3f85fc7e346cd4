// What the tests of market data share: answers written down a second time as texts from a list of trades, an archive
// that holds the first so many of them, and the operations over views of one market.
//
// Each answer is compared as text: from memory alone, from an archive where memory is small, and with an archive that
// lags behind, where the answer must be right or refused.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/spot/market_data.h"
#include "gateways/spot/parameters.h"
#include "gateways/spot/shapes.h"
#include "pkg/core/random.h"
#include "services/instruments/defaults.h"
#include "services/market_data/candles.h"
#include "services/market_data/naive_reference.h"

namespace spot::testing {

namespace naive = market_data::naive;
using naive::kDay;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;

inline constexpr int kUnavailable = -1001;
inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr market_data::Limits kPlenty{};
inline constexpr market_data::Limits kFew{.trades = 300, .seconds = 40, .minutes = 30, .quarter_hours = 20, .days = 2};
inline constexpr market_data::Limits kLeast{.trades = 1, .seconds = 1, .minutes = 1, .quarter_hours = 1, .days = 1};

// ---- texts, by hand: BTCUSDT has ticks of 0.01 USDT, lots of 0.00001 BTC, 8 decimals everywhere ----

inline std::string decimal(naive::int128 count, int decimals) {
  const bool is_negative = count < 0;
  if (is_negative) count = -count;
  std::string digits;
  for (; count > 0 || static_cast<int>(digits.size()) <= decimals; count /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(count % 10)));
  digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
  return (is_negative ? "-" : "") + digits;
}
inline std::string quoted(const std::string& text) { return "\"" + text + "\""; }
inline std::string price(naive::int128 ticks) { return quoted(decimal(ticks, 2) + "000000"); }
inline std::string quantity(naive::int128 lots) { return quoted(decimal(lots, 5) + "000"); }
inline std::string quote(naive::int128 tick_lots) { return quoted(decimal(tick_lots, 7) + "0"); }
inline std::string average(naive::int128 tick_lots, naive::int128 lots) {
  if (lots == 0) return quoted("0.00000000");
  return quoted(decimal((tick_lots * 1'000'000 * 2 + lots) / (2 * lots), 8));
}
inline std::string percent(std::int64_t change, std::int64_t of) {
  const naive::int128 size = change < 0 ? -change : change;
  const naive::int128 rounded = of == 0 ? 0 : (size * 100'000 * 2 + of) / (2 * naive::int128{of});
  return quoted(decimal(change < 0 ? -rounded : rounded, 3));
}
inline std::string field(const std::string& name, const std::string& value) { return quoted(name) + ":" + value; }
inline std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& each : parts) out += (out.empty() ? "" : ",") + each;
  return out;
}
inline std::string array(const std::vector<std::string>& parts) { return "[" + joined(parts) + "]"; }
inline std::string object(const std::vector<std::string>& parts) { return "{" + joined(parts) + "}"; }

// ---- the archive: the first so many trades, written until some time ----

inline market_data::Candle plain(const naive::Candle& of) {
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

inline const std::vector<naive::Trade>& trades() {
  static const auto kTrades = naive::three_days(11, 40);
  return kTrades;
}

inline std::unique_ptr<House> house_of(const market_data::Limits& limits) {
  auto house = std::make_unique<House>(limits);
  for (const naive::Trade& each : trades()) house->apply(each);
  house->now += 90 * kSecond;
  return house;
}

// ---- periods ----

struct Period {
  std::optional<std::int64_t> from, until;  // milliseconds
  std::size_t limit = 500;
};

inline std::string query_of(const Period& of) {
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

inline std::vector<Period> some_periods(core::Random& random, std::int64_t now) {
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

inline constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kZones = {
    {{"0", 0}, {"5:45", 5 * kHour + 45 * kMinute}, {"-12:00", -12 * kHour}, {"%2B14:00", 14 * kHour}}};

}  // namespace spot::testing
