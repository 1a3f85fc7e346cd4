#include "services/history/reducer.h"

#include <variant>

namespace history {
namespace {

Order order_of(const orders::OrderEvent& event, core::Time time) {
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
          // A replaced order may have a new name from now on.
          .client_order_id = event.execution == orders::Execution::replaced && !event.cancel_id.empty()
                                 ? event.cancel_id
                                 : event.client_order_id};
}

Fill fill_of(const orders::OrderEvent& event, core::Amount executed_quote_before, core::Time time) {
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

}  // namespace

void Reducer::apply(const orders::AccountEvent& of) {
  using orders::Execution;
  const auto* event = std::get_if<orders::OrderEvent>(&of.body);
  if (event == nullptr) return;
  if (event->execution == Execution::rejected || event->execution == Execution::cancel_rejected) return;
  if (event->execution == Execution::traded) {
    core::Amount& executed = executed_[event->order];
    rows_.fills.push_back({event->account, fill_of(*event, executed, of.time)});
    executed = event->executed_quote;
  }
  if (orders::is_closed(event->status)) executed_.erase(event->order);
  const auto [at, is_new] = place_of_.try_emplace(event->order, rows_.orders.size());
  if (is_new) {
    rows_.orders.push_back(order_of(*event, of.time));
    return;
  }
  Order& row = rows_.orders[at->second];
  const core::ClientOrderId client_order_id = row.client_order_id;
  row = order_of(*event, of.time);
  if (row.client_order_id.empty()) row.client_order_id = client_order_id;
}

void Reducer::clear() {
  rows_.orders.clear();
  rows_.fills.clear();
  place_of_.clear();
}

}  // namespace history
