// Rows of the history store, made of durable account events: orders as they are now, and fills. Pure: no I/O; whoever
// writes the rows takes them away when they are written.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "services/history/accounts.h"
#include "services/orders/types.h"

namespace history {

struct FillRow {
  core::AccountId account;
  Fill fill;
};
struct Rows {
  // Each replaces the row of its id, but for the client order id where that is empty here: then the one that is there
  // stays, or there is none, and the order has the one that is made from its id.
  std::vector<Order> orders;
  std::vector<FillRow> fills;
  [[nodiscard]] std::size_t size() const { return orders.size() + fills.size(); }
};

class Reducer {
 public:
  // As it was after the rows that are written: an open order with what it has executed.
  void restore(core::OrderId order, core::Amount executed_quote) { executed_[order] = executed_quote; }

  // Only order events make rows.
  void apply(const orders::AccountEvent& event);
  // Everything that has changed since clear(), one row per order.
  [[nodiscard]] const Rows& rows() const { return rows_; }
  void clear();

 private:
  std::unordered_map<core::OrderId, core::Amount> executed_;  // of open orders that have fills
  std::unordered_map<core::OrderId, std::size_t> place_of_;   // in rows_.orders
  Rows rows_;
};

}  // namespace history
