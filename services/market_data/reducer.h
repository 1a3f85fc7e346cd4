// Rows of the market data store, made of durable market events: trades, base candles, and what numbers the next
// aggregate. Pure: no I/O; whoever writes the rows takes them away when they are written.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "services/market_data/candles.h"
#include "services/market_data/types.h"
#include "services/matching/types.h"

namespace market_data {

inline constexpr std::array kCandleLayers = {CandleLayer::second, CandleLayer::minute, CandleLayer::quarter_hour,
                                             CandleLayer::day};

struct TradeRow {
  core::MarketId market;
  Trade trade;
};
// Replaces the candle of the same period.
struct CandleRow {
  core::MarketId market;
  CandleLayer layer = CandleLayer::second;
  Candle candle;
};
// Replaces what was there of the market.
struct AggregationRow {
  core::MarketId market;
  Aggregation aggregation;
};
struct Rows {
  std::vector<TradeRow> trades;
  std::vector<CandleRow> candles;
  std::vector<AggregationRow> aggregations;
  [[nodiscard]] std::size_t size() const { return trades.size() + candles.size() + aggregations.size(); }
  void clear();
};

class Reducer {
 public:
  // As it was after the rows that are written: a market's aggregation and its latest candle of each layer, oldest
  // calls first.
  void restore(const AggregationRow& row) { market(row.market).aggregation = row.aggregation; }
  void restore(const CandleRow& row);

  // Only trades make rows. Times never fall.
  void apply(const matching::MarketEvent& event, core::Time time);
  // An upper bound of what rows() will hold.
  [[nodiscard]] std::size_t pending() const { return rows_.size() + touched_.size() * (kCandleLayers.size() + 1); }
  // Everything that has changed since clear(), candles of periods that go on included.
  [[nodiscard]] const Rows& rows();
  void clear() { rows_.clear(); }

 private:
  struct Market {
    Aggregation aggregation;
    std::array<Candle, kCandleLayers.size()> candles;  // the latest; trade_count 0: none yet
    bool is_touched = false;                           // since rows() was asked for
  };
  Market& market(core::MarketId id);

  std::vector<Market> markets_;  // id - 1
  std::vector<core::MarketId> touched_;
  Rows rows_;
};

}  // namespace market_data
