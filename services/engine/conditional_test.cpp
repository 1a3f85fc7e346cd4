// Conditional orders through both folds: what is admitted, what is held while they wait, and what becomes of the money
// when they fire.
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::int128;
using core::OrderId;
using core::Price;
using core::Rejection;
using orders::Condition;
using orders::Execution;
using orders::OrderEvent;
using orders::OrderStatus;
using orders::OrderType;
using orders::PlaceOrder;
using orders::Side;
using orders::TimeInForce;
using orders::Trigger;
using orders::TriggerSource;

PlaceOrder when(PlaceOrder place, Trigger trigger, std::int64_t price, std::uint16_t trailing_bp = 0) {
  place.condition = {trigger, TriggerSource::last, trailing_bp, Price{price}};
  return place;
}
PlaceOrder stop(PlaceOrder place, std::int64_t price) { return when(place, Trigger::stop, price); }

class Conditional : public testing::Test {
 protected:
  Conditional() {
    alice = exchange.open("alice", 1'000 * kLot, 1'000'000 * kTickLot);
    maker = exchange.open("maker", 1'000 * kLot, 1'000'000 * kTickLot);
    other = exchange.open("other", 1'000 * kLot, 1'000'000 * kTickLot);
    trade_at(100);
  }
  // A trade of 10 lots of others. The events of Alice that came of it.
  std::vector<OrderEvent> trade_at(std::int64_t price) {
    exchange.run(limit(maker, Side::sell, price, 10));
    return of_alice(exchange.trade(limit(other, Side::buy, price, 10)));
  }
  std::vector<OrderEvent> of_alice(std::vector<OrderEvent> events) const {
    std::erase_if(events, [&](const OrderEvent& event) { return event.account != alice; });
    return events;
  }
  OrderEvent placed(const PlaceOrder& place) {
    const auto events = of_alice(exchange.trade(place));
    EXPECT_EQ(events.size(), 1u);
    return events.at(0);
  }
  static void expect_held(const OrderEvent& event, int128 base, int128 quote) {
    EXPECT_EQ(event.base.held, Amount{base}) << "base";
    EXPECT_EQ(event.quote.held, Amount{quote}) << "quote";
  }
  TestExchange exchange;
  AccountId alice, maker, other;
};

TEST_F(Conditional, TheFirstRuleBrokenIsTheReason) {
  const PlaceOrder priced = limit(alice, Side::buy, 105, 10), at_market = market(alice, Side::buy, 10);
  PlaceOrder without_trigger = priced, other_source = stop(priced, 104), maker_only = stop(priced, 104),
             quote_only = stop(by_quote(alice, Side::buy, 5'000'000), 104);
  without_trigger.condition.price = Price{104};
  other_source.condition.source = static_cast<TriggerSource>(2);
  maker_only.type = OrderType::limit_maker;
  const struct {
    const char* what;
    PlaceOrder place;
    Rejection expected;
  } cases[] = {
      {"a price that triggers nothing", without_trigger, Rejection::invalid_order},
      {"neither price nor delta", when(priced, Trigger::stop, 0), Rejection::invalid_order},
      {"negative price", stop(priced, -1), Rejection::invalid_order},
      {"negative price with a delta", when(priced, Trigger::stop, -1, 50), Rejection::invalid_order},
      {"a trigger nobody knows", when(priced, static_cast<Trigger>(3), 104), Rejection::invalid_order},
      {"a source nobody knows", other_source, Rejection::invalid_order},
      {"a maker-only order", maker_only, Rejection::invalid_order},
      {"by quote amount", quote_only, Rejection::invalid_order},
      {"below the least price", stop(priced, 9), Rejection::price_out_of_range},
      {"above the greatest", stop(priced, 100'001), Rejection::price_out_of_range},
      {"delta below", when(priced, Trigger::stop, 0, 9), Rejection::trailing_delta_out_of_range},
      {"delta above", when(priced, Trigger::stop, 104, 2'001), Rejection::trailing_delta_out_of_range},
      {"market quantity", stop(market(alice, Side::sell, 500'001), 90), Rejection::market_quantity_out_of_range},
      {"notional at the trigger price", stop(market(alice, Side::buy, 4), 104), Rejection::notional_out_of_range},
      {"notional at the price", stop(limit(alice, Side::buy, 105, 4), 104), Rejection::notional_out_of_range},
      {"more than there is", stop(limit(alice, Side::sell, 90, 1'001), 91), Rejection::insufficient_balance},
      {"more than there is at the trigger", stop(market(alice, Side::buy, 1'001), 1'000),
       Rejection::insufficient_balance},
      {"more than there is a delta above", when(market(alice, Side::buy, 1'000), Trigger::stop, 1'000, 10),
       Rejection::insufficient_balance},
      {"its condition holds", stop(priced, 100), Rejection::would_trigger_immediately},
      {"its condition holds", stop(market(alice, Side::sell, 10), 100), Rejection::would_trigger_immediately},
      {"its condition holds", when(at_market, Trigger::take_profit, 100), Rejection::would_trigger_immediately},
  };
  for (const auto& it : cases) {
    const auto events = exchange.trade(it.place);
    ASSERT_EQ(events.size(), 1u) << it.what;
    EXPECT_EQ(events[0].execution, Execution::rejected) << it.what;
    EXPECT_EQ(events[0].rejection, it.expected) << it.what << ": " << core::name(events[0].rejection);
    EXPECT_EQ(events[0].condition, it.place.condition) << it.what;
  }
  const OrderEvent event = placed(limit(alice, Side::buy, 90, 10));
  EXPECT_EQ(event.execution, Execution::accepted) << "nothing of all that left a trace";
  expect_held(event, 0, 900 * kTickLot);
}

// rule: conditional-limit-count
TEST_F(Conditional, AtMostFiveAreOpenPerAccountAndMarket) {
  TestExchange roomy;
  instruments::Market wide = std::get<instruments::AddMarket>(listing()[3]).market;
  wide.symbol = core::Symbol{"WIDE"};
  wide.open_orders_max = 200;
  roomy.run(instruments::AddMarket{wide});
  const AccountId user = roomy.open("user", 1'000 * kLot, 1'000'000 * kTickLot);
  const auto in_wide = [&](PlaceOrder place) {
    place.market = core::MarketId{3};
    return place;
  };
  OrderId last;
  for (std::uint32_t i = 0; i < orders::kConditionalOrdersMax; ++i) {
    last = roomy.trade(in_wide(stop(limit(user, Side::sell, 90, 10), 91))).at(0).order;
  }
  const Command one_more = in_wide(stop(limit(user, Side::sell, 90, 10), 91));
  EXPECT_EQ(roomy.trade(one_more).at(0).rejection, Rejection::too_many_conditional_orders);
  EXPECT_EQ(roomy.trade(in_wide(limit(user, Side::sell, 90, 10))).at(0).execution, Execution::accepted) << "others may";
  orders::CancelOrder cancel_last = cancel(user, last);
  cancel_last.market = core::MarketId{3};
  roomy.run(cancel_last);
  EXPECT_EQ(roomy.trade(one_more).at(0).execution, Execution::accepted);
}

// rule: conditional-waits
TEST_F(Conditional, AStopLimitHoldsItsPriceWhileItWaitsAndThenTradesLikeAnyOther) {
  const OrderEvent waits = placed(stop(limit(alice, Side::buy, 110, 10, "s"), 105));
  EXPECT_EQ(waits.execution, Execution::accepted);
  EXPECT_EQ(waits.status, OrderStatus::open);
  EXPECT_EQ(waits.working, core::Time{});
  EXPECT_EQ(waits.condition.price, Price{105});
  expect_held(waits, 0, 1'100 * kTickLot);
  EXPECT_TRUE(trade_at(104).empty());
  exchange.run(limit(maker, Side::sell, 107, 5));
  const auto events = trade_at(105);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::triggered);
  EXPECT_EQ(events[0].status, OrderStatus::open);
  EXPECT_NE(events[0].working, core::Time{});
  EXPECT_EQ(events[1].execution, Execution::traded);
  EXPECT_EQ(events[1].last_price, Price{107});
  expect_held(events[1], 0, 550 * kTickLot);
  // What is left rests, may be reduced, and is cancelled under its name.
  EXPECT_EQ(exchange.trade(reduce(alice, waits.order, 1)).at(0).execution, Execution::replaced);
  const auto over = exchange.trade(cancel(alice, {}, "s"));
  EXPECT_EQ(over.at(0).execution, Execution::cancelled);
  EXPECT_EQ(over[0].condition.price, Price{105});
  expect_held(over[0], 0, 0);
}

// rule: hold-conditional
TEST_F(Conditional, AStopThatBuysAtTheMarketHoldsItsTriggerPriceAndFivePercent) {
  const OrderEvent waits = placed(stop(market(alice, Side::buy, 10), 200));
  expect_held(waits, 0, 2'100 * kTickLot);
  exchange.run(limit(maker, Side::sell, 210, 10));
  const auto events = trade_at(200);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::triggered);
  EXPECT_EQ(events[1].status, OrderStatus::filled);
  EXPECT_EQ(events[1].last_price, Price{210});
  expect_held(events[1], 0, 0);
}

// rule: triggered-order
TEST_F(Conditional, AStopWhoseMoneyIsNotEnoughExpiresWithTheReason) {
  placed(stop(market(alice, Side::buy, 10), 200));
  exchange.run(limit(maker, Side::sell, 211, 10));
  const auto events = trade_at(200);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].execution, Execution::expired);
  EXPECT_EQ(events[1].status, OrderStatus::expired);
  EXPECT_EQ(events[1].rejection, Rejection::budget_exceeded);
  expect_held(events[1], 0, 0);
  EXPECT_EQ(events[1].quote.available, Amount{1'000'000 * kTickLot});
}

// rule: hold-conditional
TEST_F(Conditional, TheHoldOfAMarketOrderThatBuys) {
  const struct {
    const char* what;
    PlaceOrder place;
    int128 held;  // ticks of lots
  } cases[] = {
      {"trigger and 5 %", stop(market(alice, Side::buy, 10), 110), 10 * 115},
      {"a delta above where it begins", when(market(alice, Side::buy, 10), Trigger::stop, 110, 1'000), 10 * 127},
      {"a delta above the last price", when(market(alice, Side::buy, 10), Trigger::stop, 0, 1'000), 10 * 115},
      {"at most what there is", stop(market(alice, Side::buy, 1'000), 990), 1'000'000},
      {"at most the greatest price", stop(market(alice, Side::buy, 10), 100'000), 1'000'000},
  };
  for (const auto& it : cases) {
    SCOPED_TRACE(it.what);
    const OrderEvent event = placed(it.place);
    ASSERT_EQ(event.execution, Execution::accepted);
    expect_held(event, 0, it.held * kTickLot);
    exchange.run(cancel(alice, event.order));
  }
  expect_held(placed(stop(market(alice, Side::sell, 10), 90)), 10 * kLot, 0);
}

// rule: conditional-changes
TEST_F(Conditional, WhileItWaitsItIsCancelledOrReplacedAndNotChanged) {
  const OrderEvent waits = placed(stop(limit(alice, Side::sell, 90, 10), 95));
  EXPECT_EQ(exchange.trade(move(alice, waits.order, 91)).at(0).rejection, Rejection::order_not_working);
  EXPECT_EQ(exchange.trade(reduce(alice, waits.order, 1)).at(0).rejection, Rejection::order_not_working);
  orders::CancelReplace replace{cancel(alice, waits.order), stop(limit(alice, Side::sell, 80, 20), 85),
                                orders::ReplaceMode::stop_on_failure};
  const auto events = exchange.trade(replace);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::cancelled);
  EXPECT_EQ(events[1].execution, Execution::accepted);
  EXPECT_EQ(events[1].condition.price, Price{85});
  expect_held(events[1], 20 * kLot, 0);
  EXPECT_EQ(exchange.trade(orders::CancelAll{alice, kBtcUsdt}).at(0).status, OrderStatus::cancelled);
}

TEST_F(Conditional, AnotherAccountsCascadeIsToldInTheSameStep) {
  placed(stop(market(alice, Side::sell, 10), 95));
  const AccountId bob = exchange.open("bob", 100 * kLot, 100'000 * kTickLot);
  exchange.run(limit(bob, Side::buy, 90, 20));
  exchange.run(stop(market(bob, Side::sell, 10), 90));
  exchange.run(limit(maker, Side::buy, 80, 10));
  exchange.run(limit(maker, Side::sell, 95, 10));
  const auto events = exchange.trade(limit(other, Side::buy, 95, 10));
  std::vector<std::pair<AccountId, Execution>> told;
  for (const OrderEvent& event : events) told.emplace_back(event.account, event.execution);
  const std::vector<std::pair<AccountId, Execution>> expected = {
      {other, Execution::accepted},  {other, Execution::traded}, {maker, Execution::traded},
      {alice, Execution::triggered}, {alice, Execution::traded}, {bob, Execution::traded},
      {bob, Execution::triggered},   {bob, Execution::traded},   {bob, Execution::traded}};
  EXPECT_EQ(told, expected);
}

TEST_F(Conditional, TheyLiveThroughASnapshot) {
  const OrderId first = placed(stop(limit(alice, Side::sell, 90, 10), 95)).order;
  placed(when(market(alice, Side::sell, 10), Trigger::stop, 0, 1'000));
  trade_at(120);
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  exchange.engine.save(writer);
  const std::uint64_t hash = exchange.engine.state_hash();
  exchange.engine = Engine{};
  core::ByteReader reader(bytes);
  const auto loaded = exchange.engine.load(reader);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(exchange.engine.state_hash(), hash);
  const auto events = trade_at(108);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::triggered);
  EXPECT_EQ(events[0].condition.trailing_bp, 1'000);
  EXPECT_EQ(exchange.trade(cancel(alice, first)).at(0).execution, Execution::cancelled);
}

}  // namespace
}  // namespace engine
