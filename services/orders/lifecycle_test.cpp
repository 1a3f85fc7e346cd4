// The table of an order's life against the fold, cell by cell: reports are fed by hand. With the real book on the other
// side: services/engine/lifecycle_test.cpp.
#include "services/orders/lifecycle.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "services/orders/accounts.h"

namespace orders {
namespace {

using core::AccountId;
using core::Amount;
using core::Price;
using core::Quantity;
using matching::EndReason;
using matching::Report;
using matching::ReportKind;

constexpr AccountId kAlice{1000};
constexpr core::MarketId kMarket{1};
constexpr std::int64_t kQuantity = 10, kPrice = 100;

bool is_command(Happening happening) { return happening <= Happening::reduce_asked; }

// One order of alice's, a buy of 10 at 100, maybe conditional, or by an amount of 1000, and the fold that knows it.
class OneOrder {
 public:
  explicit OneOrder(OrderType type, matching::Trigger trigger = matching::Trigger::none) : type_(type) {
    instruments::Market market;
    market.symbol = core::Symbol{"XY"};
    market.base = core::AssetId{1};
    market.quote = core::AssetId{2};
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
    apply(ledger::Deposit{kAlice, market.quote, Amount{10'000}, {}});
    PlaceOrder place;
    place.account = kAlice;
    place.market = kMarket;
    place.type = type;
    if (type == OrderType::market_by_quote) {
      place.quote_quantity = Amount{kQuantity * kPrice};
    } else {
      place.price = Price{kPrice};
      place.quantity = Quantity{kQuantity};
      left_ = kQuantity;
    }
    place.condition.trigger = trigger;
    if (trigger != matching::Trigger::none) place.condition.price = Price{kPrice};
    apply(place);
    const auto& message = std::get<matching::NewOrder>(sent_.at(0));
    id_ = message.order;
    slot_ = message.account_slot;
    status_ = accounts_.orders()[slot_].status;
  }

  // The order's status, also when the fold has forgotten it.
  [[nodiscard]] OrderStatus status() const { return status_; }
  [[nodiscard]] bool was_refused() const { return refused_; }
  void accept(bool rests) {
    Report report = about(ReportKind::accepted);
    if (rests) report.handle = 77;
    apply(report);
  }

  void happen(Happening happening) {  // flat dispatch
    switch (happening) {
      case Happening::cancel_asked:
        return apply(CancelOrder{kAlice, kMarket, {id_, {}}, CancelRestriction::none, {}});
      case Happening::move_asked:
        return apply(MoveOrder{kAlice, kMarket, {id_, {}}, Price{kPrice + 1}});
      case Happening::reduce_asked:
        return apply(ReduceOrder{kAlice, kMarket, {id_, {}}, Quantity{1}, {}, {}});
      case Happening::accepted:
        return accept(true);
      case Happening::rejected:
        return apply(about(ReportKind::rejected));
      case Happening::rested: {
        Report report = about(ReportKind::rested);
        report.handle = 77;
        return apply(report);
      }
      case Happening::filled_partly:
        return apply(step(ReportKind::filled, 4));
      case Happening::filled:
        return apply(step(ReportKind::filled, left_));
      case Happening::prevented_partly:
        return apply(step(ReportKind::prevented, 4));
      case Happening::prevented:
        return apply(step(ReportKind::prevented, left_));
      case Happening::moved: {
        Report report = about(ReportKind::moved);
        report.price = Price{kPrice + 1};
        return apply(report);
      }
      case Happening::reduced:
        return apply(step(ReportKind::reduced, 1));
      case Happening::triggered:
        return apply(about(ReportKind::triggered));
      case Happening::refused: {
        Report report = about(ReportKind::refused);
        report.rejection = core::Rejection::stale_handle;
        return apply(report);
      }
      case Happening::ended_cancelled:
        return apply(ended(EndReason::cancelled));
      case Happening::ended_expired:
        return apply(ended(EndReason::expired));
      case Happening::ended_self_trade:
        return apply(ended(EndReason::self_trade));
      case Happening::ended_completed:
        return apply(ended(EndReason::completed));
    }
  }

 private:
  template <class Record>
  void apply(const Record& record) {
    std::vector<AccountEvent> events;
    sent_.clear();
    refused_ = false;
    Step step{core::Sequence{++steps_}, core::Time{static_cast<std::int64_t>(steps_)}, events, sent_};
    accounts_.apply(step, record);
    for (const AccountEvent& event : events) {
      const auto* const told = std::get_if<OrderEvent>(&event.body);
      if (told == nullptr) continue;
      refused_ = told->execution == Execution::cancel_rejected;
      if (!refused_ || !told->order.is_none()) status_ = told->status;
    }
    if (accounts_.orders().holds(slot_, id_)) status_ = accounts_.orders()[slot_].status;
  }
  [[nodiscard]] Report about(ReportKind kind) const {
    Report report;
    report.kind = kind;
    report.market = kMarket;
    report.order = id_;
    report.account = kAlice;
    report.account_slot = slot_;
    report.price = Price{kPrice};
    report.remaining = Quantity{left_};
    return report;
  }
  Report step(ReportKind kind, std::int64_t quantity) {
    if (type_ != OrderType::market_by_quote) left_ -= quantity;
    Report report = about(kind);
    report.quantity = Quantity{quantity};
    return report;
  }
  [[nodiscard]] Report ended(EndReason reason) const {
    Report report = about(ReportKind::ended);
    report.end_reason = reason;
    return report;
  }

  Accounts accounts_;
  OrderType type_;
  std::vector<ToMatching> sent_;
  std::uint64_t steps_ = 0;
  core::OrderId id_;
  OrderSlot slot_ = 0;
  std::int64_t left_ = 0;
  OrderStatus status_ = OrderStatus::pending_new;
  bool refused_ = false;
};

// What has to be asked for a report to be its answer.
std::optional<Happening> question_of(Happening happening) {
  if (happening == Happening::moved) return Happening::move_asked;
  if (happening == Happening::reduced) return Happening::reduce_asked;
  if (happening == Happening::refused || happening == Happening::ended_cancelled) return Happening::cancel_asked;
  return std::nullopt;
}

// An order of that status, of which what then happens may be reported if ever it can be.
OneOrder order_of(OrderStatus status, Happening then) {
  OneOrder order(then == Happening::ended_completed ? OrderType::market_by_quote : OrderType::limit,
                 then == Happening::triggered ? matching::Trigger::stop : matching::Trigger::none);
  if (status == OrderStatus::pending_new) return order;
  if (status == OrderStatus::rejected) {
    order.happen(Happening::rejected);
    return order;
  }
  // Reports that come before an order rests are about one that has not come to rest.
  const bool rests = then != Happening::rested && then != Happening::ended_completed && then != Happening::accepted &&
                     then != Happening::rejected;
  order.accept(rests);
  if (status == OrderStatus::partially_filled) order.happen(Happening::filled_partly);
  if (is_closed(status)) {  // with an answer due, where that can be
    if (rests) order.happen(Happening::cancel_asked);
    if (status == OrderStatus::cancelled && !rests) {
      order.happen(Happening::rested);
      order.happen(Happening::cancel_asked);
    }
    if (status == OrderStatus::filled) {
      if (then == Happening::ended_completed) order.happen(Happening::filled_partly);
      order.happen(then == Happening::ended_completed ? Happening::ended_completed : Happening::filled);
    }
    if (status == OrderStatus::cancelled) order.happen(Happening::ended_cancelled);
    if (status == OrderStatus::expired) order.happen(Happening::ended_expired);
    if (status == OrderStatus::expired_in_match) order.happen(Happening::ended_self_trade);
  } else if (const auto question = question_of(then)) {
    order.happen(*question);
  }
  return order;
}

std::string text_of(OrderStatus status, Happening happening) {
  return std::string(kStatusNames[static_cast<std::size_t>(status)]) + ", " +
         std::string(kHappeningNames[static_cast<std::size_t>(happening)]);
}

// rule: order-lifecycle
TEST(Lifecycle, EachRowIsWhatTheFoldDoes) {
  for (const auto& [from, happening, to] : kLifecycle) {
    SCOPED_TRACE(text_of(from, happening));
    OneOrder order = order_of(from, happening);
    ASSERT_EQ(order.status(), from);
    order.happen(happening);
    EXPECT_EQ(order.status(), to);
    EXPECT_EQ(order.was_refused(), happening == Happening::refused) << "a command of the table is taken";
  }
}

// rule: order-lifecycle
TEST(Lifecycle, NothingElseCanHappen) {
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    for (std::size_t h = 0; h < kHappeningCount; ++h) {
      const auto status = static_cast<OrderStatus>(s);
      const auto happening = static_cast<Happening>(h);
      if (can_happen(status, happening)) continue;
      SCOPED_TRACE(text_of(status, happening));
      OneOrder order = order_of(status, happening);
      ASSERT_EQ(order.status(), status);
      if (is_command(happening)) {
        order.happen(happening);
        EXPECT_TRUE(order.was_refused());
        EXPECT_EQ(order.status(), status);
      } else {
        EXPECT_DEATH(order.happen(happening), "CHECK failed");
      }
    }
  }
}

TEST(Lifecycle, TheTableIsWhole) {
  EXPECT_EQ(kStatusNames.size(), static_cast<std::size_t>(OrderStatus::expired_in_match) + 1);
  EXPECT_EQ(kHappeningNames.size(), static_cast<std::size_t>(Happening::ended_completed) + 1);
  for (const auto& [from, happening, to] : kLifecycle) {
    EXPECT_EQ(after(from, happening), to);
    EXPECT_TRUE(from == to || !is_closed(from)) << "an order ends once";
    EXPECT_TRUE(from == to || !is_command(happening)) << "only the book's word changes a status";
  }
  EXPECT_DEATH((void)after(OrderStatus::cancelled, Happening::filled), "cannot happen");
}

}  // namespace
}  // namespace orders
