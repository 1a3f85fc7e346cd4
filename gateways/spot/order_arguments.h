// Arguments that several operations on orders share. finish() is left to the caller.
#pragma once

#include <string_view>

#include "gateways/spot/trading.h"

namespace spot {

// All of a new order.
[[nodiscard]] orders::PlaceOrder take_order(const Context& context, Arguments& arguments, Pending& pending);
// An order by its id, by its client order id, or by both, under the names the operation has for them; `asked` decides
// how an id that can be no order's is refused.
[[nodiscard]] orders::OrderReference take_target(Arguments& arguments, std::string_view id_name,
                                                 std::string_view text_name, Asked asked);
[[nodiscard]] orders::CancelRestriction take_restriction(Arguments& arguments);

[[nodiscard]] Pending pending_for(const Context& context, Change change, const instruments::Market* market);

}  // namespace spot
