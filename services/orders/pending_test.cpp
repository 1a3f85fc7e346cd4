// What happens between a question to the book and its answer: reports are fed by hand, as late as the test likes.
#include <gtest/gtest.h>

#include <vector>

#include "services/orders/accounts.h"

namespace orders {
namespace {

using core::AccountId;
using core::Amount;
using core::OrderId;
using core::Price;
using core::Quantity;
using core::Rejection;
using matching::EndReason;
using matching::Report;
using matching::ReportKind;

constexpr AccountId kAlice{1000};
constexpr core::MarketId kMarket{1};
constexpr core::AssetId kBase{1}, kQuote{2};
constexpr matching::Handle kHandle = 77;

class Pending : public testing::Test {
 protected:
  Pending() {
    instruments::Market market;
    market.symbol = core::Symbol{"XY"};
    market.base = kBase;
    market.quote = kQuote;
    market.price_decimals = market.quantity_decimals = 0;
    market.price_min = Price{1};
    market.price_max = Price{1'000'000};
    market.quantity_min = market.market_quantity_min = Quantity{1};
    market.quantity_max = market.market_quantity_max = Quantity{1'000'000};
    market.notional_min = Amount{1};
    market.notional_max = Amount{1'000'000'000};
    apply(instruments::AddAsset{core::Symbol{"X"}, 0, Amount{1'000'000'000}});
    apply(instruments::AddAsset{core::Symbol{"Y"}, 0, Amount{1'000'000'000}});
    apply(instruments::AddMarket{market});
    apply(ledger::OpenAccount{ledger::AccountName{"alice"}});
    apply(ledger::Deposit{kAlice, kQuote, Amount{10'000}, {}});
  }
  // The order events of the step; what goes to matching is in `sent`.
  template <class Record>
  std::vector<OrderEvent> apply(const Record& record) {
    std::vector<AccountEvent> events;
    sent.clear();
    Step step{core::Sequence{++steps}, core::Time{static_cast<std::int64_t>(steps)}, events, sent};
    accounts.apply(step, record);
    std::vector<OrderEvent> of_orders;
    for (const AccountEvent& event : events) {
      if (const auto* body = std::get_if<OrderEvent>(&event.body)) of_orders.push_back(*body);
    }
    return of_orders;
  }
  PlaceOrder buy(std::int64_t price, std::int64_t quantity) const {
    PlaceOrder place;
    place.account = kAlice;
    place.market = kMarket;
    place.price = Price{price};
    place.quantity = Quantity{quantity};
    return place;
  }
  CancelOrder cancel(const char* cancel_id = "") const {
    return {kAlice, kMarket, {order, {}}, CancelRestriction::none, core::ClientOrderId{cancel_id}};
  }
  MoveOrder move(std::int64_t price) const { return {kAlice, kMarket, {order, {}}, Price{price}}; }
  ReduceOrder reduce(std::int64_t by) const { return {kAlice, kMarket, {order, {}}, Quantity{by}}; }
  Report report(ReportKind kind, std::int64_t remaining = 0, std::int64_t quantity = 0, std::int64_t price = 0) const {
    Report report;
    report.kind = kind;
    report.market = kMarket;
    report.order = order;
    report.account = kAlice;
    report.account_slot = slot;
    report.handle = kind == ReportKind::rested ? kHandle : matching::kNoHandle;
    report.remaining = Quantity{remaining};
    report.quantity = Quantity{quantity};
    report.price = Price{price};
    return report;
  }
  Report ended(std::int64_t remaining, EndReason reason) const {
    Report report = this->report(ReportKind::ended, remaining);
    report.end_reason = reason;
    return report;
  }
  Report refused(Rejection rejection = Rejection::stale_handle) const {
    Report report = this->report(ReportKind::refused);
    report.rejection = rejection;
    return report;
  }
  void place(std::int64_t price = 100, std::int64_t quantity = 10) {
    EXPECT_TRUE(apply(buy(price, quantity)).empty()) << "nothing is said before the book has answered";
    const auto& message = std::get<matching::NewOrder>(sent.at(0));
    order = message.order;
    slot = message.account_slot;
  }
  void place_resting(std::int64_t price = 100, std::int64_t quantity = 10) {
    place(price, quantity);
    Report accepted = report(ReportKind::accepted, quantity, 0, price);
    accepted.handle = kHandle;
    EXPECT_EQ(apply(accepted).size(), 1u);
  }
  void expect_sent_cancel() const {
    ASSERT_EQ(sent.size(), 1u);
    const auto& message = std::get<matching::CancelOrder>(sent[0]);
    EXPECT_EQ(message.handle, kHandle);
    EXPECT_EQ(message.order, order);
    EXPECT_EQ(message.account_slot, slot);
  }
  void expect_money(core::int128 available, core::int128 held) const {
    const ledger::Balance& balance = accounts.ledger().balance(accounts.ledger().find(kAlice, kQuote));
    EXPECT_EQ(balance.available, Amount{available}) << static_cast<long long>(balance.available.value());
    EXPECT_EQ(balance.held, Amount{held}) << static_cast<long long>(balance.held.value());
  }
  // Nothing is left of the order.
  void expect_over() const {
    EXPECT_EQ(accounts.orders().count(), 0u);
    EXPECT_EQ(accounts.ledger().holds(), 0u);
    EXPECT_TRUE(accounts.is_idle());
  }

  Accounts accounts;
  std::vector<ToMatching> sent;
  std::uint64_t steps = 0;
  OrderId order;
  std::uint32_t slot = 0;
};

// rule: cancel-waits
TEST_F(Pending, ACancelBeforeTheBookAnsweredIsSentOnceTheOrderRests) {
  place();
  EXPECT_TRUE(apply(cancel("c")).empty());
  EXPECT_TRUE(sent.empty()) << "there is no handle yet";
  EXPECT_EQ(apply(cancel()).at(0).rejection, Rejection::order_pending);
  EXPECT_EQ(apply(report(ReportKind::accepted, 10, 0, 100)).at(0).execution, Execution::accepted);
  EXPECT_TRUE(sent.empty()) << "it matches first";
  apply(report(ReportKind::filled, 6, 4, 90));
  EXPECT_TRUE(apply(report(ReportKind::rested, 6)).empty());
  expect_sent_cancel();
  const auto events = apply(ended(6, EndReason::cancelled));
  EXPECT_EQ(events.at(0).execution, Execution::cancelled);
  EXPECT_EQ(events[0].cancel_id.view(), "c");
  expect_money(10'000 - 360, 0);
  expect_over();
}

// rule: cancel-waits
TEST_F(Pending, ACancelBeforeTheBookAnsweredFailsWhenTheOrderIsOver) {
  place();
  apply(cancel());
  apply(report(ReportKind::accepted, 10, 0, 100));
  const auto events = apply(report(ReportKind::filled, 0, 10, 100));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].status, OrderStatus::filled);
  EXPECT_EQ(events[1].execution, Execution::cancel_rejected);
  EXPECT_EQ(events[1].rejection, Rejection::unknown_order);
  expect_over();
}

// rule: cancel-waits
TEST_F(Pending, ACancelOfAnOrderTheBookRejects) {
  place();
  apply(cancel());
  Report rejected = report(ReportKind::rejected);
  rejected.rejection = Rejection::price_outside_band;
  const auto events = apply(rejected);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].rejection, Rejection::price_outside_band);
  EXPECT_EQ(events[1].execution, Execution::cancel_rejected);
  expect_money(10'000, 0);
  expect_over();
}

// rule: cancel-too-late
TEST_F(Pending, ACancelThatTheLastFillOvertakes) {
  place_resting();
  apply(cancel("c"));
  expect_sent_cancel();
  EXPECT_EQ(apply(report(ReportKind::filled, 0, 10, 100)).size(), 1u);
  EXPECT_EQ(accounts.orders().open_count(), 0u);
  EXPECT_EQ(accounts.orders().count(), 1u) << "the slot waits for the book's answer";
  EXPECT_EQ(apply(cancel()).at(0).rejection, Rejection::unknown_order);
  const auto events = apply(refused());
  EXPECT_EQ(events.at(0).execution, Execution::cancel_rejected);
  EXPECT_EQ(events[0].status, OrderStatus::filled);
  EXPECT_EQ(events[0].order, order);
  expect_over();
}

TEST_F(Pending, ACancelMeetsAnOrderThatWasTriggeredMeanwhile) {
  PlaceOrder stop = buy(100, 10);
  stop.condition = {Trigger::stop, TriggerSource::last, 0, Price{90}};
  for (const bool is_over : {false, true}) {
    apply(stop);
    order = std::get<matching::NewOrder>(sent.at(0)).order;
    slot = std::get<matching::NewOrder>(sent[0]).account_slot;
    Report waits = report(ReportKind::accepted, 10, 0, 100);
    waits.handle = kHandle;
    EXPECT_EQ(apply(waits).at(0).working, core::Time{});
    EXPECT_EQ(apply(move(110)).at(0).rejection, Rejection::order_not_working);
    EXPECT_EQ(apply(reduce(1)).at(0).rejection, Rejection::order_not_working);
    apply(cancel("c"));
    expect_sent_cancel();
    Report triggered = report(ReportKind::triggered, 10, 0, 100);
    triggered.handle = kHandle;
    const auto told = apply(triggered);
    EXPECT_EQ(told.at(0).execution, Execution::triggered);
    EXPECT_EQ(told[0].working, core::Time{static_cast<std::int64_t>(steps)});
    if (is_over) {
      EXPECT_EQ(apply(report(ReportKind::filled, 0, 10, 100)).at(0).status, OrderStatus::filled);
      const auto events = apply(refused());
      EXPECT_EQ(events.at(0).execution, Execution::cancel_rejected);
      EXPECT_EQ(events[0].condition, stop.condition);
    } else {
      EXPECT_TRUE(apply(report(ReportKind::rested, 10)).empty());
      EXPECT_EQ(apply(ended(10, EndReason::cancelled)).at(0).cancel_id.view(), "c");
    }
    expect_over();
  }
}

TEST_F(Pending, ATriggeredOrderTheBookDoesNotAdmit) {
  PlaceOrder stop = buy(0, 10);
  stop.type = OrderType::market;
  stop.condition = {Trigger::stop, TriggerSource::last, 0, Price{100}};
  apply(stop);
  const auto& message = std::get<matching::NewOrder>(sent.at(0));
  EXPECT_EQ(message.trigger, Trigger::stop);
  EXPECT_EQ(message.trigger_price, Price{100});
  EXPECT_EQ(message.budget, Amount{1'050});
  order = message.order;
  slot = message.account_slot;
  Report waits = report(ReportKind::accepted, 10);
  waits.handle = kHandle;
  apply(waits);
  expect_money(8'950, 1'050);
  apply(report(ReportKind::triggered, 10));
  Report over = ended(10, EndReason::not_admitted);
  over.rejection = Rejection::budget_exceeded;
  const auto events = apply(over);
  EXPECT_EQ(events.at(0).status, OrderStatus::expired);
  EXPECT_EQ(events[0].rejection, Rejection::budget_exceeded);
  expect_money(10'000, 0);
  expect_over();
}

// rule: one-question
TEST_F(Pending, OnlyOneQuestionIsAskedAtATime) {
  place_resting();
  apply(move(110));
  EXPECT_EQ(apply(move(120)).at(0).rejection, Rejection::order_pending);
  EXPECT_EQ(apply(reduce(1)).at(0).rejection, Rejection::order_pending);
  EXPECT_TRUE(apply(cancel()).empty());
  EXPECT_TRUE(sent.empty()) << "after the move";
  EXPECT_EQ(apply(cancel()).at(0).rejection, Rejection::order_pending);
  EXPECT_EQ(apply(report(ReportKind::moved, 10, 0, 110)).at(0).price, Price{110});
  expect_sent_cancel();
  EXPECT_EQ(apply(reduce(1)).at(0).rejection, Rejection::order_pending);
  apply(ended(10, EndReason::cancelled));
  expect_money(10'000, 0);
  expect_over();
}

// rule: hold-move
TEST_F(Pending, WhileAMoveIsAskedTheHoldCoversEitherPrice) {
  place_resting();
  apply(move(150));
  expect_money(8'500, 1'500);
  // The book filled part of it at the old price before it heard of the move.
  apply(report(ReportKind::filled, 6, 4, 100));
  expect_money(8'700, 900);
  apply(report(ReportKind::moved, 6, 0, 150));
  expect_money(8'700, 900);
  apply(move(80));
  expect_money(8'700, 900);
  apply(report(ReportKind::filled, 5, 1, 150));
  apply(report(ReportKind::moved, 5, 0, 80));
  expect_money(10'000 - 400 - 150 - 400, 400);
  apply(move(200));
  EXPECT_EQ(apply(refused(Rejection::price_outside_band)).at(0).rejection, Rejection::price_outside_band);
  expect_money(10'000 - 400 - 150 - 400, 400);
  EXPECT_EQ(accounts.orders()[slot].price, Price{80});
}

// rule: cancel-too-late
TEST_F(Pending, AMoveThatTheLastFillOvertakes) {
  place_resting();
  apply(move(150));
  apply(cancel());
  apply(report(ReportKind::filled, 0, 10, 100));
  expect_money(9'000, 0);
  const auto events = apply(refused());
  ASSERT_EQ(events.size(), 2u) << "the move's answer, and that of the cancel that waited for it";
  EXPECT_EQ(events[0].execution, Execution::cancel_rejected);
  EXPECT_EQ(events[1].execution, Execution::cancel_rejected);
  expect_over();
}

// rule: reduce-to-nothing
TEST_F(Pending, AReductionToNothingEndsTheOrderAndAnswersTheCancelBehindIt) {
  place_resting();
  apply(reduce(10));
  apply(cancel());
  const auto events = apply(ended(10, EndReason::cancelled));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::cancelled);
  EXPECT_EQ(events[1].execution, Execution::cancel_rejected);
  expect_over();
}

// rule: reduce-renames
TEST_F(Pending, ANewClientIdThatIsTakenMeanwhileIsNotGiven) {
  place_resting();
  ReduceOrder renaming = reduce(1);
  renaming.new_client_order_id = core::ClientOrderId{"new"};
  apply(renaming);
  PlaceOrder other = buy(100, 10);
  other.client_order_id = renaming.new_client_order_id;
  apply(other);
  const auto events = apply(report(ReportKind::reduced, 9, 1));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].execution, Execution::replaced);
  EXPECT_EQ(events[0].quantity, Quantity{9});
  EXPECT_TRUE(events[0].cancel_id.empty());
}

TEST_F(Pending, ACancelBehindARenamingReductionKeepsItsOwnId) {
  place_resting();
  ReduceOrder renaming = reduce(1);
  renaming.new_client_order_id = core::ClientOrderId{"new"};
  apply(renaming);
  EXPECT_TRUE(apply(cancel("c")).empty());
  EXPECT_EQ(apply(report(ReportKind::reduced, 9, 1)).at(0).cancel_id.view(), "new");
  expect_sent_cancel();
  EXPECT_EQ(apply(ended(9, EndReason::cancelled)).at(0).cancel_id.view(), "c");
  expect_over();
}

// rule: cancel-replace
TEST_F(Pending, AReplacementIsPlacedOnlyWhenTheCancelIsAnswered) {
  place_resting(1'000, 10);
  CancelReplace replace{cancel("c"), buy(2'000, 5), ReplaceMode::stop_on_failure};
  EXPECT_TRUE(apply(replace).empty());
  expect_sent_cancel();
  EXPECT_EQ(apply(replace).at(0).rejection, Rejection::order_pending);
  const auto events = apply(ended(10, EndReason::cancelled));
  EXPECT_EQ(events.at(0).execution, Execution::cancelled);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(std::get<matching::NewOrder>(sent[0]).price, Price{2'000});
  expect_money(0, 10'000);
}

// rule: cancel-replace-failure
TEST_F(Pending, AReplacementAfterAFailedCancelIsForWhoAllowedIt) {
  for (const ReplaceMode mode : {ReplaceMode::stop_on_failure, ReplaceMode::allow_failure}) {
    place_resting();
    apply(CancelReplace{cancel("c"), buy(200, 5), mode});
    apply(report(ReportKind::filled, 0, 10, 100));
    EXPECT_EQ(apply(refused()).at(0).execution, Execution::cancel_rejected);
    EXPECT_EQ(sent.size(), mode == ReplaceMode::allow_failure ? 1u : 0u);
  }
  EXPECT_EQ(accounts.orders().count(), 1u);
}

TEST_F(Pending, EveryPendingStateReloadsAsItWas) {
  place_resting();
  apply(CancelReplace{cancel("c"), buy(200, 5), ReplaceMode::allow_failure});
  apply(report(ReportKind::filled, 0, 10, 100));  // closed, its answer is due
  place_resting(50, 10);
  apply(move(70));
  apply(cancel("d"));
  PlaceOrder amount = buy(0, 0);
  amount.type = OrderType::market_by_quote;
  amount.quote_quantity = Amount{500};
  amount.client_order_id = core::ClientOrderId{"by-amount"};
  apply(amount);
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  accounts.save(writer);
  Accounts loaded;
  core::ByteReader reader(bytes);
  const auto result = loaded.load(reader);
  ASSERT_TRUE(result.has_value()) << result.error().text();
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(loaded.state_hash(), accounts.state_hash());
  core::Bytes again;
  core::ByteWriter rewriter(again);
  loaded.save(rewriter);
  EXPECT_EQ(again, bytes);
  // Both go on alike.
  const auto before = apply(report(ReportKind::moved, 10, 0, 70));
  std::swap(accounts, loaded);
  const auto after = apply(report(ReportKind::moved, 10, 0, 70));
  EXPECT_EQ(before.size(), after.size());
  expect_sent_cancel();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Accounts cut;
    core::ByteReader part(core::BytesView(bytes).first(size));
    EXPECT_FALSE(cut.load(part).has_value()) << size;
  }
}

TEST_F(Pending, ReportsAboutUnknownOrdersAreBugs) {
  place();
  Report other = report(ReportKind::accepted, 10);
  other.account_slot = slot + 1;
  EXPECT_DEATH(apply(other), "never sent");
  other = report(ReportKind::accepted, 10);
  other.order = order.next();
  EXPECT_DEATH(apply(other), "never sent");
  EXPECT_DEATH(apply(report(ReportKind::moved, 10)), "asked");
}

// Order, hold and index entry, whatever the number of orders; the index is emptiest just after it has grown.
TEST(Memory, AnOpenOrderTakesAtMost128BytesBesideItsClientOrderId) {
  constexpr std::size_t kHoldBytes = 20;  // asserted where holds are kept
  OpenOrders orders;
  const std::uint32_t desk = orders.add_desk(kAlice, kMarket, 1, 2);
  for (std::uint64_t id = 1; id <= 100'000; ++id) {
    (void)orders.add(OrderId{id}, desk, {});
    if (id < 100) continue;  // the smallest tables are not what memory is spent on
    ASSERT_LE(id * (sizeof(OpenOrder) + kHoldBytes) + orders.index_bytes(), id * 128) << id;
  }
}

}  // namespace
}  // namespace orders
