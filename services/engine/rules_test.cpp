// Worked examples of rules that money_test.cpp and admission_test.cpp do not have.
#include <functional>

#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::int128;
using core::OrderId;
using orders::Execution;
using orders::OrderType;
using orders::Side;
using orders::TimeInForce;

orders::PlaceOrder with(orders::PlaceOrder place, OrderType type, TimeInForce time_in_force) {
  place.type = type;
  place.time_in_force = time_in_force;
  return place;
}

// rule: admission-order
TEST(Rules, AnOrderThatBreaksAllRulesIsToldOfThemInOrder) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 100 * kLot, 400 * kTickLot);
  OrderId resting = exchange.trade(limit(alice, Side::sell, 200, 10, "mine")).at(0).order;
  for (int i = 0; i < 4; ++i) resting = exchange.trade(limit(alice, Side::sell, 200, 10)).at(0).order;
  exchange.run(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::halted});

  orders::PlaceOrder order = limit(AccountId{1}, Side::buy, 9, 1, "mine");
  order.market = core::MarketId{3};
  order.quote_quantity = Amount{1};
  order.self_trade = static_cast<orders::SelfTrade>(5);
  struct Step {
    core::Rejection told;
    std::function<void()> mend;
  };
  const Step steps[] = {
      {core::Rejection::unknown_account, [&] { order.account = alice; }},
      {core::Rejection::unknown_market, [&] { order.market = kBtcUsdt; }},
      {core::Rejection::market_closed,
       [&] { exchange.run(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::trading}); }},
      {core::Rejection::invalid_order, [&] { order.quote_quantity = {}; }},
      {core::Rejection::self_trade_mode_not_allowed, [&] { order.self_trade = orders::SelfTrade::none; }},
      {core::Rejection::price_out_of_range, [&] { order.price = core::Price{100}; }},
      {core::Rejection::quantity_out_of_range, [&] { order.quantity = core::Quantity{4}; }},
      {core::Rejection::notional_out_of_range, [&] { order.quantity = core::Quantity{5}; }},
      {core::Rejection::too_many_open_orders, [&] { exchange.run(cancel(alice, resting)); }},
      {core::Rejection::duplicate_client_order_id, [&] { order.client_order_id = core::ClientOrderId{"other"}; }},
      {core::Rejection::insufficient_balance,
       [&] { exchange.run(ledger::Deposit{alice, kUsdt, Amount{100 * kTickLot}, {}}); }},
  };
  for (const Step& step : steps) {
    EXPECT_EQ(exchange.trade(order).at(0).rejection, step.told) << core::name(step.told);
    step.mend();
  }
  EXPECT_EQ(exchange.trade(order).at(0).execution, Execution::accepted);
}

// rule: hold-buy, hold-sell, hold-market
TEST(Rules, WhatIsHeldForEachKindOfOrder) {
  constexpr AccountId alice = core::kFirstUserAccount;
  constexpr auto kGtc = TimeInForce::gtc;
  struct Row {
    const char* what;
    orders::PlaceOrder place;
    int128 lots, quote;  // held: lots of the base asset, ticks of lots of the quote asset
    bool rests;
  };
  // Into an empty book, before any trade.
  const Row rows[] = {
      {"limit buy", limit(alice, Side::buy, 100, 10), 0, 1'000, true},
      {"post-only buy", with(limit(alice, Side::buy, 100, 10), OrderType::limit_maker, kGtc), 0, 1'000, true},
      {"buy that does not rest", with(limit(alice, Side::buy, 100, 10), OrderType::limit, TimeInForce::ioc), 0, 1'000,
       false},
      {"limit sell", limit(alice, Side::sell, 100, 10), 10, 0, true},
      {"market sell", market(alice, Side::sell, 10), 10, 0, false},
      {"market buy by amount", by_quote(alice, Side::buy, 600 * kTickLot), 0, 600, false},
      {"market buy by quantity, without a reference", market(alice, Side::buy, 10), 0, 5'000, false},
  };
  for (const Row& row : rows) {
    TestExchange exchange;
    ASSERT_EQ(exchange.open("alice", 50 * kLot, 5'000 * kTickLot), alice);
    const auto events = exchange.trade(row.place);
    ASSERT_EQ(events.at(0).execution, Execution::accepted) << row.what;
    EXPECT_EQ(events[0].base.held, Amount{row.lots * kLot}) << row.what;
    EXPECT_EQ(events[0].quote.held, Amount{row.quote * kTickLot}) << row.what;
    EXPECT_EQ(events[0].base.available, Amount{(50 - row.lots) * kLot}) << row.what;
    EXPECT_EQ(events[0].quote.available, Amount{(5'000 - row.quote) * kTickLot}) << row.what;
    EXPECT_EQ(events.size(), row.rests ? 1u : 2u) << row.what;
    const auto over = row.rests ? exchange.trade(cancel(alice, events[0].order)).at(0) : events.back();
    EXPECT_EQ(over.base.available, Amount{50 * kLot}) << row.what;
    EXPECT_EQ(over.quote.available, Amount{5'000 * kTickLot}) << row.what;
  }
}

// rule: order-ids
TEST(Rules, OrderIdsRiseOverAllAccountsAndMarkets) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 100 * kLot, 100'000 * kTickLot);
  const AccountId bob = exchange.open("bob", 100 * kLot, 100'000 * kTickLot);
  const auto place = [&](AccountId account, core::MarketId market, std::int64_t price) {
    orders::PlaceOrder command = limit(account, Side::buy, price, 10);
    command.market = market;
    return exchange.trade(command).at(0);
  };
  OrderId last;
  for (int round = 0; round < 3; ++round) {
    for (const AccountId account : {alice, bob}) {
      for (const core::MarketId market : {kBtcUsdt, kEthBtc}) {
        EXPECT_TRUE(place(account, market, 9).order.is_none()) << "what is rejected at admission is no order";
        const auto placed = place(account, market, 100);
        ASSERT_EQ(placed.execution, Execution::accepted);
        EXPECT_EQ(placed.order, last.next()) << "and takes no number";
        EXPECT_LT(placed.order.value(), std::uint64_t{1} << 53) << "exact in any client's number";
        last = placed.order;
      }
    }
  }
}

}  // namespace
}  // namespace engine
