// What market data consist of: trades, aggregated trades, candles, and the questions that the archive of them answers.
//
// Everything is counted in the market's own units (ticks, lots, tick × lots), so that sums are exact and text is made
// at the gateways. Sums are 128 bits wide and checked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"

namespace market_data {

// One trade. Ids count up from 1 per market without gaps. Trades that one taker order made at one price and one
// time, one after the other, have one aggregate id; those count up from 1 per market too.
struct Trade {
  core::TradeId id;
  std::uint64_t aggregate = 0;
  core::Price price;
  core::Quantity quantity;
  core::Time time;
  bool buyer_is_maker = false;
  friend bool operator==(const Trade&, const Trade&) = default;
};

struct AggregateTrade {
  std::uint64_t id = 0;
  core::Price price;
  core::Quantity quantity;
  core::TradeId first, last;
  core::Time time;
  bool buyer_is_maker = false;
  friend bool operator==(const AggregateTrade&, const AggregateTrade&) = default;
};

// Sums over trades.
struct Volume {
  core::int128 lots = 0;
  core::int128 tick_lots = 0;  // sum of price × quantity
  friend bool operator==(const Volume&, const Volume&) = default;
};

// Base candles are kept in these lengths, all aligned to 1970-01-01T00:00Z, and only where there were trades; all other
// intervals are put together from them when they are asked for.
enum class CandleLayer : std::uint8_t { second = 1, minute = 2, quarter_hour = 3, day = 4 };
[[nodiscard]] constexpr std::int64_t length_ns(CandleLayer layer) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  switch (layer) {
    case CandleLayer::second:
      return kSecond;
    case CandleLayer::minute:
      return 60 * kSecond;
    case CandleLayer::quarter_hour:
      return 900 * kSecond;
    case CandleLayer::day:
      return 86'400 * kSecond;
  }
  return kSecond;
}

struct Candle {
  core::Time open_time;
  core::Price open, high, low, close;
  Volume volume, taker_buy;
  std::uint64_t trade_count = 0;
  core::TradeId first_trade, last_trade;
  friend bool operator==(const Candle&, const Candle&) = default;
};

// ---- questions to the archive; answers ascend by id or time ----

// Trades with from <= id < until, at most `limit`: the earliest.
struct TradesQuestion {
  core::MarketId market;
  core::TradeId from, until;
  std::size_t limit = 1000;
};
// By id (from_id), or by time (both bounds inclusive, either may be absent). With from_id or `from` the earliest
// `limit`, else the latest.
struct AggregateTradesQuestion {
  core::MarketId market;
  std::optional<std::uint64_t> from_id;
  std::optional<core::Time> from, until;
  std::size_t limit = 1000;
};
// Base candles of one layer with from <= open_time < until, and the last one before `from`, for the price at which a
// gap begins.
struct CandlesQuestion {
  core::MarketId market;
  CandleLayer layer = CandleLayer::minute;
  core::Time from, until;
};
struct CandlesAnswer {
  std::vector<Candle> candles;
  std::optional<Candle> before;
};

}  // namespace market_data
