// What happens to orders when the real accounts and the real book speak over slow queues, compared with the table of an
// order's life: nothing that is not in it, and all that is.
#include "services/orders/lifecycle.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "services/engine/random_commands.h"
#include "services/engine/test_exchange.h"
#include "services/matching/matching.h"
#include "services/orders/accounts.h"

namespace engine {
namespace {

using core::AccountId;
using core::OrderId;
using matching::EndReason;
using matching::Report;
using matching::ReportKind;
using orders::Asked;
using orders::Happening;
using orders::OrderSlot;
using orders::OrderStatus;
using orders::Side;

using Observed = std::set<std::tuple<OrderStatus, Happening, OrderStatus>>;

bool is_expiry(EndReason reason) {
  return reason == EndReason::expired || reason == EndReason::not_admitted || reason == EndReason::price_range;
}

// Of a report about an order of that type. Written apart from the fold's own reading of it.
Happening happening_of(orders::OrderType type, const Report& report) {  // flat dispatch
  const bool is_over = report.remaining.is_zero() && type != orders::OrderType::market_by_quote;
  switch (report.kind) {
    case ReportKind::accepted:
      return Happening::accepted;
    case ReportKind::rejected:
      return Happening::rejected;
    case ReportKind::filled:
      return is_over ? Happening::filled : Happening::filled_partly;
    case ReportKind::rested:
      return Happening::rested;
    case ReportKind::ended:
      return report.end_reason == EndReason::cancelled    ? Happening::ended_cancelled
             : is_expiry(report.end_reason)               ? Happening::ended_expired
             : report.end_reason == EndReason::self_trade ? Happening::ended_self_trade
                                                          : Happening::ended_completed;
    case ReportKind::prevented:
      return is_over ? Happening::prevented : Happening::prevented_partly;
    case ReportKind::moved:
      return Happening::moved;
    case ReportKind::reduced:
      return Happening::reduced;
    case ReportKind::triggered:
      return Happening::triggered;
    case ReportKind::refused:
      return Happening::refused;
    case ReportKind::reference_price:
    case ReportKind::market_state:
      break;
  }
  ADD_FAILURE() << "a report about no order";
  return Happening::accepted;
}

// The status that an order has after a report, by what was executed of it and what is left: what the words mean,
// without the table.
OrderStatus meant(const orders::OpenOrder& before, const Report& report) {
  if (report.kind == ReportKind::rejected) return OrderStatus::rejected;
  if (report.kind == ReportKind::refused) return before.status;
  if (report.kind == ReportKind::ended) {
    return report.end_reason == EndReason::cancelled    ? OrderStatus::cancelled
           : is_expiry(report.end_reason)               ? OrderStatus::expired
           : report.end_reason == EndReason::self_trade ? OrderStatus::expired_in_match
                                                        : OrderStatus::filled;
  }
  const bool fills = report.kind == ReportKind::filled;
  const bool steps = fills || report.kind == ReportKind::prevented;
  if (steps && before.type != orders::OrderType::market_by_quote && report.remaining.is_zero())
    return fills ? OrderStatus::filled : OrderStatus::expired_in_match;
  return fills || !before.executed.is_zero() ? OrderStatus::partially_filled : OrderStatus::open;
}

// Both folds, what is on its way between them, and what has been seen to happen.
class Observer {
 public:
  void command(const Command& command) {
    const auto before = questions();
    apply([&](orders::Step& step) { std::visit([&](const auto& body) { give(step, body); }, command); });
    for (const auto& [slot, now] : questions()) {
      const auto found = before.find(slot);
      if (found == before.end() || found->second.order != now.order) continue;
      const Question& was = found->second;
      const auto happened = [&](Happening happening) { observed.emplace(was.status, happening, now.status); };
      const bool cancels = now.cancel_wanted || now.asked == Asked::cancelling;
      if (cancels && !was.cancel_wanted && was.asked != Asked::cancelling) happened(Happening::cancel_asked);
      if (now.asked == Asked::moving && was.asked != Asked::moving) happened(Happening::move_asked);
      if (now.asked == Asked::reducing && was.asked != Asked::reducing) happened(Happening::reduce_asked);
    }
  }
  bool deliver_to_matching() {
    if (to_matching_.empty()) return false;
    std::vector<Report> reports;
    std::vector<matching::MarketEvent> market_events;
    std::visit([&](const auto& body) { matching_.apply(body, {reports, market_events}); }, to_matching_.front());
    to_matching_.pop_front();
    to_accounts_.insert(to_accounts_.end(), reports.begin(), reports.end());
    return true;
  }
  bool deliver_to_accounts() {
    if (to_accounts_.empty()) return false;
    const Report report = to_accounts_.front();
    to_accounts_.pop_front();
    if (report.kind == ReportKind::reference_price || report.kind == ReportKind::market_state) {
      apply([&](orders::Step& step) { accounts.apply(step, report); });
      return true;
    }
    const orders::OpenOrder before = accounts.orders()[report.account_slot];
    apply([&](orders::Step& step) { accounts.apply(step, report); });
    const bool is_there = accounts.orders().holds(report.account_slot, report.order);
    const OrderStatus after = is_there                              ? accounts.orders()[report.account_slot].status
                              : report.kind == ReportKind::rejected ? OrderStatus::rejected
                                                                    : last_told_.at(report.order);
    const Happening happening = happening_of(before.type, report);
    EXPECT_EQ(after, meant(before, report)) << orders::kHappeningNames[static_cast<std::size_t>(happening)];
    observed.emplace(before.status, happening, after);
    if (report.kind == ReportKind::rejected) ends.erase(report.order);  // it never was an order
    return true;
  }
  void drain() {
    while (deliver_to_matching() || deliver_to_accounts()) {
    }
  }

  orders::Accounts accounts;
  Observed observed;
  std::map<OrderId, int> ends;  // events that told an order's end
  std::uint64_t last_order = 0;

 private:
  struct Question {
    OrderId order;
    OrderStatus status;
    Asked asked;
    bool cancel_wanted;
  };
  [[nodiscard]] std::map<OrderSlot, Question> questions() const {
    std::map<OrderSlot, Question> all;
    for (OrderSlot slot = 1; slot < accounts.orders().slots_end(); ++slot) {
      const orders::OpenOrder& order = accounts.orders()[slot];
      if (!order.id.is_none()) all.emplace(slot, Question{order.id, order.status, order.asked, order.cancel_wanted});
    }
    return all;
  }
  template <class Body>
  void give(orders::Step& step, const Body& body) {
    if constexpr (requires { accounts.apply(step, body); }) accounts.apply(step, body);
  }
  template <class Act>
  void apply(Act&& act) {
    std::vector<orders::ToMatching> messages;
    std::vector<orders::AccountEvent> events;
    orders::Step step{core::Sequence{++steps_}, core::Time{static_cast<std::int64_t>(steps_)}, events, messages};
    act(step);
    for (const orders::ToMatching& message : messages) {
      to_matching_.push_back(message);
      if (const auto* placed = std::get_if<matching::NewOrder>(&message)) last_order = placed->order.value();
    }
    for (const orders::AccountEvent& event : events) {
      const auto* const told = std::get_if<orders::OrderEvent>(&event.body);
      if (told == nullptr || told->order.is_none()) continue;
      last_told_[told->order] = told->status;
      ends[told->order] += is_closed(told->status) && told->execution != orders::Execution::cancel_rejected;
    }
  }

  matching::Matching matching_;
  std::deque<orders::ToMatching> to_matching_;
  std::deque<Report> to_accounts_;
  std::map<OrderId, OrderStatus> last_told_;
  std::uint64_t steps_ = 0;
};

constexpr std::uint32_t kAccounts = 4;

void observe_random_commands(std::uint64_t seed, Observed& observed) {
  Observer pair;
  for (const Command& command : listing({10'500, 9'500, 10'500, 9'500})) pair.command(command);
  for (std::uint32_t i = 0; i < kAccounts; ++i) {
    pair.command(ledger::OpenAccount{ledger::AccountName{"user" + std::to_string(i)}});
    for (const core::AssetId asset : {kBtc, kUsdt, kEth})
      pair.command(ledger::Deposit{AccountId{1000 + i}, asset, core::Amount{2'000 * kLot}, {}});
  }
  RandomCommands commands(seed, kAccounts);
  core::Random& random = commands.random();
  for (int i = 0; i < 3'000; ++i) {
    pair.command(commands.next(pair.last_order));
    for (std::uint64_t n = random.below(6); n > 0; --n)
      (void)(random.chance(1, 2) ? pair.deliver_to_matching() : pair.deliver_to_accounts());
    if (random.chance(1, 50)) pair.drain();
  }
  pair.drain();
  for (const auto& [order, ends] : pair.ends) {
    const bool is_open = pair.accounts.orders().find(order) != 0;
    ASSERT_EQ(ends, is_open ? 0 : 1) << "order " << order.value() << ", seed " << seed;
  }
  observed.insert(pair.observed.begin(), pair.observed.end());
}

// An order at rest expires only when it is moved to a price where more would rest than can be counted, and what is
// asked about it then comes too late.
void observe_a_level_that_is_full(Observed& observed) {
  constexpr std::int64_t kHalf = std::int64_t{1} << 62;
  Observer pair;
  for (Command command : listing()) {
    if (auto* add = std::get_if<instruments::AddMarket>(&command)) {
      add->market.price_min = core::Price{1};
      add->market.price_max = core::Price{10};
      add->market.quantity_max = core::Quantity{kHalf};
      add->market.notional_max = core::kAmountMax;
    }
    pair.command(command);
  }
  pair.command(ledger::OpenAccount{ledger::AccountName{"rich"}});
  const AccountId rich = core::kFirstUserAccount;
  pair.command(ledger::Deposit{rich, kUsdt, core::Amount{core::int128{1} << 80}, {}});
  pair.command(limit(rich, Side::buy, 5, kHalf));
  pair.command(limit(rich, Side::buy, 4, kHalf));
  pair.drain();
  pair.command(move(rich, OrderId{2}, 5));
  pair.command(cancel(rich, OrderId{2}));
  pair.drain();
  EXPECT_EQ(pair.ends[OrderId{2}], 1);
  EXPECT_TRUE(pair.accounts.is_idle());
  observed.insert(pair.observed.begin(), pair.observed.end());
}

// rule: order-lifecycle, one-end
TEST(Lifecycle, WhatHappensIsWhatTheTableSays) {
  Observed observed, table;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) observe_random_commands(seed, observed);
  observe_a_level_that_is_full(observed);
  for (const auto& [from, happening, to] : orders::kLifecycle) table.emplace(from, happening, to);
  const auto text_of = [](const auto& transition) {
    const auto& [from, happening, to] = transition;
    return std::string(orders::kStatusNames[static_cast<std::size_t>(from)]) + ", " +
           std::string(orders::kHappeningNames[static_cast<std::size_t>(happening)]) + " -> " +
           std::string(orders::kStatusNames[static_cast<std::size_t>(to)]);
  };
  for (const auto& transition : observed) EXPECT_TRUE(table.contains(transition)) << "more: " << text_of(transition);
  for (const auto& transition : table) EXPECT_TRUE(observed.contains(transition)) << "never: " << text_of(transition);
}

}  // namespace
}  // namespace engine
