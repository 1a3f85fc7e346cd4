// Signed reads of one account: balances, orders, fills, rates, and the wallet's view of assets.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void account(const Context& context, Arguments& arguments, JsonWriter& json);
void account_commission(const Context& context, Arguments& arguments, JsonWriter& json);
void open_orders(const Context& context, Arguments& arguments, JsonWriter& json);

// These reach back to what the views have forgotten of the account. An archive that has not written all of that yet
// makes them fail (-1001) rather than leave something out.
[[nodiscard]] std::unique_ptr<PastRead> query_order(const Context& context, Arguments& arguments, JsonWriter& json);
[[nodiscard]] std::unique_ptr<PastRead> all_orders(const Context& context, Arguments& arguments, JsonWriter& json);
[[nodiscard]] std::unique_ptr<PastRead> my_trades(const Context& context, Arguments& arguments, JsonWriter& json);

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
