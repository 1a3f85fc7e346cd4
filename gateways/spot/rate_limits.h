// Limits as the API shows them, with or without how much of each is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateways/spot/context.h"

namespace spot {

// Nothing for a window without a limit.
void write_rate_limit(JsonWriter& json, std::string_view type, const limits::Window& window,
                      std::optional<std::uint32_t> used = std::nullopt);
// Both windows of an account's orders.
void write_order_limits(JsonWriter& json, const limits::Limiter& limiter, core::AccountId account, core::Time now);

// GET rateLimit/order.
void order_limits(const Context& context, Arguments& arguments, JsonWriter& json);

}  // namespace spot
