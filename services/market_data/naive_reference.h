// Market data computed from nothing but a list of trades, as plainly as it can be written, and sharing no code with
// what it checks: the oracle of the candles, the statistics and the endpoints.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pkg/core/random.h"
#include "services/matching/types.h"

namespace market_data::naive {

__extension__ using int128 = __int128;

constexpr std::int64_t kSecond = 1'000'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

struct Trade {
  std::uint64_t id = 0, taker = 0;
  std::int64_t price = 0, quantity = 0, time = 0;
  bool buyer_is_maker = false;
};

struct Candle {
  std::int64_t open_time = 0, open = 0, high = 0, low = 0, close = 0;
  int128 lots = 0, tick_lots = 0, buy_lots = 0, buy_tick_lots = 0;
  std::uint64_t count = 0, first = 0, last = 0;
};

struct Aggregate {
  std::uint64_t id = 0, first = 0, last = 0;
  std::int64_t price = 0, quantity = 0, time = 0;
  bool buyer_is_maker = false;
};

inline std::int64_t at(int year, unsigned month, unsigned day, std::int64_t in_day = 0) {
  const std::chrono::sys_days days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
  return days.time_since_epoch().count() * kDay + in_day;
}

// Of "15m", "1M", ...; REQUIRES a local time after 1970.
inline std::int64_t open_of(std::string_view interval, std::int64_t time, std::int64_t offset) {
  using std::chrono::days;
  const std::int64_t local = time + offset;
  const std::chrono::sys_days day{days{local / kDay}};
  if (interval == "1M") {
    const std::chrono::year_month_day date{day};
    return std::chrono::sys_days{date.year() / date.month() / 1}.time_since_epoch().count() * kDay - offset;
  }
  if (interval == "1w") {
    const auto monday = day - (std::chrono::weekday{day} - std::chrono::Monday);
    return monday.time_since_epoch().count() * kDay - offset;
  }
  std::int64_t length = 0;
  for (const char c : interval.substr(0, interval.size() - 1)) length = length * 10 + (c - '0');
  const char unit = interval.back();
  length *= unit == 's' ? kSecond : unit == 'm' ? kMinute : unit == 'h' ? kHour : kDay;
  return local / length * length - offset;
}

inline std::int64_t next_open(std::string_view interval, std::int64_t time, std::int64_t offset) {
  // Steps over whatever the period is long: seconds, else minutes, or else quarter hours, until another one opens.
  const std::int64_t open = open_of(interval, time, offset);
  const std::int64_t step = interval == "1s" ? kSecond : interval.back() == 'm' ? kMinute : 15 * kMinute;
  std::int64_t next = open + step;
  while (open_of(interval, next, offset) == open) next += step;
  return next;
}

class Market {
 public:
  std::vector<Trade> trades;

  // Everything from `from` until before `until`.
  [[nodiscard]] std::optional<Candle> between(std::int64_t from, std::int64_t until) const {
    std::optional<Candle> out;
    for (auto it = first_at(from); it != trades.end() && it->time < until; ++it) {
      if (!out)
        out = Candle{.open_time = from, .open = it->price, .high = it->price, .low = it->price, .first = it->id};
      out->high = std::max(out->high, it->price);
      out->low = std::min(out->low, it->price);
      out->close = it->price;
      out->lots += it->quantity;
      out->tick_lots += int128{it->price} * it->quantity;
      if (!it->buyer_is_maker) {
        out->buy_lots += it->quantity;
        out->buy_tick_lots += int128{it->price} * it->quantity;
      }
      ++out->count;
      out->last = it->id;
    }
    return out;
  }
  // The last price before `time`.
  [[nodiscard]] std::optional<std::int64_t> price_before(std::int64_t time) const {
    const auto it = first_at(time);
    return it == trades.begin() ? std::nullopt : std::optional((it - 1)->price);
  }
  // A period's candle: flat where nothing happened, nothing before the first trade ever.
  [[nodiscard]] std::optional<Candle> candle(std::int64_t from, std::int64_t until) const {
    if (const auto traded = between(from, until)) return traded;
    const auto price = price_before(from);
    if (!price) return std::nullopt;
    return Candle{.open_time = from, .open = *price, .high = *price, .low = *price, .close = *price};
  }
  [[nodiscard]] std::vector<Aggregate> aggregates() const {
    std::vector<Aggregate> out;
    for (std::size_t i = 0; i < trades.size(); ++i) {
      const Trade& it = trades[i];
      const bool joins =
          i > 0 && trades[i - 1].taker == it.taker && trades[i - 1].price == it.price && trades[i - 1].time == it.time;
      if (!joins) {
        out.push_back({.id = out.size() + 1,
                       .first = it.id,
                       .price = it.price,
                       .time = it.time,
                       .buyer_is_maker = it.buyer_is_maker});
      }
      out.back().quantity += it.quantity;
      out.back().last = it.id;
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<Trade>::const_iterator first_at(std::int64_t time) const {
    return std::ranges::lower_bound(trades, time, {}, &Trade::time);
  }
};

// Three days and a little over the end of a February with 29 days: bursts of one taker through several levels, busy
// seconds, quiet hours, and half a day with nothing.
inline std::vector<Trade> three_days(std::uint64_t seed, std::int64_t seconds_between = 14) {
  core::Random random(seed);
  std::vector<Trade> out;
  std::int64_t price = 50'000;
  std::uint64_t taker = 1'000;
  std::int64_t time = at(2024, 2, 28, 22 * kHour + 13 * kMinute + 37 * kSecond + 123'456'789);
  const std::int64_t end = time + 3 * kDay + 5 * kHour;
  bool has_paused = false;
  while (time < end) {
    price = std::max<std::int64_t>(1, price + random.between(-40, 40));
    const bool buys = random.chance(1, 2);
    ++taker;
    for (std::int64_t left = random.between(1, 5); left > 0; --left) {
      out.push_back({.id = out.size() + 1,
                     .taker = taker,
                     .price = price,
                     .quantity = random.between(1, 5'000),
                     .time = time,
                     .buyer_is_maker = !buys});
      if (random.chance(1, 3)) price += buys ? 1 : -1;
      if (random.chance(1, 20)) ++taker;  // another, at the same time and perhaps the same price
      price = std::max<std::int64_t>(1, price);
    }
    time += random.chance(1, 3) ? random.between(0, kSecond) : random.between(0, 2 * seconds_between * kSecond);
    if (random.chance(1, 400)) time += random.between(10 * kMinute, 2 * kHour);
    if (!has_paused && time > at(2024, 2, 29, 20 * kHour)) {
      has_paused = true;
      time += 12 * kHour;
    }
    if (random.chance(1, 50)) time = time / kMinute * kMinute + kMinute;  // at the very start of a minute
  }
  return out;
}

// As the fold would say it.
inline matching::MarketEvent event_of(const Trade& trade, core::MarketId market, std::uint64_t sequence) {
  matching::MarketEvent event;
  event.kind = matching::MarketEventKind::traded;
  event.side = trade.buyer_is_maker ? matching::Side::sell : matching::Side::buy;
  event.market = market;
  event.sequence = sequence;
  event.price = core::Price{trade.price};
  event.quantity = core::Quantity{trade.quantity};
  event.trade = core::TradeId{trade.id};
  event.maker_order = core::OrderId{1};
  event.taker_order = core::OrderId{trade.taker};
  return event;
}

}  // namespace market_data::naive
