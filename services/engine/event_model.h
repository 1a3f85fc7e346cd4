// An independent account of everybody's money, made of events alone: deposits and fills give what an account has, its
// open orders what of it is held. It shares no code with the ledger and no state with the engine, so it says whether
// the events tell the whole story and whether the balances in them are the right ones. For tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <tuple>
#include <utility>

#include "services/instruments/registry.h"
#include "services/orders/types.h"

namespace engine {

class EventModel {
 public:
  // The order events' balances are those in the middle of a step; `check` compares after the step.
  void apply(const orders::AccountEvent& event) {
    if (const auto* asset = std::get_if<orders::AssetListed>(&event.body)) registry_.put(asset->asset);
    if (const auto* market = std::get_if<orders::MarketListed>(&event.body)) registry_.put(market->market);
    if (const auto* opened = std::get_if<orders::AccountOpened>(&event.body)) check_sequence(opened->account, event);
    if (const auto* rejected = std::get_if<orders::CommandRejected>(&event.body)) {
      check_sequence(rejected->account, event);
    }
    if (const auto* changed = std::get_if<orders::FeesChanged>(&event.body)) {
      check_sequence(changed->account, event);
      own_rates_[changed->account] = *changed;
    }
    if (const auto* balance = std::get_if<orders::BalanceEvent>(&event.body)) {
      check_sequence(balance->account, event);
      total_[{balance->account, balance->asset}] += balance->delta;
      said_[{balance->account, balance->asset}] = balance->after;
    }
    if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) {
      check_sequence(order->account, event);
      apply(*order);
    }
  }
  // What the accounts were last told is what their orders and fills imply, to the last unit.
  void check() const {
    std::map<Key, core::Amount> held, uncertain;
    for (const auto& [id, order] : open_) {
      const instruments::Market& market = *registry_.market(order.market);
      const std::int64_t open = order.quantity.value() - order.executed.value() - order.prevented.value();
      const bool buys = order.side == orders::Side::buy;
      if (has_budget(order)) {
        const core::int128 at_trigger = market.tick_lot_units.value() * order.condition.price.value() * open;
        held[{order.account, market.quote}] += core::Amount{at_trigger};
        uncertain[{order.account, market.quote}] +=
            order.condition.price.is_zero() ? core::kAmountMax : core::Amount{at_trigger / 2};
        continue;
      }
      const core::int128 needs =
          buys ? market.tick_lot_units.value() * order.price.value() * open : market.lot_units.value() * open;
      held[{order.account, buys ? market.quote : market.base}] += core::Amount{needs};
    }
    for (const auto& [key, balance] : said_) {
      const auto total = total_.find(key);
      const core::Amount expected = total == total_.end() ? core::Amount{} : total->second;
      ASSERT_GE(balance.held, held[key]) << key.first.value() << " in " << key.second.value();
      ASSERT_LE(balance.held, held[key] + uncertain[key]) << key.first.value() << " in " << key.second.value();
      ASSERT_EQ(balance.available + balance.held, expected) << key.first.value() << " in " << key.second.value();
      ASSERT_GE(balance.available.value(), 0);
    }
  }
  [[nodiscard]] std::size_t open_orders() const { return open_.size(); }
  [[nodiscard]] const std::map<core::OrderId, orders::OrderEvent>& open() const { return open_; }

 private:
  using Key = std::pair<core::AccountId, core::AssetId>;

  void check_sequence(core::AccountId account, const orders::AccountEvent& event) {
    if (event.account_sequence == 0) return;  // of an account that does not exist
    ASSERT_EQ(event.account_sequence, ++sequence_[account]);
  }
  void apply(const orders::OrderEvent& event) {
    using orders::Execution;
    const instruments::Market* const market = registry_.market(event.market);
    if (market == nullptr || sequence_[event.account] == 0) return;
    if (event.execution == Execution::rejected && event.order.is_none() &&
        event.rejection < core::Rejection::would_match_immediately &&
        event.rejection != core::Rejection::market_closed) {
      return;  // never reached the book: changed nothing, balances may be of assets never touched
    }
    const bool known = event.execution != Execution::cancel_rejected || open_.contains(event.order);
    if (!known) return;
    if (event.execution == Execution::traded) trade(event, *market);
    said_[{event.account, market->base}] = event.base;
    said_[{event.account, market->quote}] = event.quote;
    if (event.order.is_none()) return;
    if (orders::is_closed(event.status)) {
      open_.erase(event.order);
    } else {
      open_[event.order] = event;
    }
  }
  // A conditional market order that buys holds more than it costs at its trigger price: how much is the fold's choice.
  static bool has_budget(const orders::OrderEvent& order) {
    return order.condition.is_set() && order.type == orders::OrderType::market && order.side == orders::Side::buy;
  }
  void trade(const orders::OrderEvent& event, const instruments::Market& market) {
    const core::int128 base = market.lot_units.value() * event.last_quantity.value();
    const core::int128 quote = market.tick_lot_units.value() * event.last_price.value() * event.last_quantity.value();
    const bool buys = event.side == orders::Side::buy;
    const core::int128 received = buys ? base : quote;
    const auto own = own_rates_.find(event.account);
    const bool has_own = own != own_rates_.end() && !own->second.use_market_rates;
    const core::FeeRate maker = has_own ? own->second.maker : market.maker_fee;
    const core::FeeRate taker = has_own ? own->second.taker : market.taker_fee;
    const core::int128 fee = received * (event.is_maker ? maker : taker).value() / 100'000'000;
    ASSERT_EQ(event.fee, core::Amount{fee});
    total_[{event.account, market.base}] += core::Amount{buys ? base - fee : -base};
    total_[{event.account, market.quote}] += core::Amount{buys ? -quote : quote - fee};
  }

  instruments::Registry registry_;
  std::map<core::AccountId, std::uint64_t> sequence_;
  std::map<core::AccountId, orders::FeesChanged> own_rates_;
  std::map<Key, core::Amount> total_;
  std::map<Key, ledger::Balance> said_;
  std::map<core::OrderId, orders::OrderEvent> open_;
};

}  // namespace engine
