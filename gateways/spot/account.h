// Signed reads of one account: balances, orders, fills, rates, and the wallet's view of assets.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void account(const Context& context, Arguments& arguments, JsonWriter& json);
void account_commission(const Context& context, Arguments& arguments, JsonWriter& json);
void query_order(const Context& context, Arguments& arguments, JsonWriter& json);
void open_orders(const Context& context, Arguments& arguments, JsonWriter& json);
void all_orders(const Context& context, Arguments& arguments, JsonWriter& json);
void my_trades(const Context& context, Arguments& arguments, JsonWriter& json);

// Wallet endpoints (/sapi/v1) that clients call while they load markets.
void all_coins(const Context& context, Arguments& arguments, JsonWriter& json);
void trade_fees(const Context& context, Arguments& arguments, JsonWriter& json);
void system_status(const Context& context, Arguments& arguments, JsonWriter& json);
// Of markets this exchange does not have (margin, futures): honestly empty.
void no_pairs(const Context& context, Arguments& arguments, JsonWriter& json);
void no_contracts(const Context& context, Arguments& arguments, JsonWriter& json);

[[nodiscard]] std::uint32_t open_orders_weight(const Parameters& parameters);
[[nodiscard]] std::uint32_t my_trades_weight(const Parameters& parameters);

}  // namespace spot
