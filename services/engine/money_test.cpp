// Money to the last unit after each way an order can go. Amounts are written in lots and ticks of lots of BTCUSDT.
#include <algorithm>

#include "services/engine/test_exchange.h"
#include "services/orders/client_order_id.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::int128;
using core::OrderId;
using core::Quantity;
using core::Rejection;
using orders::Execution;
using orders::OrderEvent;
using orders::OrderStatus;
using orders::OrderType;
using orders::SelfTrade;
using orders::Side;
using orders::TimeInForce;

class Money : public testing::Test {
 protected:
  Money() {
    maker = exchange.open("maker", 1'000 * kLot, 1'000'000 * kTickLot);
    taker = exchange.open("taker", 1'000 * kLot, 1'000'000 * kTickLot);
  }
  // What moved since the start, by the account's own event.
  static void expect_change(const OrderEvent& event, int128 base, int128 quote, int128 base_held = 0,
                            int128 quote_held = 0) {
    EXPECT_EQ(event.base.available + event.base.held, Amount{1'000 * kLot + base}) << "base";
    EXPECT_EQ(event.quote.available + event.quote.held, Amount{1'000'000 * kTickLot + quote}) << "quote";
    EXPECT_EQ(event.base.held, Amount{base_held}) << "base held";
    EXPECT_EQ(event.quote.held, Amount{quote_held}) << "quote held";
  }
  static std::vector<OrderEvent> of(AccountId account, std::vector<OrderEvent> events) {
    std::erase_if(events, [&](const OrderEvent& event) { return event.account != account; });
    return events;
  }
  orders::PlaceOrder own(orders::PlaceOrder place, SelfTrade mode) {
    place.self_trade = mode;
    return place;
  }
  TestExchange exchange;
  AccountId maker, taker;
};

// rule: trade-price, hold-better-price, fee-from-received
TEST_F(Money, ABuyPaysItsPriceOrBetterAndReceivesLessTheFee) {
  exchange.run(limit(maker, Side::sell, 90, 6));
  exchange.run(limit(maker, Side::sell, 100, 10));
  const auto events = exchange.trade(limit(taker, Side::buy, 105, 20, "t"));
  const auto bought = of(taker, events), sold = of(maker, events);
  ASSERT_EQ(bought.size(), 3u);
  EXPECT_EQ(bought[0].execution, Execution::accepted);
  expect_change(bought[0], 0, 0, 0, 20 * 105 * kTickLot);
  // 6 at 90: the taker's fee is 0.2 % of 6 lots = 1,200 units; 15 a lot come back at once.
  EXPECT_EQ(bought[1].fee, Amount{1'200});
  EXPECT_EQ(bought[1].fee_asset, kBtc);
  EXPECT_EQ(bought[1].status, OrderStatus::partially_filled);
  expect_change(bought[1], 6 * kLot - 1'200, -540 * kTickLot, 0, 14 * 105 * kTickLot);
  expect_change(bought[2], 16 * kLot - 3'200, -1'540 * kTickLot, 0, 4 * 105 * kTickLot);
  EXPECT_EQ(bought[2].executed, Quantity{16});
  EXPECT_EQ(bought[2].executed_quote, Amount{1'540 * kTickLot});
  EXPECT_EQ(bought[2].status, OrderStatus::partially_filled);
  // The maker's 0.1 % of what it received.
  ASSERT_EQ(sold.size(), 2u);
  EXPECT_EQ(sold[0].fee, Amount{540});
  EXPECT_EQ(sold[1].fee, Amount{1'000});
  EXPECT_EQ(sold[1].fee_asset, kUsdt);
  EXPECT_TRUE(sold[1].is_maker && !bought[1].is_maker);
  EXPECT_EQ(sold[1].status, OrderStatus::filled);
  expect_change(sold[1], -16 * kLot, 1'540 * kTickLot - 1'540);
  // The rest is cancelled and gives back what it holds.
  const auto cancelled = exchange.trade(cancel(taker, {}, "t"));
  ASSERT_EQ(cancelled.size(), 1u);
  EXPECT_EQ(cancelled[0].status, OrderStatus::cancelled);
  expect_change(cancelled[0], 16 * kLot - 3'200, -1'540 * kTickLot);
}

// rule: fee-rounding, fee-rates
TEST_F(Money, FeesRoundDownAndAccountsMayHaveTheirOwn) {
  exchange.run(fees::SetAccountFees{taker, false, {core::FeeRate{0}, core::FeeRate{333}}});
  exchange.run(limit(maker, Side::sell, 101, 7));
  auto events = exchange.trade(limit(taker, Side::buy, 101, 7));
  EXPECT_EQ(of(taker, events).at(1).fee, Amount{2}) << "700,000 × 0.00000333 = 2.331";
  EXPECT_EQ(of(maker, events).at(0).fee, Amount{707});
  exchange.run(fees::SetAccountFees{taker, true, {}});
  exchange.run(limit(maker, Side::sell, 101, 7));
  events = exchange.trade(limit(taker, Side::buy, 101, 7));
  EXPECT_EQ(of(taker, events).at(1).fee, Amount{1'400});
}

// rule: hold-market
TEST_F(Money, MarketOrdersGiveBackWhatTheyDidNotNeed) {
  exchange.run(limit(maker, Side::sell, 100, 10));
  auto events = of(taker, exchange.trade(market(taker, Side::buy, 15)));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[2].execution, Execution::expired);
  EXPECT_EQ(events[2].status, OrderStatus::expired);
  expect_change(events[2], 10 * kLot - 2'000, -1'000 * kTickLot);

  exchange.run(limit(maker, Side::buy, 100, 10));
  events = of(taker, exchange.trade(market(taker, Side::sell, 10)));
  EXPECT_EQ(events.back().status, OrderStatus::filled);
  expect_change(events.back(), -2'000, -2'000);
}

// rule: market-buy-by-amount, amount-completed
TEST_F(Money, AnAmountBuysToTheNearestLot) {
  exchange.run(limit(maker, Side::sell, 100, 10));
  exchange.run(limit(maker, Side::sell, 110, 10));
  const auto events = of(taker, exchange.trade(by_quote(taker, Side::buy, 1'250 * kTickLot)));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].quote_quantity, Amount{1'250 * kTickLot});
  expect_change(events[0], 0, 0, 0, 1'250 * kTickLot);
  EXPECT_EQ(events[2].last_quantity, Quantity{2});
  EXPECT_EQ(events[2].status, OrderStatus::partially_filled);
  EXPECT_EQ(events[3].status, OrderStatus::filled) << "30 left buy no lot";
  EXPECT_EQ(events[3].executed_quote, Amount{1'220 * kTickLot});
  expect_change(events[3], 12 * kLot - 2'400, -1'220 * kTickLot);
}

// rule: ioc, fok
TEST_F(Money, ImmediateOrCancelAndFillOrKill) {
  exchange.run(limit(maker, Side::sell, 100, 10));
  auto kill = limit(taker, Side::buy, 100, 11);
  kill.time_in_force = TimeInForce::fok;
  auto events = exchange.trade(kill);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].status, OrderStatus::expired);
  expect_change(events[1], 0, 0);
  kill.time_in_force = TimeInForce::ioc;
  events = of(taker, exchange.trade(kill));
  EXPECT_EQ(events.back().status, OrderStatus::expired);
  expect_change(events.back(), 10 * kLot - 2'000, -1'000 * kTickLot);
}

// rule: limit-maker
TEST_F(Money, APostOnlyOrderThatWouldTradeNeverWas) {
  exchange.run(limit(maker, Side::sell, 100, 10));
  auto post = limit(taker, Side::buy, 100, 10, "p");
  post.type = OrderType::limit_maker;
  const auto events = exchange.trade(post);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].execution, Execution::rejected);
  EXPECT_EQ(events[0].rejection, Rejection::would_match_immediately);
  EXPECT_EQ(events[0].client_order_id.view(), "p");
  EXPECT_TRUE(events[0].order.is_none());
  expect_change(events[0], 0, 0);
}

// rule: stp-gives-back
TEST_F(Money, SelfTradePreventionGivesBackWhatItTakesAway) {
  struct Case {
    SelfTrade mode;
    OrderStatus taker_status, maker_status;
    std::int64_t base_held, quote_held;  // lots and ticks of lots, after all
  };
  // The account's sell of 10 at 100 meets its own buy of 15 at 100.
  const Case cases[] = {{SelfTrade::expire_taker, OrderStatus::expired_in_match, OrderStatus::open, 10, 0},
                        {SelfTrade::expire_maker, OrderStatus::open, OrderStatus::expired_in_match, 0, 1'500},
                        {SelfTrade::expire_both, OrderStatus::expired_in_match, OrderStatus::expired_in_match, 0, 0},
                        {SelfTrade::decrement, OrderStatus::open, OrderStatus::expired_in_match, 0, 500}};
  for (const Case& c : cases) {
    const OrderId resting = exchange.trade(limit(taker, Side::sell, 100, 10)).at(0).order;
    const auto events = exchange.trade(own(limit(taker, Side::buy, 100, 15), c.mode));
    OrderStatus taker_status = OrderStatus::open, maker_status = OrderStatus::open;
    for (const OrderEvent& event : events) (event.order == resting ? maker_status : taker_status) = event.status;
    EXPECT_EQ(taker_status, c.taker_status) << static_cast<int>(c.mode);
    EXPECT_EQ(maker_status, c.maker_status) << static_cast<int>(c.mode);
    expect_change(events.back(), 0, 0, c.base_held * kLot, c.quote_held * kTickLot);
    if (c.mode == SelfTrade::decrement) {
      EXPECT_EQ(events.at(1).execution, Execution::prevented);
      EXPECT_EQ(events[1].prevented, Quantity{10});
      EXPECT_EQ(events[1].last_quantity, Quantity{10});
      EXPECT_FALSE(events[1].counter_order.is_none());
    }
    exchange.run(orders::CancelAll{taker, kBtcUsdt});
  }
  // Without prevention the account trades with itself and pays both fees.
  exchange.run(limit(taker, Side::sell, 100, 10));
  expect_change(exchange.trade(limit(taker, Side::buy, 100, 10)).back(), -2'000, -1'000);
}

// rule: hold-move, move-matches, move-limits
TEST_F(Money, AMoveHoldsMoreFirstAndGivesBackAfter) {
  const OrderId order = exchange.trade(limit(taker, Side::buy, 100, 10, "m")).at(0).order;
  auto events = exchange.trade(move(taker, order, 120));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].execution, Execution::replaced);
  EXPECT_EQ(events[0].price, core::Price{120});
  expect_change(events[0], 0, 0, 0, 1'200 * kTickLot);
  expect_change(exchange.trade(move(taker, order, 80)).at(0), 0, 0, 0, 800 * kTickLot);
  EXPECT_EQ(exchange.trade(move(taker, order, 80)).at(0).rejection, Rejection::nothing_to_do);
  EXPECT_EQ(exchange.trade(move(taker, order, 9)).at(0).rejection, Rejection::price_out_of_range);
  EXPECT_EQ(exchange.trade(move(taker, order, 49)).at(0).rejection, Rejection::notional_out_of_range);
  events = exchange.trade(move(taker, order, 100'001));
  EXPECT_EQ(events.at(0).execution, Execution::cancel_rejected);
  EXPECT_EQ(events[0].client_order_id.view(), "m");
  // A move that crosses trades at the maker's price.
  exchange.run(limit(maker, Side::sell, 90, 6));
  events = of(taker, exchange.trade(move(taker, order, 95)));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].execution, Execution::traded);
  expect_change(events[1], 6 * kLot - 1'200, -540 * kTickLot, 0, 4 * 95 * kTickLot);
  // Too dear by one tick of a lot.
  exchange.run(limit(taker, Side::buy, 10'000, 99));  // leaves 9,080
  EXPECT_EQ(exchange.trade(move(taker, order, 95 + 2'271)).at(0).rejection, Rejection::insufficient_balance);
  EXPECT_EQ(exchange.trade(move(taker, order, 95 + 2'270)).at(0).execution, Execution::replaced);
}

// rule: reduce-gives-back, reduce-to-nothing
TEST_F(Money, AReductionGivesBackItsPartAndToNothingIsACancel) {
  const OrderId buy = exchange.trade(limit(taker, Side::buy, 100, 20)).at(0).order;
  auto events = exchange.trade(reduce(taker, buy, 5));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].execution, Execution::replaced);
  EXPECT_EQ(events[0].quantity, Quantity{15});
  expect_change(events[0], 0, 0, 0, 1'500 * kTickLot);
  EXPECT_EQ(exchange.trade(reduce(taker, buy, 0)).at(0).rejection, Rejection::invalid_order);
  EXPECT_EQ(exchange.trade(reduce(taker, buy, 14)).at(0).rejection, Rejection::quantity_out_of_range);
  EXPECT_EQ(exchange.trade(reduce(taker, buy, 11)).at(0).rejection, Rejection::notional_out_of_range);
  events = exchange.trade(reduce(taker, buy, 15));
  EXPECT_EQ(events.at(0).status, OrderStatus::cancelled);
  expect_change(events[0], 0, 0);
  const OrderId sell = exchange.trade(limit(taker, Side::sell, 100, 20)).at(0).order;
  expect_change(exchange.trade(reduce(taker, sell, 5)).at(0), 0, 0, 15 * kLot);
  EXPECT_EQ(exchange.trade(reduce(taker, sell, 100)).at(0).status, OrderStatus::cancelled);
}

// rule: reduce-by-or-to
TEST_F(Money, AReductionMaySayWhatTheQuantityBecomes) {
  const OrderId buy = exchange.trade(limit(taker, Side::buy, 100, 40)).at(0).order;
  exchange.run(limit(maker, Side::sell, 100, 10));
  const auto to = [&](std::int64_t quantity, std::int64_t by = 0) {
    orders::ReduceOrder command = reduce(taker, buy, by);
    command.to = Quantity{quantity};
    return exchange.trade(command).at(0);
  };
  EXPECT_EQ(to(0).rejection, Rejection::invalid_order) << "neither";
  EXPECT_EQ(to(30, 10).rejection, Rejection::invalid_order) << "both";
  EXPECT_EQ(to(-1).rejection, Rejection::invalid_order);
  EXPECT_EQ(to(40).rejection, Rejection::nothing_to_do);
  EXPECT_EQ(to(41).rejection, Rejection::not_a_reduction);
  EXPECT_EQ(to(1).rejection, Rejection::none) << "less than what is executed: nothing is left";
  EXPECT_EQ(to(1).rejection, Rejection::unknown_order);
  const OrderId next = exchange.trade(limit(taker, Side::buy, 100, 40)).at(0).order;
  exchange.run(limit(maker, Side::sell, 100, 10));
  orders::ReduceOrder command = reduce(taker, next, 0);
  command.to = Quantity{30};
  const auto reduced = exchange.trade(command).at(0);
  EXPECT_EQ(reduced.quantity, Quantity{30});
  EXPECT_EQ(reduced.executed, Quantity{10});
  EXPECT_EQ(reduced.last_quantity, Quantity{10});
  EXPECT_EQ(reduced.quote.held, Amount{2'000 * kTickLot});
  command.to = Quantity{10};
  const auto over = exchange.trade(command).at(0);
  EXPECT_EQ(over.execution, Execution::cancelled) << "all that is left was executed";
  EXPECT_EQ(over.quantity, Quantity{30});
}

// rule: reduce-renames
TEST_F(Money, AReductionMayBringANewClientOrderId) {
  const OrderId order = exchange.trade(limit(taker, Side::buy, 100, 40, "first")).at(0).order;
  exchange.run(limit(taker, Side::buy, 100, 40, "other"));
  const auto reduced = [&](std::string_view id, std::string_view now = {}) {
    orders::ReduceOrder command = reduce(taker, now.empty() ? order : OrderId{}, 1);
    command.target.client_order_id = core::ClientOrderId{now};
    command.new_client_order_id = core::ClientOrderId{id};
    return exchange.trade(command).at(0);
  };
  EXPECT_EQ(reduced("other").rejection, Rejection::duplicate_client_order_id);
  EXPECT_EQ(reduced("not valid").rejection, Rejection::invalid_order);
  EXPECT_EQ(reduced("first").cancel_id.view(), "") << "the one it has";
  const auto renamed = reduced("second");
  EXPECT_EQ(renamed.execution, Execution::replaced);
  EXPECT_EQ(renamed.client_order_id.view(), "first");
  EXPECT_EQ(renamed.cancel_id.view(), "second");
  EXPECT_EQ(reduced("third", "first").rejection, Rejection::unknown_order) << "that name is free again";
  EXPECT_EQ(exchange.trade(limit(taker, Side::buy, 100, 10, "first")).at(0).execution, Execution::accepted);
  EXPECT_EQ(exchange.trade(limit(taker, Side::buy, 100, 10, "second")).at(0).rejection,
            Rejection::duplicate_client_order_id);
  EXPECT_EQ(reduced("third", "second").cancel_id.view(), "third");
  EXPECT_EQ(exchange.trade(cancel(taker, {}, "third")).at(0).order, order);
  // One that came without an id is known by the made one until it gets its own.
  const OrderId unnamed = exchange.trade(limit(taker, Side::buy, 100, 20)).at(0).order;
  const auto made = orders::made_client_order_id(unnamed);
  EXPECT_EQ(reduced("fourth", made.view()).cancel_id.view(), "fourth");
  EXPECT_EQ(reduced("fifth", made.view()).rejection, Rejection::unknown_order);
  orders::ReduceOrder to_nothing = reduce(taker, unnamed, 100);
  to_nothing.new_client_order_id = core::ClientOrderId{"gone"};
  const auto gone = exchange.trade(to_nothing).at(0);
  EXPECT_EQ(gone.execution, Execution::cancelled);
  EXPECT_EQ(gone.cancel_id.view(), "gone");
}

// rule: cancel, cancel-restriction
TEST_F(Money, CancelsNameOneOpenOrderOfTheAccount) {
  auto named = limit(taker, Side::buy, 100, 10, "a");
  const OrderId a = exchange.trade(named).at(0).order;
  const OrderId b = exchange.trade(limit(taker, Side::buy, 100, 10, "b")).at(0).order;
  auto elsewhere = cancel(taker, a);
  elsewhere.market = kEthBtc;
  for (const auto& command : {cancel(maker, a), cancel(maker, {}, "a"), cancel(taker, a, "b"), cancel(taker, {}, ""),
                              cancel(taker, {}, "c"), cancel(taker, OrderId{99}), elsewhere}) {
    const auto events = exchange.trade(command);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].execution, Execution::cancel_rejected);
    EXPECT_EQ(events[0].rejection, Rejection::unknown_order);
    EXPECT_TRUE(events[0].order.is_none()) << "of an order that is not the account's nothing is told";
  }
  EXPECT_EQ(exchange.trade(cancel(AccountId{5}, a)).at(0).rejection, Rejection::unknown_account);
  auto restricted = cancel(taker, a, "a");
  restricted.restriction = orders::CancelRestriction::only_partially_filled;
  auto events = exchange.trade(restricted);
  EXPECT_EQ(events.at(0).rejection, Rejection::cancel_restricted);
  EXPECT_EQ(events[0].order, a);
  exchange.run(market(maker, Side::sell, 3));  // fills 3 of a
  restricted.restriction = orders::CancelRestriction::only_new;
  EXPECT_EQ(exchange.trade(restricted).at(0).rejection, Rejection::cancel_restricted);
  restricted.restriction = orders::CancelRestriction::only_partially_filled;
  restricted.cancel_id = core::ClientOrderId{"because"};
  events = exchange.trade(restricted);
  EXPECT_EQ(events.at(0).execution, Execution::cancelled);
  EXPECT_EQ(events[0].cancel_id.view(), "because");
  EXPECT_EQ(exchange.trade(cancel(taker, b, "b")).at(0).cancel_id.view(), "");
}

// rule: cancel-all
TEST_F(Money, CancelAllGoesByRisingId) {
  EXPECT_EQ(exchange.trade(orders::CancelAll{taker, kBtcUsdt}).at(0).rejection, Rejection::unknown_order);
  std::vector<OrderId> placed;
  for (const int price : {100, 90, 110, 80})
    placed.push_back(exchange.trade(limit(taker, Side::buy, price, 10)).at(0).order);
  exchange.run(cancel(taker, placed[1]));
  const auto events = exchange.trade(orders::CancelAll{taker, kBtcUsdt});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].order, placed[0]);
  EXPECT_EQ(events[1].order, placed[2]);
  EXPECT_EQ(events[2].order, placed[3]);
  expect_change(events[2], 0, 0);
}

orders::CancelReplace replace(orders::CancelOrder cancel, orders::PlaceOrder place, orders::ReplaceMode mode) {
  return {cancel, place, mode};
}

// rule: cancel-replace, cancel-replace-failure
TEST_F(Money, CancelReplaceUsesWhatTheCancelFreed) {
  constexpr auto kStop = orders::ReplaceMode::stop_on_failure, kGoOn = orders::ReplaceMode::allow_failure;
  // All the money is in the first order, and the second has the same client id.
  OrderId order = exchange.trade(limit(taker, Side::buy, 1'000, 1'000, "x")).at(0).order;
  auto events = exchange.trade(replace(cancel(taker, order), limit(taker, Side::buy, 500, 2'000, "x"), kStop));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::cancelled);
  EXPECT_EQ(events[1].execution, Execution::accepted);
  EXPECT_EQ(events[1].client_order_id.view(), "x");
  expect_change(events[1], 0, 0, 0, 1'000'000 * kTickLot);
  // The cancel fails.
  const auto nothing = cancel(taker, order);
  events = exchange.trade(replace(nothing, limit(taker, Side::sell, 2'000, 10), kStop));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].execution, Execution::cancel_rejected);
  events = exchange.trade(replace(nothing, limit(taker, Side::sell, 2'000, 10), kGoOn));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::cancel_rejected);
  EXPECT_EQ(events[1].execution, Execution::accepted);
  // The cancel succeeds, the new order does not.
  events = exchange.trade(replace(cancel(taker, {}, "x"), limit(taker, Side::buy, 500, 2'001, "x"), kStop));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].execution, Execution::cancelled);
  EXPECT_EQ(events[1].rejection, Rejection::insufficient_balance);
  // A new order that never could be: nothing is cancelled.
  order = exchange.trade(limit(taker, Side::buy, 100, 10, "x")).at(0).order;
  events = exchange.trade(replace(cancel(taker, order), limit(taker, Side::buy, 9, 1'000), kGoOn));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].rejection, Rejection::price_out_of_range);
  events = exchange.trade(replace(cancel(taker, order), limit(maker, Side::buy, 100, 10), kGoOn));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].rejection, Rejection::invalid_order);
  EXPECT_EQ(exchange.trade(cancel(taker, order)).at(0).execution, Execution::cancelled);
}

// rule: account-events
TEST_F(Money, EventsAreNumberedWithoutGaps) {
  std::uint64_t of_taker = 0, of_maker = 0;
  const auto check = [&](const Command& command) {
    std::uint32_t index = 0;
    for (const auto& event : exchange.run(command)) {
      EXPECT_EQ(event.index, index++);
      EXPECT_EQ(event.command, exchange.header.sequence);
      EXPECT_EQ(event.time, exchange.header.time);
      const AccountId account = std::get<OrderEvent>(event.body).account;
      std::uint64_t& last = account == taker ? of_taker : of_maker;
      if (last != 0) {
        EXPECT_EQ(event.account_sequence, last + 1);
      }
      last = event.account_sequence;
    }
  };
  check(limit(maker, Side::sell, 100, 10));
  check(limit(taker, Side::buy, 100, 15));
  check(limit(taker, Side::buy, 9, 15));
  check(orders::CancelAll{taker, kBtcUsdt});
  check(cancel(maker, OrderId{1}));
  EXPECT_EQ(of_taker, 3u + 2 + 1 + 1);
  EXPECT_EQ(of_maker, 3u + 1 + 1 + 1);
}

}  // namespace
}  // namespace engine
