// Account events as the engine would tell them, made at random; for tests.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/core/random.h"
#include "services/history/accounts.h"
#include "services/orders/types.h"

namespace history {

using orders::Execution;
using orders::OrderEvent;
using orders::OrderStatus;

inline constexpr core::AssetId kBtc{1}, kUsdt{2}, kEth{3};
inline constexpr core::MarketId kBtcUsdt{1}, kEthBtc{2};
inline constexpr core::AccountId kAlice{1000}, kBob{1001};

inline orders::AccountEvent event(orders::EventBody body, std::int64_t time_ns = 0) {
  orders::AccountEvent out;
  out.time = core::Time{time_ns};
  out.body = std::move(body);
  return out;
}

inline Accounts with_markets(Limits limits = {}) {
  Accounts accounts(limits);
  instruments::Market market;
  market.id = kBtcUsdt;
  market.base = kBtc;
  market.quote = kUsdt;
  accounts.apply(event(orders::MarketListed{market}));
  market.id = kEthBtc;
  market.base = kEth;
  market.quote = kBtc;
  accounts.apply(event(orders::MarketListed{market}));
  accounts.apply(event(orders::AccountOpened{kAlice, ledger::AccountName("alice")}, 5));
  accounts.apply(event(orders::AccountOpened{kBob, ledger::AccountName("bob")}, 6));
  return accounts;
}

inline OrderEvent accepted(std::uint64_t id, core::AccountId account = kAlice, std::string_view client_id = {}) {
  OrderEvent out;
  out.execution = Execution::accepted;
  out.account = account;
  out.market = kBtcUsdt;
  out.order = core::OrderId{id};
  out.price = core::Price{100};
  out.quantity = core::Quantity{10};
  out.created = core::Time{static_cast<std::int64_t>(id)};
  out.client_order_id = core::ClientOrderId(client_id);
  return out;
}
inline OrderEvent changed(OrderEvent out, Execution execution, OrderStatus status) {
  out.execution = execution;
  out.status = status;
  out.client_order_id = {};
  return out;
}

// Orders of three accounts in two markets, opened, traded and closed at random, as the engine would tell of it.
class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : random(seed) {}

  OrderEvent next() {
    if (random.chance(1, 2)) time_ += random.between(0, 3);
    if (open_.empty() || random.chance(open_.size() > 60 ? 1 : 3, 6)) return open_one();
    const std::size_t at = random.chance(1, 2) ? open_.size() - 1 : random.below(open_.size());
    OrderEvent& order = open_[at];
    order.client_order_id = {};
    order.cancel_id = {};
    const OrderEvent before = order;
    const bool waits = order.condition.is_set() && order.working == core::Time{};
    if (waits && random.chance(2, 3)) {
      order = changed(order, Execution::triggered, order.status);
      order.working = time();
      return order;
    }
    switch (waits ? 1 : random.below(8)) {
      case 0:
        order = changed(order, Execution::replaced, order.status);
        order.price += core::Price{1};
        rename(order);
        break;
      case 1:
      case 2:
        order = changed(order, Execution::cancelled, OrderStatus::cancelled);
        break;
      case 3:
        return changed(before, Execution::cancel_rejected, before.status);
      default:
        trade(order);
        break;
    }
    const OrderEvent out = order;
    if (orders::is_closed(out.status)) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    return out;
  }
  [[nodiscard]] core::Time time() const { return core::Time{time_}; }
  [[nodiscard]] std::uint64_t last_order() const { return last_order_; }

  core::Random random;

 private:
  OrderEvent open_one() {
    last_order_ += random.chance(1, 50) ? 5'000 : 1;  // gaps: ids of other orders that were rejected at the book
    OrderEvent order = accepted(last_order_, core::AccountId{1000 + static_cast<std::uint32_t>(random.below(3))});
    order.market = random.chance(2, 3) ? kBtcUsdt : kEthBtc;
    order.side = random.chance(1, 2) ? orders::Side::buy : orders::Side::sell;
    order.created = order.working = time();
    if (random.chance(1, 4)) {
      order.condition = {random.chance(1, 2) ? orders::Trigger::stop : orders::Trigger::take_profit,
                         orders::TriggerSource::last, static_cast<std::uint16_t>(random.below(2'001)),
                         core::Price{random.between(0, 200)}};
      order.working = {};
    }
    if (random.chance(1, 6)) order.peak = core::Quantity{random.between(1, 9)};
    if (random.chance(1, 2)) {
      const core::ClientOrderId wanted("c" + std::to_string(random.below(30)));
      if (!is_open(order.account, wanted)) {
        order.client_order_id = wanted;
        client_ids_[order.order] = wanted;
      }
    }
    open_.push_back(order);
    return order;
  }
  bool is_open(core::AccountId account, const core::ClientOrderId& id) const {
    return std::ranges::any_of(open_, [&](const OrderEvent& order) {
      const auto known = client_ids_.find(order.order);
      return order.account == account && known != client_ids_.end() && known->second == id;
    });
  }
  // An amended order may have another name from now on. Not those whose name others had before: after a renaming
  // memory does not find the closed order that had it first.
  void rename(OrderEvent& order) {
    core::ClientOrderId& name = client_ids_[order.order];
    if (random.chance(1, 2) || name.view().starts_with('c')) return;
    order.cancel_id = name = core::ClientOrderId("n" + std::to_string(++last_name_));
  }
  void trade(OrderEvent& order) {
    const core::Quantity left = order.quantity - order.executed;
    const core::Quantity quantity{random.between(1, left.value())};
    order = changed(order, Execution::traded, quantity == left ? OrderStatus::filled : OrderStatus::partially_filled);
    order.last_quantity = quantity;
    order.executed += quantity;
    order.executed_quote += core::Amount{quantity.value() * order.price.value()};
    order.last_price = order.price;
    order.fee_asset = kBtc;
    order.trade = core::TradeId{++last_trade_[order.market.value()]};
  }

  std::vector<OrderEvent> open_;
  std::map<core::OrderId, core::ClientOrderId> client_ids_;
  std::uint64_t last_order_ = 0, last_name_ = 0, last_trade_[3] = {};
  std::int64_t time_ = 1;
};

inline Query random_query(RandomEvents& events) {
  core::Random& random = events.random;
  Query query;
  query.limit = random.chance(1, 4) ? 1'000'000 : random.below(20);
  if (random.chance(1, 2)) query.market = core::MarketId{1 + static_cast<std::uint32_t>(random.below(3))};
  if (random.chance(1, 4)) query.from_order = core::OrderId{random.below(events.last_order() + 2)};
  if (random.chance(1, 4))
    query.order = core::OrderId{events.last_order() - random.below(std::min<std::uint64_t>(events.last_order(), 100))};
  if (random.chance(1, 4)) query.from_trade = core::TradeId{random.below(500)};
  if (random.chance(1, 4)) query.from = core::Time{random.between(0, events.time().ns)};
  if (random.chance(1, 4)) query.until = core::Time{random.between(0, events.time().ns)};
  return query;
}

}  // namespace history
