// Public reads: time, markets' rules, books, trades, prices.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void ping(const Context& context, Arguments& arguments, JsonWriter& json);
void server_time(const Context& context, Arguments& arguments, JsonWriter& json);
void exchange_info(const Context& context, Arguments& arguments, JsonWriter& json);
void depth(const Context& context, Arguments& arguments, JsonWriter& json);
void recent_trades(const Context& context, Arguments& arguments, JsonWriter& json);
void ticker_price(const Context& context, Arguments& arguments, JsonWriter& json);
void book_ticker(const Context& context, Arguments& arguments, JsonWriter& json);

// Weights that depend on the parameters.
[[nodiscard]] std::uint32_t depth_weight(const Parameters& parameters);
[[nodiscard]] std::uint32_t ticker_weight(const Parameters& parameters);

}  // namespace spot
