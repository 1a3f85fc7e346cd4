// Wallet endpoints (/sapi/v1) about what this exchange does not have: chains, transfers, a funding account. Their
// parameters are checked as published; the answers are honestly empty, and what would move money is refused.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void deposit_address(const Context& context, Arguments& arguments, JsonWriter& json);
void deposit_history(const Context& context, Arguments& arguments, JsonWriter& json);
void withdraw_history(const Context& context, Arguments& arguments, JsonWriter& json);
void funding_assets(const Context& context, Arguments& arguments, JsonWriter& json);
void transfers(const Context& context, Arguments& arguments, JsonWriter& json);
void transfer(const Context& context, Arguments& arguments, JsonWriter& json);  // refused

}  // namespace spot
