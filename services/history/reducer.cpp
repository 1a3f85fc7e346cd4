#include "services/history/reducer.h"

#include <variant>

#include "services/history/of_event.h"

namespace history {

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
