// The columns of the market data store and how rows become values again: shared by what writes and what reads it.
#pragma once

#include <string>

#include "pkg/core/error.h"
#include "pkg/sql/database.h"
#include "services/market_data/types.h"

namespace market_data {

extern const char* const kTradeColumns;
extern const char* const kCandleColumns;

// Rows of these columns. Errors: corrupt.
[[nodiscard]] core::Result<Trade> trade_from(const sql::Row& row);
[[nodiscard]] core::Result<Candle> candle_from(const sql::Row& row);

}  // namespace market_data
