// Answers from the market data store, read beside whoever writes it: on a thread of its own, with a connection of its
// own that cannot write. What is too much for one answer is an error, not a slow answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/sql/projection.h"
#include "services/market_data/types.h"

namespace market_data {

class StoreReader {
 public:
  [[nodiscard]] static core::Result<StoreReader> open(const std::string& path);
  // For reading several answers of one moment: database().reading(...).
  [[nodiscard]] sql::Database& database() { return *database_; }
  [[nodiscard]] core::Result<sql::Cursor> cursor() { return sql::read_cursor(*database_); }

  // See the questions. Errors: corrupt, others of the database, invalid_input (more than can be answered at once).
  [[nodiscard]] core::Result<std::vector<Trade>> trades(const TradesQuestion& question);
  [[nodiscard]] core::Result<std::vector<AggregateTrade>> aggregate_trades(const AggregateTradesQuestion& question);
  [[nodiscard]] core::Result<CandlesAnswer> candles(const CandlesQuestion& question);

  // The market's first trade that is there; none: none is.
  [[nodiscard]] core::Result<core::TradeId> oldest_trade(core::MarketId market);

 private:
  explicit StoreReader(sql::Database database) : database_(std::make_unique<sql::Database>(std::move(database))) {}
  struct Ids {
    std::int64_t first = 1, end = 1;
  };
  [[nodiscard]] core::Result<Ids> trade_ids(core::MarketId market);
  [[nodiscard]] core::Result<std::int64_t> first_trade(core::MarketId market, const char* column, Ids within,
                                                       std::int64_t wanted);
  [[nodiscard]] core::Result<std::vector<Trade>> read_trades(core::MarketId market, Ids within, bool earliest,
                                                             std::size_t limit);
  [[nodiscard]] core::Result<std::vector<Candle>> read_candles(const CandlesQuestion& question, const char* condition,
                                                               const char* order);

  std::unique_ptr<sql::Database> database_;
};

}  // namespace market_data
