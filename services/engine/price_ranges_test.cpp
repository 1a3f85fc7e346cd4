// Price ranges through both folds: whose money is given back, and what accounts hears of a market that stops itself.
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::Price;
using core::Rejection;
using instruments::MarketState;
using instruments::RangeOutcome;
using orders::Execution;
using orders::OrderStatus;
using orders::OrderType;
using orders::Side;

// Two accounts, a last trade at 100, sellers of 20 lots each at 101, 102 and 110.
struct Ranged : TestExchange {
  explicit Ranged(RangeOutcome outcome) {
    alice = open("alice", 1'000 * kLot);
    bob = open("bob", 0, 100'000 * kTickLot);
    trade(limit(alice, Side::sell, 100, 10));
    trade(limit(bob, Side::buy, 100, 10));
    for (const std::int64_t price : {101, 102, 110}) trade(limit(alice, Side::sell, price, 20));
    run(instruments::SetMarketRanges{kBtcUsdt, {0, 200, outcome}, {}});
  }
  [[nodiscard]] MarketState state() const { return engine_state; }
  std::vector<orders::OrderEvent> orders_of(const Command& command) {
    run(command);
    std::vector<orders::OrderEvent> all;
    for (const orders::AccountEvent& event : output.account_events) {
      if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) all.push_back(*order);
      if (const auto* market = std::get_if<orders::MarketListed>(&event.body)) engine_state = market->market.state;
    }
    return all;
  }

  AccountId alice, bob;
  MarketState engine_state = MarketState::trading;
};

// rule: range-expires
TEST(PriceRanges, WhatExpiresIsGivenBackWithItsReason) {
  Ranged exchange(RangeOutcome::expire);
  const Amount before{(100'000 - 1'000) * kTickLot};
  const auto events = exchange.orders_of(limit(exchange.bob, Side::buy, 110, 50));
  const orders::OrderEvent& over = events.back();
  EXPECT_EQ(over.execution, Execution::expired);
  EXPECT_EQ(over.status, OrderStatus::expired);
  EXPECT_EQ(over.rejection, Rejection::price_range_reached);
  EXPECT_EQ(over.executed, core::Quantity{40});
  EXPECT_EQ(over.quote.held, Amount{});
  EXPECT_EQ(over.quote.available, Amount{before.value() - (101 * 20 + 102 * 20) * kTickLot});
  EXPECT_EQ(exchange.state(), MarketState::trading);
  EXPECT_TRUE(exchange.engine.audit());
}

// rule: range-auction, range-state
TEST(PriceRanges, TheRestKeepsItsHoldInTheAuctionAndAccountsKnowsTheState) {
  Ranged exchange(RangeOutcome::auction);
  const auto events = exchange.orders_of(limit(exchange.bob, Side::buy, 112, 50));
  ASSERT_EQ(events.size(), 5u);
  const orders::OrderEvent& taken = events[3];
  EXPECT_EQ(taken.account, exchange.bob);
  EXPECT_EQ(taken.status, OrderStatus::partially_filled);
  EXPECT_EQ(taken.quote.held, Amount{112 * 10 * kTickLot});
  EXPECT_EQ(exchange.state(), MarketState::auction);
  EXPECT_EQ(exchange.trade(market(exchange.bob, Side::buy, 10)).at(0).rejection, Rejection::market_closed);
  EXPECT_TRUE(exchange.engine.audit());

  // Other settings do not end the call; a snapshot knows it.
  exchange.orders_of(instruments::SetMarketRanges{kBtcUsdt, {0, 300, RangeOutcome::auction}, Price{100}});
  EXPECT_EQ(exchange.state(), MarketState::auction);
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  exchange.engine.save(writer);
  Engine loaded;
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader).has_value());
  EXPECT_EQ(loaded.state_hash(), exchange.engine.state_hash());

  const auto uncrossed = exchange.orders_of(instruments::SetMarketState{kBtcUsdt, MarketState::trading});
  ASSERT_EQ(uncrossed.size(), 2u);
  EXPECT_EQ(uncrossed[0].last_price, Price{110});
  EXPECT_EQ(uncrossed[0].last_quantity, core::Quantity{10});
  EXPECT_EQ(uncrossed[0].quote.held, Amount{});
  EXPECT_EQ(uncrossed[0].quote.available, Amount{(100'000 - 1'000 - 101 * 20 - 102 * 20 - 110 * 10) * kTickLot});
  EXPECT_EQ(exchange.state(), MarketState::trading);
}

// rule: range-settings
TEST(PriceRanges, SettingsOutOfBoundsAreRejected) {
  TestExchange exchange;
  struct Row {
    instruments::SetMarketRanges command;
    Rejection expected;
  };
  const Row rows[] = {
      {{kBtcUsdt, {9'999, 9'999, RangeOutcome::auction}, Price{100}}, Rejection::none},
      {{kBtcUsdt, {}, Price{}}, Rejection::none},
      {{kBtcUsdt, {10'000, 0, RangeOutcome::expire}, {}}, Rejection::bad_ranges},
      {{kBtcUsdt, {0, 10'000, RangeOutcome::expire}, {}}, Rejection::bad_ranges},
      {{kBtcUsdt, {100, 0, RangeOutcome::expire}, Price{9}}, Rejection::bad_ranges},
      {{kBtcUsdt, {100, 0, RangeOutcome::expire}, Price{100'001}}, Rejection::bad_ranges},
      {{kBtcUsdt, {100, 0, RangeOutcome::expire}, Price{-1}}, Rejection::bad_ranges},
      {{core::MarketId{9}, {}, {}}, Rejection::unknown_market},
  };
  for (const Row& row : rows) {
    const auto* rejected = std::get_if<orders::CommandRejected>(&exchange.run(row.command).at(0).body);
    EXPECT_EQ(rejected == nullptr ? Rejection::none : rejected->rejection, row.expected);
  }
}

}  // namespace
}  // namespace engine
