// Iceberg orders, limit makers that slide, minimum quantities and reduce-only orders through both folds: what is
// admitted, what is held, and that all of it comes back.
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::int128;
using core::Price;
using core::Quantity;
using core::Rejection;
using orders::Execution;
using orders::OrderEvent;
using orders::OrderStatus;
using orders::OrderType;
using orders::PlaceOrder;
using orders::SelfTrade;
using orders::Side;
using orders::TimeInForce;

PlaceOrder showing(PlaceOrder place, std::int64_t size, std::int64_t spread = 0) {
  place.peak = {Quantity{size}, Quantity{spread}, 7};
  return place;
}

class Icebergs : public testing::Test {
 protected:
  Icebergs() {
    alice = exchange.open("alice", 1'000 * kLot, 1'000'000 * kTickLot);
    bob = exchange.open("bob", 1'000 * kLot, 1'000'000 * kTickLot);
  }
  std::vector<OrderEvent> of(AccountId account, const Command& command) {
    std::vector<OrderEvent> events = exchange.trade(command);
    std::erase_if(events, [&](const OrderEvent& event) { return event.account != account; });
    return events;
  }
  static void expect_held(const OrderEvent& event, int128 base, int128 quote) {
    EXPECT_EQ(event.base.held, Amount{base}) << "base";
    EXPECT_EQ(event.quote.held, Amount{quote}) << "quote";
  }
  void expect_rejected(const PlaceOrder& place, Rejection expected) {
    const auto events = exchange.trade(place);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].execution, Execution::rejected);
    EXPECT_EQ(events[0].rejection, expected) << core::name(events[0].rejection);
  }
  TestExchange exchange;
  AccountId alice, bob;
};

// rule: iceberg-parts
TEST_F(Icebergs, TheFirstRuleBrokenIsTheReason) {
  const PlaceOrder plain = limit(alice, Side::buy, 100, 1'000);
  PlaceOrder at_once = showing(plain, 100), kill = showing(plain, 100), seed_only = plain,
             stop_at_once = showing(plain, 100);
  at_once.time_in_force = TimeInForce::ioc;
  kill.time_in_force = TimeInForce::fok;
  seed_only.peak.seed = 1;
  stop_at_once.condition = {orders::Trigger::stop, orders::TriggerSource::last, 0, Price{120}};
  stop_at_once.time_in_force = TimeInForce::ioc;
  for (const PlaceOrder& place : {at_once, kill, seed_only, stop_at_once, showing(market(alice, Side::buy, 1'000), 100),
                                  showing(plain, -1), showing(plain, 5, 5), showing(plain, 5, -1)}) {
    expect_rejected(place, Rejection::invalid_order);
  }
  expect_rejected(showing(plain, 1), Rejection::quantity_out_of_range);
  expect_rejected(showing(plain, 10, 9), Rejection::quantity_out_of_range);  // the least peak is a lot
  expect_rejected(showing(plain, 1'001), Rejection::peak_exceeds_quantity);
  expect_rejected(showing(plain, 9), Rejection::too_many_peaks);
  expect_rejected(showing(plain, 12, 3), Rejection::too_many_peaks);
  const auto events = exchange.trade(showing(plain, 10));
  EXPECT_EQ(events.at(0).execution, Execution::accepted) << "nothing of all that left a trace";
  EXPECT_EQ(events.at(0).peak, Quantity{10});
  expect_held(events.at(0), 0, 100'000 * kTickLot);
}

// rule: iceberg-hold
TEST_F(Icebergs, WhatIsHiddenIsHeldLikeWhatIsShown) {
  const OrderEvent placed = of(alice, showing(limit(alice, Side::buy, 100, 50), 20)).at(0);
  expect_held(placed, 0, 5'000 * kTickLot);
  const auto sold = of(alice, limit(bob, Side::sell, 100, 30));
  ASSERT_EQ(sold.size(), 2u) << "what was shown, and of the next peak";
  EXPECT_EQ(sold[1].executed, Quantity{30});
  expect_held(sold[1], 0, 2'000 * kTickLot);
  const OrderEvent reduced = of(alice, reduce(alice, placed.order, 5)).at(0);
  EXPECT_EQ(reduced.execution, Execution::replaced);
  EXPECT_EQ(reduced.quantity, Quantity{45});
  EXPECT_EQ(reduced.peak, Quantity{20});
  expect_held(reduced, 0, 1'500 * kTickLot);
  const OrderEvent moved = of(alice, move(alice, placed.order, 90)).at(0);
  expect_held(moved, 0, 1'350 * kTickLot);
  PlaceOrder own = limit(alice, Side::sell, 90, 12);
  own.self_trade = SelfTrade::decrement;
  const auto prevented = of(alice, own);
  expect_held(prevented.back(), 0, 270 * kTickLot);
  const OrderEvent over = of(alice, cancel(alice, placed.order)).at(0);
  EXPECT_EQ(over.status, OrderStatus::cancelled);
  EXPECT_EQ(over.peak, Quantity{20});
  expect_held(over, 0, 0);
}

TEST_F(Icebergs, AStopLimitOrderHasItsPeakWhenItWaitsAndWhenItRests) {
  exchange.run(limit(bob, Side::sell, 100, 10));
  exchange.run(limit(alice, Side::buy, 100, 10));
  PlaceOrder stop = showing(limit(alice, Side::sell, 96, 50), 20);
  stop.condition = {orders::Trigger::stop, orders::TriggerSource::last, 0, Price{95}};
  const OrderEvent placed = of(alice, stop).at(0);
  EXPECT_EQ(placed.peak, Quantity{20});
  exchange.run(limit(bob, Side::buy, 95, 10));
  const auto fired = of(alice, limit(bob, Side::sell, 95, 10));
  ASSERT_EQ(fired.size(), 1u);
  EXPECT_EQ(fired[0].execution, Execution::triggered);
  EXPECT_EQ(fired[0].peak, Quantity{20});
  EXPECT_EQ(exchange.output.market_events.back().quantity, Quantity{20}) << "depth shows the peak";
}

// rule: limit-maker-slide
TEST_F(Icebergs, ALimitMakerThatSlidHoldsWhatItsNewPriceNeeds) {
  exchange.run(limit(bob, Side::sell, 100, 10));
  PlaceOrder place = limit(alice, Side::buy, 105, 10);
  place.type = OrderType::limit_maker;
  place.slides = true;
  const OrderEvent bought = of(alice, place).at(0);
  EXPECT_EQ(bought.execution, Execution::accepted);
  EXPECT_EQ(bought.price, Price{99});
  expect_held(bought, 0, 990 * kTickLot);
  const OrderEvent away = of(alice, cancel(alice, bought.order)).at(0);
  expect_held(away, 0, 0);
  exchange.run(limit(alice, Side::buy, 60, 10));
  PlaceOrder sell = limit(bob, Side::sell, 55, 10);
  sell.type = OrderType::limit_maker;
  sell.slides = true;
  EXPECT_EQ(of(bob, sell).at(0).price, Price{61});
  // Nowhere to go: a tick below the least price.
  exchange.run(limit(bob, Side::sell, 61, 10));
  TestExchange narrow;
  const AccountId carol = narrow.open("carol", 1'000 * kLot, 1'000'000 * kTickLot);
  narrow.run(limit(carol, Side::sell, 10, 100));
  PlaceOrder low = limit(carol, Side::buy, 10, 100);
  low.type = OrderType::limit_maker;
  low.slides = true;
  const auto events = narrow.trade(low);
  EXPECT_EQ(events.at(0).rejection, Rejection::would_match_immediately);
  EXPECT_EQ(events.at(0).quote.held, Amount{});
  PlaceOrder taker = limit(alice, Side::buy, 100, 10);
  taker.slides = true;
  expect_rejected(taker, Rejection::invalid_order);
}

// rule: minimum-quantity
TEST_F(Icebergs, AMinimumThatIsMissedGivesAllBack) {
  exchange.run(limit(bob, Side::sell, 100, 10));
  PlaceOrder place = limit(alice, Side::buy, 100, 30);
  place.minimum = Quantity{11};
  const auto missed = of(alice, place);
  ASSERT_EQ(missed.size(), 2u);
  EXPECT_EQ(missed[1].status, OrderStatus::expired);
  expect_held(missed[1], 0, 0);
  place.minimum = Quantity{10};
  const auto met = of(alice, place);
  EXPECT_EQ(met.back().executed, Quantity{10});
  expect_held(met.back(), 0, 2'000 * kTickLot);
  PlaceOrder negative = place, beyond = place, kill = place;
  negative.minimum = Quantity{-1};
  beyond.minimum = Quantity{31};
  kill.time_in_force = TimeInForce::fok;
  for (const PlaceOrder& bad : {negative, beyond, kill}) expect_rejected(bad, Rejection::invalid_order);
}

// rule: reduce-only
TEST_F(Icebergs, AReduceOnlyOrderSellsAtMostWhatIsAvailable) {
  const AccountId carol = exchange.open("carol", 100 * kLot, 1'000'000 * kTickLot);
  exchange.run(limit(carol, Side::sell, 200, 60));
  PlaceOrder place = showing(limit(carol, Side::sell, 100, 90), 45, 5);
  place.reduce_only = true;
  const OrderEvent cut = of(carol, place).at(0);
  EXPECT_EQ(cut.quantity, Quantity{40}) << "of 100 lots 60 are held";
  EXPECT_EQ(cut.peak, Quantity{40});
  EXPECT_EQ(cut.base.available, Amount{});
  expect_rejected(place, Rejection::nothing_to_sell);
  exchange.run(cancel(carol, cut.order));
  PlaceOrder at_market = market(carol, Side::sell, 90), buys = limit(carol, Side::buy, 100, 90),
             least = limit(carol, Side::sell, 100, 90);
  at_market.reduce_only = buys.reduce_only = least.reduce_only = true;
  least.minimum = Quantity{41};
  expect_rejected(buys, Rejection::invalid_order);
  expect_rejected(least, Rejection::nothing_to_sell);
  EXPECT_EQ(of(carol, at_market).at(0).quantity, Quantity{40});
  // What is left has to pass the filters like any quantity.
  exchange.run(limit(carol, Side::sell, 300, 37));
  PlaceOrder dust = limit(carol, Side::sell, 100, 90);
  dust.reduce_only = true;
  expect_rejected(dust, Rejection::notional_out_of_range);
}

}  // namespace
}  // namespace engine
