// Public reads: time, markets' rules, books, trades, candles, prices and statistics. Those that may reach further back
// than memory does are ReadPast: they put together what the archive has and what memory has, and refuse rather than
// leave a hole between the two.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void ping(const Context& context, Arguments& arguments, JsonWriter& json);
void server_time(const Context& context, Arguments& arguments, JsonWriter& json);
void exchange_info(const Context& context, Arguments& arguments, JsonWriter& json);
void depth(const Context& context, Arguments& arguments, JsonWriter& json);
void recent_trades(const Context& context, Arguments& arguments, JsonWriter& json);
[[nodiscard]] std::unique_ptr<PastRead> historical_trades(const Context& context, Arguments& arguments,
                                                          JsonWriter& json);
[[nodiscard]] std::unique_ptr<PastRead> aggregate_trades(const Context& context, Arguments& arguments,
                                                         JsonWriter& json);
[[nodiscard]] std::unique_ptr<PastRead> klines(const Context& context, Arguments& arguments, JsonWriter& json);
void average_price(const Context& context, Arguments& arguments, JsonWriter& json);
void ticker_24h(const Context& context, Arguments& arguments, JsonWriter& json);
void ticker_window(const Context& context, Arguments& arguments, JsonWriter& json);
void ticker_trading_day(const Context& context, Arguments& arguments, JsonWriter& json);
void ticker_price(const Context& context, Arguments& arguments, JsonWriter& json);
void book_ticker(const Context& context, Arguments& arguments, JsonWriter& json);

// Weights that depend on the parameters.
[[nodiscard]] std::uint32_t depth_weight(const Parameters& parameters);
[[nodiscard]] std::uint32_t ticker_weight(const Parameters& parameters);
[[nodiscard]] std::uint32_t ticker_24h_weight(const Parameters& parameters);
[[nodiscard]] std::uint32_t ticker_window_weight(const Parameters& parameters);  // of the trading day too

}  // namespace spot
