// What one order event says of an order and of a fill: the one place for it, used by the read model and by the store's
// reducer. Pure functions.
#pragma once

#include "services/history/accounts.h"
#include "services/orders/types.h"

namespace history {

// The name the order has from this event on; empty: the event gives none, the order keeps its own.
[[nodiscard]] inline const core::ClientOrderId& name_given_by(const orders::OrderEvent& event) {
  return event.execution == orders::Execution::replaced ? event.cancel_id : event.client_order_id;
}

// The order after the event, but for its name where the event gives none.
[[nodiscard]] inline Order order_of(const orders::OrderEvent& event, core::Time time) {
  return {.id = event.order,
          .account = event.account,
          .market = event.market,
          .side = event.side,
          .type = event.type,
          .time_in_force = event.time_in_force,
          .self_trade = event.self_trade,
          .status = event.status,
          .price = event.price,
          .quantity = event.quantity,
          .executed = event.executed,
          .prevented = event.prevented,
          .quote_quantity = event.quote_quantity,
          .executed_quote = event.executed_quote,
          .created = event.created,
          .updated = time,
          .working = event.working,
          .condition = event.condition,
          .peak = event.peak,
          .client_order_id = name_given_by(event)};
}

// REQUIRES event.execution == traded.
[[nodiscard]] inline Fill fill_of(const orders::OrderEvent& event, core::Amount executed_quote_before,
                                  core::Time time) {
  return {.trade = event.trade,
          .order = event.order,
          .market = event.market,
          .price = event.last_price,
          .quantity = event.last_quantity,
          .quote = event.executed_quote - executed_quote_before,
          .fee = event.fee,
          .fee_asset = event.fee_asset,
          .time = time,
          .is_buyer = event.side == orders::Side::buy,
          .is_maker = event.is_maker};
}

}  // namespace history
