// Market states and auctions through both folds: what accounts admits in each state, and whose money an auction moves.
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::OrderId;
using core::Rejection;
using instruments::Action;
using instruments::MarketState;
using orders::Execution;
using orders::OrderType;
using orders::Side;
using orders::TimeInForce;

// The shortest way from trading to a state.
std::vector<MarketState> way_to(MarketState state) {
  if (state == MarketState::trading) return {};
  if (state == MarketState::pre_open) return {MarketState::halted, state};
  if (state == MarketState::auction_frozen) return {MarketState::auction, state};
  return {state};
}

Rejection carry_out(TestExchange& exchange, AccountId account, OrderId open, Action action) {
  orders::PlaceOrder place = limit(account, Side::sell, 120, 10);
  switch (action) {
    case Action::limit:
      break;
    case Action::immediate:
      place.time_in_force = TimeInForce::ioc;
      break;
    case Action::limit_maker:
      place.type = OrderType::limit_maker;
      break;
    case Action::market:
      place = market(account, Side::sell, 10);
      break;
    case Action::cancel:
      return exchange.trade(cancel(account, open)).at(0).rejection;
    case Action::move:
      return exchange.trade(move(account, open, 111)).at(0).rejection;
    case Action::reduce:
      return exchange.trade(reduce(account, open, 2)).at(0).rejection;
    case Action::conditional:
      place.condition = {orders::Trigger::stop, orders::TriggerSource::last, 0, core::Price{90}};
      break;
  }
  return exchange.trade(place).at(0).rejection;
}

// rule: market-states
TEST(MarketStates, AccountsTakesInEachStateWhatTheTableSays) {
  for (const instruments::StateRules& rules : instruments::kMarketStates) {
    for (const Action action : instruments::kActions) {
      TestExchange exchange;
      const AccountId alice = exchange.open("alice", 1'000 * kLot);
      const OrderId open = exchange.trade(limit(alice, Side::sell, 110, 20)).at(0).order;
      for (const MarketState state : way_to(rules.state)) exchange.run(instruments::SetMarketState{kBtcUsdt, state});
      const Rejection expected = instruments::accepts(rules.state, action) ? Rejection::none : Rejection::market_closed;
      EXPECT_EQ(carry_out(exchange, alice, open, action), expected)
          << rules.name << ", action " << static_cast<int>(action);
    }
  }
}

TEST(MarketStates, CancelAllAndCancelReplaceAreRefusedWhileNothingMayBeTakenOut) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 1'000 * kLot);
  const OrderId open = exchange.trade(limit(alice, Side::sell, 110, 20)).at(0).order;
  for (const MarketState state : way_to(MarketState::auction_frozen))
    exchange.run(instruments::SetMarketState{kBtcUsdt, state});
  EXPECT_EQ(exchange.trade(orders::CancelAll{alice, kBtcUsdt}).at(0).rejection, Rejection::market_closed);
  orders::CancelReplace replace{cancel(alice, open), limit(alice, Side::sell, 112, 20),
                                orders::ReplaceMode::stop_on_failure};
  const auto stopped = exchange.trade(replace);
  ASSERT_EQ(stopped.size(), 1u);
  EXPECT_EQ(stopped[0].rejection, Rejection::market_closed);
  replace.mode = orders::ReplaceMode::allow_failure;
  const auto placed = exchange.trade(replace);
  ASSERT_EQ(placed.size(), 2u);
  EXPECT_EQ(placed[1].execution, Execution::accepted) << "new orders may come in";
}

// rule: market-state-changes
TEST(MarketStates, AChangeThatMayNotBeIsRejectedAndChangesNothing) {
  TestExchange exchange;
  const auto rejection = [&](const Command& command) {
    const auto* rejected = std::get_if<orders::CommandRejected>(&exchange.run(command).at(0).body);
    return rejected == nullptr ? Rejection::none : rejected->rejection;
  };
  EXPECT_EQ(rejection(instruments::SetMarketState{kBtcUsdt, MarketState::pre_open}), Rejection::state_not_reachable);
  EXPECT_EQ(rejection(instruments::SetMarketAuctions{core::MarketId{9}, true}), Rejection::unknown_market);
  EXPECT_EQ(rejection(instruments::SetMarketAuctions{kBtcUsdt, true}), Rejection::none);
  EXPECT_EQ(rejection(instruments::SetMarketState{kBtcUsdt, MarketState::halted}), Rejection::none);
  EXPECT_EQ(rejection(instruments::SetMarketState{kBtcUsdt, MarketState::trading}), Rejection::state_not_reachable);
  EXPECT_EQ(rejection(instruments::SetMarketState{kBtcUsdt, MarketState::auction}), Rejection::none);
  EXPECT_EQ(rejection(instruments::SetMarketState{kBtcUsdt, MarketState::trading}), Rejection::none);
}

// rule: auction-buyer-difference, auction-taker
TEST(Auction, ABuyerHasTheDifferenceToItsLimitBackAndTheLaterOrderPaysTheTakersFee) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 0, 100'000 * kTickLot), bob = exchange.open("bob", 100 * kLot);
  exchange.run(instruments::SetMarketState{kBtcUsdt, MarketState::auction});
  const auto bought = exchange.trade(limit(alice, Side::buy, 120, 30));
  ASSERT_EQ(bought.size(), 1u);
  EXPECT_EQ(bought[0].quote.held, Amount{120 * 30 * kTickLot});
  exchange.trade(limit(bob, Side::sell, 100, 20));
  exchange.trade(limit(bob, Side::sell, 110, 20));  // 30 trade at 110, 10 of bob's are left
  ASSERT_FALSE(exchange.output.market_events.empty());

  exchange.run(instruments::SetMarketState{kBtcUsdt, MarketState::trading});
  std::vector<orders::OrderEvent> fills;
  for (const orders::AccountEvent& event : exchange.output.account_events) {
    if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) fills.push_back(*order);
  }
  ASSERT_EQ(fills.size(), 4u) << "two trades, two sides";
  for (const orders::OrderEvent& fill : fills) {
    EXPECT_EQ(fill.execution, Execution::traded);
    EXPECT_EQ(fill.is_maker, fill.account == alice);
    EXPECT_EQ(fill.last_price, core::Price{110});
    const core::int128 received =
        fill.side == Side::buy ? fill.last_quantity.value() * kLot : fill.last_quantity.value() * 110 * kTickLot;
    EXPECT_EQ(fill.fee, Amount{received * (fill.is_maker ? 1 : 2) / 1'000}) << "0.1 % and 0.2 %";
  }
  EXPECT_EQ(fills[3].account, alice);
  EXPECT_EQ(fills[3].status, orders::OrderStatus::filled);
  EXPECT_EQ(fills[3].quote.held, Amount{});
  EXPECT_EQ(fills[3].quote.available, Amount{(100'000 - 110 * 30) * kTickLot}) << "what it held above 110 is back";
  EXPECT_EQ(fills[2].account, bob);
  EXPECT_EQ(fills[2].status, orders::OrderStatus::partially_filled);
  EXPECT_EQ(fills[2].base.held, Amount{10 * kLot});
}

TEST(Auction, OrdersOfACallSurviveASnapshot) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 0, 100'000 * kTickLot), bob = exchange.open("bob", 100 * kLot);
  exchange.run(instruments::SetMarketAuctions{kBtcUsdt, true});
  exchange.run(instruments::SetMarketState{kBtcUsdt, MarketState::auction});
  exchange.trade(limit(alice, Side::buy, 120, 30));
  exchange.trade(limit(bob, Side::sell, 100, 20));
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  exchange.engine.save(writer);
  TestExchange other;
  core::ByteReader reader(bytes);
  ASSERT_TRUE(other.engine.load(reader).has_value());
  EXPECT_EQ(other.engine.state_hash(), exchange.engine.state_hash());
  other.header = exchange.header;
  for (TestExchange* const each : {&exchange, &other}) {
    each->run(instruments::SetMarketState{kBtcUsdt, MarketState::trading});
    EXPECT_EQ(each->output.account_events.size(), 3u);
  }
  EXPECT_EQ(other.engine.state_hash(), exchange.engine.state_hash());
}

}  // namespace
}  // namespace engine
