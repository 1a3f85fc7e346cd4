// Client order ids the exchange makes for orders that came without one: a fixed, reversible scramble of the order id,
// so that they cost no memory and a client that sends one back names its order.
#pragma once

#include <optional>
#include <string_view>

#include "pkg/core/ids.h"
#include "pkg/core/short_text.h"

namespace orders {

// 'x' and 13 characters of [0-9A-Za-z]: unlike anything a person types, different for every order id.
[[nodiscard]] core::ClientOrderId made_client_order_id(core::OrderId order);
// The order id a made client order id stands for; nothing for any other text.
[[nodiscard]] std::optional<core::OrderId> order_of_made_id(std::string_view client_order_id);
// 1 to 36 characters of [a-zA-Z0-9-_].
[[nodiscard]] bool is_valid_client_order_id(std::string_view text);

}  // namespace orders
