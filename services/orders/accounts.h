// The accounts fold: orders, holds, balances and fees. It admits orders, holds their money, asks matching, and posts
// what matching reports; it never sees a book. See services/orders/README.md.
//
// A fold: state and the next record in, state and messages out. It speaks with matching only by the messages it appends
// to `Step::messages` and the reports it is fed, in order, however much later they come.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/fees/schedule.h"
#include "services/instruments/registry.h"
#include "services/ledger/ledger.h"
#include "services/orders/open_orders.h"
#include "services/orders/types.h"

namespace orders {

using ToMatching = std::variant<matching::NewOrder, matching::CancelOrder, matching::MoveOrder, matching::ReduceOrder,
                                matching::ConfigureMarket>;

// One step of the fold: what it is about and where its output goes. Events of one step are numbered in one row.
struct Step {
  core::Sequence command;
  core::Time time;
  std::vector<AccountEvent>& events;
  std::vector<ToMatching>& messages;
  std::uint32_t next_index = 0;
};

class Accounts {
 public:
  void apply(Step& step, const instruments::AddAsset& command);
  void apply(Step& step, const instruments::AddMarket& command);
  void apply(Step& step, const instruments::SetMarketState& command);
  void apply(Step& step, const instruments::SetMarketAuctions& command);
  void apply(Step& step, const instruments::SetMarketAllocation& command);
  void apply(Step& step, const instruments::SetMarketRanges& command);
  void apply(Step& step, const ledger::OpenAccount& command);
  void apply(Step& step, const ledger::Deposit& command);
  void apply(Step& step, const fees::SetAccountFees& command);
  void apply(Step& step, const PlaceOrder& command);
  void apply(Step& step, const CancelOrder& command);
  void apply(Step& step, const CancelAll& command);
  void apply(Step& step, const CancelReplace& command);
  void apply(Step& step, const MoveOrder& command);
  void apply(Step& step, const ReduceOrder& command);
  // What matching has to say. REQUIRES reports in the order matching made them, none missing.
  void apply(Step& step, const matching::Report& report);

  // Whether both sides of every trade in the market have been posted. O(1).
  [[nodiscard]] bool is_settled(core::MarketId market) const;
  // Whether nothing is asked of matching that it has not answered: true after every step when messages are drained.
  [[nodiscard]] bool is_idle() const;

  [[nodiscard]] const OpenOrders& orders() const { return orders_; }
  [[nodiscard]] const ledger::Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const instruments::Registry& instruments() const { return registry_; }

  // Whole-state invariants. Sums and clearing accounts hold only when all reports have been applied.
  [[nodiscard]] core::Result<void> audit() const;
  [[nodiscard]] std::uint64_t state_hash() const;
  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);  // REQUIRES a fresh fold

 private:
  struct User {
    std::uint64_t events = 0;  // the account's event sequence
  };
  // The exchange's side of a market's trades, and what accounts knows of its prices.
  struct MarketMoney {
    ledger::BalanceSlot clearing_base = 0, clearing_quote = 0, fees_base = 0, fees_quote = 0;
    core::Price reference;            // last trade price that reached accounts; zero: none yet
    std::uint32_t state_changes = 0;  // by commands, see matching::ConfigureMarket
  };
  struct Admitted {
    std::uint32_t desk = 0;
    core::Amount hold;
  };

  void configure(Step& step, const instruments::Market& market, core::Price range_reference);
  // placing.cpp
  void place(Step& step, const PlaceOrder& command);
  void place_reduced(Step& step, const PlaceOrder& command);
  [[nodiscard]] std::expected<Admitted, core::Rejection> admit(const PlaceOrder& command);
  // Everything about an order that does not depend on the account's other orders and money.
  [[nodiscard]] core::Rejection check_terms(const PlaceOrder& command) const;
  // What is to be held, at most all that is available; zero when that cannot be enough.
  [[nodiscard]] core::Amount hold_needed(const PlaceOrder& command, const instruments::Market& market,
                                         core::Amount available) const;
  [[nodiscard]] core::Amount conditional_budget(const PlaceOrder& command, const instruments::Market& market,
                                                core::Amount available) const;
  [[nodiscard]] core::Amount market_budget(const PlaceOrder& command, const instruments::Market& market,
                                           core::Amount available) const;

  // changing.cpp
  [[nodiscard]] std::expected<OrderSlot, core::Rejection> resolve(core::AccountId account, core::MarketId market,
                                                                  const OrderReference& target) const;
  [[nodiscard]] std::expected<OrderSlot, core::Rejection> resolve_cancel(const CancelOrder& command) const;
  void want_cancel(Step& step, OrderSlot slot);
  void send_cancel(Step& step, OrderSlot slot);
  void cancel_failed(Step& step, OrderSlot slot, core::Rejection rejection);
  [[nodiscard]] core::Rejection check_move(const OpenOrder& order, const MoveOrder& command) const;
  // By how much the order would become smaller.
  [[nodiscard]] std::expected<core::Quantity, core::Rejection> check_reduce(OrderSlot slot,
                                                                            const ReduceOrder& command) const;
  [[nodiscard]] core::Rejection check_new_id(OrderSlot slot, const core::ClientOrderId& text) const;
  void refuse(Step& step, core::AccountId account, core::MarketId market, const OrderReference& target,
              core::Rejection rejection);

  // reports.cpp
  void on_market_state(Step& step, const matching::Report& report);
  void settle_slide(OpenOrder& order, core::Price price);
  void on_accepted(Step& step, OrderSlot slot, const matching::Report& report);
  void on_rejected(Step& step, OrderSlot slot, const matching::Report& report);
  void on_filled(Step& step, OrderSlot slot, const matching::Report& report);
  void on_rested(Step& step, OrderSlot slot, const matching::Report& report);
  void on_triggered(Step& step, OrderSlot slot);
  void on_ended(Step& step, OrderSlot slot, const matching::Report& report);
  void on_prevented(Step& step, OrderSlot slot, const matching::Report& report);
  void on_moved(Step& step, OrderSlot slot, const matching::Report& report);
  void on_reduced(Step& step, OrderSlot slot, const matching::Report& report);
  void rename(OrderSlot slot, OrderEvent& event);
  void on_refused(Step& step, OrderSlot slot, const matching::Report& report);
  [[nodiscard]] core::Amount settle(const OpenOrder& order, const matching::Report& report, core::Amount quote);
  void settle_move(OpenOrder& order, core::Price price);
  void close_hold(OpenOrder& order);
  void finish(Step& step, OrderSlot slot);
  void answered(Step& step, OrderSlot slot);
  // What the hold of a priced order has to cover for `quantity` of it.
  [[nodiscard]] core::Amount hold_of(const OpenOrder& order, core::Quantity quantity) const;

  // events.cpp
  AccountEvent& emit(Step& step, core::AccountId account);
  OrderEvent& emit(Step& step, const OpenOrder& order, Execution execution);
  OrderEvent& emit_refused(Step& step, const OpenOrder& order, core::Rejection rejection);
  void emit_rejected(Step& step, const PlaceOrder& command, core::Rejection rejection);
  void emit_command_rejected(Step& step, core::AccountId account, core::Rejection rejection);

  [[nodiscard]] bool is_user(core::AccountId account) const {
    return account >= core::kFirstUserAccount && account.value() - core::kFirstUserAccount.value() < users_.size();
  }
  [[nodiscard]] User& user(core::AccountId account) {
    return users_[account.value() - core::kFirstUserAccount.value()];
  }
  [[nodiscard]] const instruments::Market& market_of(const OpenOrder& order) const {
    return *registry_.market(orders_.desk_of(order).market);
  }
  [[nodiscard]] MarketMoney& money_of(core::MarketId market) { return money_[market.value() - 1]; }
  [[nodiscard]] const MarketMoney& money_of(core::MarketId market) const { return money_[market.value() - 1]; }
  void add_user(const ledger::AccountName& name, std::uint64_t events);
  void add_money(const instruments::Market& market);
  [[nodiscard]] bool is_name_taken(std::string_view name) const;
  [[nodiscard]] core::Result<void> audit_order(const OpenOrder& order) const;
  [[nodiscard]] core::Result<void> check_slots() const;

  instruments::Registry registry_;
  ledger::Ledger ledger_;
  fees::Schedule fees_;
  OpenOrders orders_;
  std::vector<User> users_;                 // by account, from kFirstUserAccount
  std::vector<ledger::AccountName> names_;  // likewise
  ledger::SlotIndex by_name_;               // position in names_ + 1
  std::vector<MarketMoney> money_;          // by market id - 1
  std::uint64_t next_order_ = 1;            // counter of this shard's order ids
};

}  // namespace orders
