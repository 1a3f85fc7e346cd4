// What is remembered of one market since its first trade: the latest trades, the base candles of four lengths, and what
// outlives both. Bounded; a trade costs one place in a ring and four sums.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "pkg/core/bytes.h"
#include "services/market_data/candles.h"
#include "services/market_data/ring.h"
#include "services/market_data/types.h"
#include "services/matching/types.h"

namespace market_data {

// How much is kept of each market. With the usual limits candles of every interval, rolling windows of up to 7 days and
// the trading day are exact: that takes 10,081 minutes, and 96 quarter hours.
struct Limits {
  std::size_t trades = 10'000;
  std::size_t seconds = 4'096, minutes = 10'240, quarter_hours = 4'096, days = 4'096;  // that had trades
};

inline constexpr std::array<CandleLayer, 4> kLayers = {CandleLayer::second, CandleLayer::minute,
                                                       CandleLayer::quarter_hour, CandleLayer::day};

class Tape {
 public:
  explicit Tape(const Limits& limits);

  // A trade in a time before the latest one's counts for the latest one's periods.
  void add(const matching::MarketEvent& event, core::Time time);

  // REQUIRES, as all below, a trade.
  [[nodiscard]] const Trade& last() const { return last_; }
  [[nodiscard]] core::Time first_time() const { return first_time_; }
  [[nodiscard]] const Ring<Trade>& trades() const { return trades_; }
  [[nodiscard]] const Ring<Candle>& candles(CandleLayer layer) const;
  // All from `from` on as one candle that opens then; nothing when there was no trade. REQUIRES a whole second.
  [[nodiscard]] std::optional<Candle> since(core::Time from) const;
  // The price of the last trade before `when`, as far as it is remembered. REQUIRES a whole second.
  [[nodiscard]] std::optional<core::Price> price_before(core::Time when) const;

  void save(core::ByteWriter& out) const;
  // REQUIRES a tape without trades. Makes `in` fail on what contradicts itself.
  void load(core::ByteReader& in);

 private:
  void load_trades(core::ByteReader& in);
  void load_candles(core::ByteReader& in, CandleLayer layer);

  Trade last_;
  core::Time first_time_;
  Aggregation aggregation_;
  Ring<Trade> trades_;
  std::array<Ring<Candle>, kLayers.size()> candles_;
};

// How far back the memory of a market reaches: what is older may be missing.
struct Reach {
  core::TradeId oldest_trade{1};       // this trade and all later ones are kept
  std::uint64_t oldest_aggregate = 1;  // of this aggregate and all later ones every trade is kept
  // Aggregates later than this are all kept; absent: every one is.
  std::optional<core::Time> aggregates_after;
  // Of each layer, in the order of kLayers: the candles that open then or later are kept; absent: all are.
  std::array<std::optional<core::Time>, kLayers.size()> oldest_candle;
  [[nodiscard]] std::optional<core::Time> oldest(CandleLayer layer) const {
    return oldest_candle[static_cast<std::size_t>(layer) - 1];
  }
  friend bool operator==(const Reach&, const Reach&) = default;
};
[[nodiscard]] Reach reach_of(const Tape& tape);

}  // namespace market_data
