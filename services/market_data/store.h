// The market data store: trades, base candles and aggregations of all markets in SQLite (docs/formats/stores.md), made
// of durable market events. It is written here and read through store_reader.h. One thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/sql/projection.h"
#include "services/market_data/reducer.h"

namespace market_data {

// What is known of a market's past when the log no longer tells it.
struct MarketPast {
  core::MarketId market;
  Aggregation aggregation;
  std::vector<Trade> trades;                                      // ascending
  std::array<std::vector<Candle>, kCandleLayers.size()> candles;  // ascending
};

class Store {
 public:
  // Errors: as sql::Projection::open.
  [[nodiscard]] static core::Result<Store> open(const std::string& path, const std::atomic<bool>* stop = nullptr);
  [[nodiscard]] const sql::Cursor& cursor() const { return file_.cursor(); }

  // Of commands behind the cursor, in order.
  void apply(const matching::MarketEvent& event, core::Time time) { reducer_.apply(event, time); }
  [[nodiscard]] std::size_t pending_rows() const { return reducer_.pending(); }
  // Writes what was applied and moves the cursor. After an error call it again, or open the store anew.
  [[nodiscard]] core::Result<void> write(const sql::Cursor& through);
  // REQUIRES an empty store and nothing applied.
  [[nodiscard]] core::Result<void> import(const std::vector<MarketPast>& markets, const sql::Cursor& at);
  // Removes up to `rows_max` trades and second candles from before `before`, the oldest first. Returns how many went.
  [[nodiscard]] core::Result<std::size_t> prune(core::Time before, std::size_t rows_max);

  // See sql::Projection::before_commit.
  void set_before_commit(std::function<core::Result<void>()> hook) { file_.before_commit = std::move(hook); }

 private:
  explicit Store(sql::Projection file) : file_(std::move(file)) {}
  [[nodiscard]] core::Result<void> restore();
  [[nodiscard]] core::Result<void> write_rows(const Rows& rows);
  [[nodiscard]] core::Result<std::size_t> prune_market(std::int64_t market, core::Time before, std::size_t rows_max);

  sql::Projection file_;
  Reducer reducer_;
};

}  // namespace market_data
