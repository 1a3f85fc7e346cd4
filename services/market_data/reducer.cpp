#include "services/market_data/reducer.h"

#include "pkg/core/check.h"

namespace market_data {

void Rows::clear() {
  trades.clear();
  candles.clear();
  aggregations.clear();
}

Reducer::Market& Reducer::market(core::MarketId id) {
  CHECK(!id.is_none());
  const std::size_t index = std::size_t{id.value()} - 1;
  if (index >= markets_.size()) markets_.resize(index + 1);
  return markets_[index];
}

void Reducer::restore(const CandleRow& row) {
  market(row.market).candles[static_cast<std::size_t>(row.layer) - 1] = row.candle;
}

void Reducer::apply(const matching::MarketEvent& event, core::Time time) {
  if (event.kind != matching::MarketEventKind::traded) return;
  Market& of = market(event.market);
  if (!of.is_touched) {
    of.is_touched = true;
    touched_.push_back(event.market);
  }
  const Trade trade = trade_of(event, time, of.aggregation);
  rows_.trades.push_back({event.market, trade});
  for (std::size_t i = 0; i < kCandleLayers.size(); ++i) {
    const Candle added = candle_of(trade, kCandleLayers[i]);
    Candle& latest = of.candles[i];
    if (latest.trade_count > 0 && latest.open_time == added.open_time) {
      extend(latest, added);
      continue;
    }
    if (latest.trade_count > 0) rows_.candles.push_back({event.market, kCandleLayers[i], latest});
    latest = added;
  }
}

const Rows& Reducer::rows() {
  for (const core::MarketId id : touched_) {
    Market& of = market(id);
    of.is_touched = false;
    rows_.aggregations.push_back({id, of.aggregation});
    for (std::size_t i = 0; i < kCandleLayers.size(); ++i) {
      if (of.candles[i].trade_count > 0) rows_.candles.push_back({id, kCandleLayers[i], of.candles[i]});
    }
  }
  touched_.clear();
  return rows_;
}

}  // namespace market_data
