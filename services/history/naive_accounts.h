// The read model of accounts as plainly as it can be written, for tests: everything in lists, every question a scan.
#pragma once

#include <algorithm>
#include <list>
#include <map>

#include "services/history/accounts.h"
#include "services/orders/client_order_id.h"

namespace history {

class NaiveAccounts {
 public:
  explicit NaiveAccounts(Limits limits) : limits_(limits) {}

  void apply(const orders::OrderEvent& event, core::Time time) {
    using orders::Execution;
    if (event.execution == Execution::rejected || event.execution == Execution::cancel_rejected) return;
    if (event.execution == Execution::accepted) {
      Order order;
      order.id = event.order;
      order.account = event.account;
      order.market = event.market;
      order.side = event.side;
      order.created = event.created;
      order.condition = event.condition;
      order.peak = event.peak;
      order.client_order_id =
          event.client_order_id.empty() ? orders::made_client_order_id(event.order) : event.client_order_id;
      orders.push_back(order);
    }
    Order& order = *std::ranges::find(orders, event.order, &Order::id);
    if (event.execution == Execution::traded) {
      Fill fill;
      fill.trade = event.trade;
      fill.order = event.order;
      fill.market = event.market;
      fill.price = event.last_price;
      fill.quantity = event.last_quantity;
      fill.quote = event.executed_quote - order.executed_quote;
      fill.time = time;
      fill.is_buyer = event.side == orders::Side::buy;
      fills.emplace_back(event.account, fill);
    }
    if (event.execution == Execution::replaced && !event.cancel_id.empty()) order.client_order_id = event.cancel_id;
    order.status = event.status;
    order.price = event.price;
    order.quantity = event.quantity;
    order.executed = event.executed;
    order.executed_quote = event.executed_quote;
    order.updated = time;
    order.working = event.working;
    if (orders::is_closed(order.status)) closed.push_back(order.id);
    forget(event.account);
  }

  [[nodiscard]] const Order* find(core::AccountId account, core::MarketId market, std::string_view client_id) const {
    const Order* best = nullptr;
    for (const Order& order : orders) {
      if (order.account != account || order.market != market || order.client_order_id.view() != client_id) continue;
      if (best == nullptr || orders::is_closed(best->status) || !orders::is_closed(order.status)) best = &order;
    }
    return best;
  }

  [[nodiscard]] std::vector<core::OrderId> query_orders(core::AccountId account, const Query& query) const {
    std::vector<core::OrderId> out;
    for (const Order& order : orders) {
      if (order.account == account && (!query.market || order.market == *query.market) &&
          (!query.from_order || order.id >= *query.from_order) && in_time(query, order.created)) {
        out.push_back(order.id);
      }
    }
    return limited(out, query.limit, query.from_order || query.from);
  }

  [[nodiscard]] std::vector<std::pair<core::TradeId, core::OrderId>> query_fills(core::AccountId account,
                                                                                 const Query& query) const {
    std::vector<std::pair<core::TradeId, core::OrderId>> out;
    for (const auto& [owner, fill] : fills) {
      if (owner == account && (!query.market || fill.market == *query.market) &&
          (!query.order || fill.order == *query.order) && (!query.from_trade || fill.trade >= *query.from_trade) &&
          in_time(query, fill.time)) {
        out.emplace_back(fill.trade, fill.order);
      }
    }
    return limited(out, query.limit, query.from_trade || query.from);
  }

  std::list<Order> orders;  // by id
  std::list<std::pair<core::AccountId, Fill>> fills;
  std::list<core::OrderId> closed;  // in order of closing

 private:
  static bool in_time(const Query& query, core::Time time) {
    return (!query.from || time >= *query.from) && (!query.until || time <= *query.until);
  }
  template <class T>
  static std::vector<T> limited(const std::vector<T>& all, std::size_t limit, bool earliest) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
    return earliest ? std::vector<T>(all.begin(), all.begin() + count) : std::vector<T>(all.end() - count, all.end());
  }
  // The oldest of the account at hand go first.
  void forget(core::AccountId account) {
    const auto owner = [this](core::OrderId id) { return std::ranges::find(orders, id, &Order::id)->account; };
    for (;;) {
      const auto own = std::ranges::count_if(closed, [&](core::OrderId id) { return owner(id) == account; });
      if (own == 0) break;
      if (static_cast<std::size_t>(own) <= limits_.closed_orders_per_account && closed.size() <= limits_.closed_orders)
        break;
      const auto oldest = std::ranges::find_if(closed, [&](core::OrderId id) { return owner(id) == account; });
      orders.erase(std::ranges::find(orders, *oldest, &Order::id));
      closed.erase(oldest);
    }
    for (;;) {
      const auto is_own = [&](const auto& fill) { return fill.first == account; };
      const auto own = std::ranges::count_if(fills, is_own);
      if (own == 0) break;
      if (static_cast<std::size_t>(own) <= limits_.fills_per_account && fills.size() <= limits_.fills) break;
      fills.erase(std::ranges::find_if(fills, is_own));
    }
  }

  Limits limits_;
};

}  // namespace history
