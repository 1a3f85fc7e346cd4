// Read model of markets, made of durable market events alone: depth, best prices, trades, candles, statistics. A pure
// reducer. What it answers is exact; how far back it can is bounded (tape.h), and reach() tells it.
//
// Questions take the present time. One before the latest trade's, as after the clock was set back, counts as that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/market_data/intervals.h"
#include "services/market_data/tape.h"
#include "services/market_data/types.h"
#include "services/matching/types.h"

namespace market_data {

struct DepthLevel {
  core::Price price;
  core::Quantity quantity;
};
struct Depth {
  std::uint64_t last_update_id = 0;
  std::vector<DepthLevel> bids, asks;  // best first
};
struct BestPrices {
  std::optional<DepthLevel> bid, ask;
};

// What happened in a market from open_time (inclusive) to close_time. Without a trade in between, the prices are the
// last price, and zero before the first trade ever.
struct Statistics {
  core::Time open_time, close_time;
  core::Price open, high, low, last;
  core::Price previous_close;    // of the last trade before open_time; zero: there was none
  core::Quantity last_quantity;  // of the latest trade
  Volume volume;
  std::uint64_t trade_count = 0;
  core::TradeId first_trade, last_trade;  // none without a trade
  friend bool operator==(const Statistics&, const Statistics&) = default;
};

// By volume over the last 5 minutes: volume.tick_lots / volume.lots ticks; `last` where that is empty.
struct AveragePrice {
  static constexpr std::int64_t kMinutes = 5;
  Volume volume;
  core::Price last;       // zero before the first trade ever
  core::Time close_time;  // of the latest trade
};

class Markets {
 public:
  explicit Markets(Limits limits = {});
  ~Markets();
  Markets(Markets&&) noexcept;
  Markets& operator=(Markets&&) noexcept;

  void apply(const matching::MarketEvent& event, core::Time time);

  // All of an unknown market is empty.
  [[nodiscard]] Depth depth(core::MarketId market, std::size_t levels_max) const;
  [[nodiscard]] BestPrices best(core::MarketId market) const;
  [[nodiscard]] std::optional<core::Price> last_price(core::MarketId market) const;

  // Trades, oldest first.
  [[nodiscard]] std::vector<Trade> recent_trades(core::MarketId market, std::size_t limit) const;
  [[nodiscard]] std::vector<Trade> trades(const TradesQuestion& question) const;
  // Null before the first one. Lives until the next apply.
  [[nodiscard]] const Trade* last_trade(core::MarketId market) const;
  [[nodiscard]] std::optional<core::Time> first_trade_time(core::MarketId market) const;
  // Only those of which no trade is forgotten.
  [[nodiscard]] std::vector<AggregateTrade> aggregate_trades(const AggregateTradesQuestion& question) const;

  // The candle of the period that `now` lies in: flat at the last price while it has no trade, nothing before the first
  // trade ever.
  [[nodiscard]] std::optional<Candle> candle(core::MarketId market, Interval interval, core::Time now,
                                             std::int64_t offset_ns = 0) const;
  // Base candles of one layer, as far as they are kept.
  [[nodiscard]] CandlesAnswer candles(const CandlesQuestion& question) const;
  // Of the last `window_ns`, begun on a whole minute: up to 59.999... s more. REQUIRES at most 7 days.
  [[nodiscard]] Statistics statistics(core::MarketId market, core::Time now, std::int64_t window_ns) const;
  // Of the day in a time zone; close_time is the day's last nanosecond.
  [[nodiscard]] Statistics trading_day(core::MarketId market, core::Time now, std::int64_t offset_ns = 0) const;
  [[nodiscard]] AveragePrice average_price(core::MarketId market, core::Time now) const;

  [[nodiscard]] Reach reach(core::MarketId market) const;

  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace market_data
