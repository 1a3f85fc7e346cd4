// Market states and auctions in the fold: worked examples. The price itself is tested in uncross_test.cpp, all rules
// together in differential_test.cpp.
#include "services/matching/auction.h"

#include <gtest/gtest.h>

#include "services/matching/scenario.h"

namespace matching {
namespace {

using instruments::Action;
using instruments::MarketState;

constexpr Side kSell = Side::sell;

// ---- states ----

// What the fold does with each action in each state is what the table says.
// rule: market-states
TEST(MarketState, EveryStateTakesWhatTheTableSaysAndNothingElse) {
  for (const instruments::StateRules& rules : instruments::kMarketStates) {
    for (const Action action : instruments::kActions) {
      Scenario market;
      market.rest({{.order = 1, .price = 90, .quantity = 5}, {.order = 2, .side = kSell, .price = 110, .quantity = 5}});
      if (rules.state != MarketState::trading) market.change(rules.state);
      const auto placed = [&](OrderType type, TimeInForce time_in_force) {
        const bool priced = type == OrderType::limit || type == OrderType::limit_maker;
        return market.send({.order = 3,
                            .type = type,
                            .time_in_force = time_in_force,
                            .price = priced ? 95 : 0,
                            .quantity = type == OrderType::market_by_quote ? 0 : 1,
                            .quote = type == OrderType::market_by_quote ? 200 : 0});
      };
      std::vector<std::string> told;
      switch (action) {
        case Action::limit:
          told = {placed(OrderType::limit, TimeInForce::gtc)};
          break;
        case Action::immediate:
          told = {placed(OrderType::limit, TimeInForce::ioc), placed(OrderType::limit, TimeInForce::fok)};
          break;
        case Action::limit_maker:
          told = {placed(OrderType::limit_maker, TimeInForce::gtc)};
          break;
        case Action::market:
          told = {placed(OrderType::market, TimeInForce::gtc), placed(OrderType::market_by_quote, TimeInForce::gtc)};
          break;
        case Action::cancel:
          told = {market.cancel(1)};
          break;
        case Action::move:
          told = {market.move(1, 91)};
          break;
        case Action::reduce:
          told = {market.reduce(1, 1)};
          break;
        case Action::conditional:
          told = {
              market.send({.order = 3, .type = OrderType::market, .quantity = 1, .trigger = Trigger::stop, .at = 120})};
          break;
      }
      for (const std::string& text : told) {
        EXPECT_EQ(text.find("market_closed") == std::string::npos, instruments::accepts(rules.state, action))
            << rules.name << ", action " << static_cast<int>(action) << ": " << text;
      }
    }
  }
}

// rule: post-only-state
TEST(MarketState, AMoveThatWouldMatchIsRefusedWhileOnlyMakersMayComeIn) {
  Scenario market;
  market.rest({{.order = 1, .price = 90, .quantity = 5}, {.order = 2, .side = kSell, .price = 110, .quantity = 5}});
  market.change(MarketState::post_only);
  EXPECT_EQ(market.move(1, 110), "refused 1: would_match_immediately");
  EXPECT_EQ(market.move(1, 109), "1 moved to 109 | bid 90: 0; bid 109: 5");
}

// ---- the call ----

// rule: auction-call, auction-uncross
TEST(Auction, OrdersRestCrossedAndTradeAtOnePriceInPriceTimePriority) {
  Scenario market;
  EXPECT_EQ(market.change(MarketState::auction), "auction");
  EXPECT_EQ(market.send({.order = 1, .price = 100, .quantity = 5}), "accepted 1, resting | bid 100: 5");
  EXPECT_EQ(market.send({.order = 2, .price = 103, .quantity = 4}), "accepted 2, resting | bid 103: 4");
  EXPECT_EQ(market.send({.order = 3, .side = kSell, .price = 99, .quantity = 3}),
            "accepted 3, resting | ask 99: 3; auction 3 at 103; buyers left 1");
  EXPECT_EQ(market.send({.order = 4, .side = kSell, .price = 101, .quantity = 3}),
            "accepted 4, resting | ask 101: 3; auction 4 at 101; sellers left 2");
  EXPECT_EQ(market.send({.order = 5, .price = 103, .quantity = 1}),
            "accepted 5, resting | bid 103: 5; auction 5 at 101; sellers left 1");
  EXPECT_TRUE(market.matching.audit()) << "in a call the book may cross";
  EXPECT_EQ(market.book(), "bids 103: 2x4 5x1; 100: 1x5 | asks 99: 3x3; 101: 4x3");

  EXPECT_EQ(market.change(MarketState::trading),
            "3 takes 3 at 101, 0 left; 2 gives 3 at 101, 1 left; 4 takes 1 at 101, 2 left; 2 gives 1 at 101, 0 left; "
            "5 takes 1 at 101, 0 left; 4 gives 1 at 101, 1 left; reference 101 | "
            "ask 99: 0; bid 103: 0; ask 101: 1; trading");
  EXPECT_EQ(market.book(), "bids 100: 1x5 | asks 101: 4x1");
  EXPECT_TRUE(market.matching.audit());
}

// rule: auction-taker
TEST(Auction, TheLaterOrderIsTheTaker) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 100, .quantity = 5},
               {.order = 2, .side = kSell, .price = 100, .quantity = 2},
               {.order = 3, .side = kSell, .price = 100, .quantity = 3}});
  market.move(1, 101);  // an order keeps its number, whenever it got its price
  market.change(MarketState::trading);
  std::size_t trades = 0;
  for (const Report& report : market.reports) {
    if (report.kind != ReportKind::filled) continue;
    EXPECT_EQ(report.is_maker, report.order == core::OrderId{1});
  }
  for (const MarketEvent& event : market.events) {
    if (event.kind != MarketEventKind::traded) continue;
    ++trades;
    EXPECT_EQ(event.state, MarketState::auction) << "the auction's trades are told before the state";
    EXPECT_EQ(event.side, Side::sell);
    EXPECT_EQ(event.maker_order, core::OrderId{1});
    EXPECT_EQ(event.taker_order, core::OrderId{trades + 1});
    EXPECT_EQ(event.trade, core::TradeId{trades});
  }
  EXPECT_EQ(trades, 2u);
  EXPECT_EQ(market.events.back().kind, MarketEventKind::state_changed);
  EXPECT_EQ(market.events.back().state, MarketState::trading);
}

// rule: auction-call
TEST(Auction, SelfTradePreventionIsOff) {
  Scenario market;
  market.change(MarketState::auction);
  market.send({.order = 1, .account = 7, .self_trade = SelfTrade::expire_both, .price = 100, .quantity = 5});
  market.send(
      {.order = 2, .account = 7, .side = kSell, .self_trade = SelfTrade::decrement, .price = 100, .quantity = 5});
  EXPECT_EQ(market.change(MarketState::trading),
            "2 takes 5 at 100, 0 left; 1 gives 5 at 100, 0 left; reference 100 | bid 100: 0; ask 100: 0; trading");
}

// rule: auction-figures
TEST(Auction, FiguresFollowEveryCommandAndAreToldOnlyWhenTheyChange) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.send({.order = 3, .price = 90, .quantity = 1}), "accepted 3, resting | bid 90: 1");
  EXPECT_EQ(market.reduce(2, 2), "2 reduced by 2, 3 left | ask 100: 3; auction 3 at 100; buyers left 2");
  EXPECT_EQ(market.move(1, 99), "1 moved to 99 | bid 100: 0; bid 99: 5; auction 0 at 0; buyers left 0");
  EXPECT_EQ(market.move(1, 100), "1 moved to 100 | bid 99: 0; bid 100: 5; auction 3 at 100; buyers left 2");
  EXPECT_EQ(market.change(MarketState::auction_frozen), "auction_frozen") << "they go on as they were";
  EXPECT_EQ(market.cancel(1), "refused 1: market_closed");
  EXPECT_EQ(market.send({.order = 4, .side = kSell, .price = 100, .quantity = 3}),
            "accepted 4, resting | ask 100: 6; auction 5 at 100; sellers left 1");
}

TEST(Auction, OrdersOfThePreOpenAreCountedWhenTheCallBegins) {
  Scenario market;
  market.change(MarketState::pre_open);
  EXPECT_EQ(market.send({.order = 1, .price = 100, .quantity = 5}), "accepted 1, resting | bid 100: 5");
  EXPECT_EQ(market.send({.order = 2, .side = kSell, .price = 98, .quantity = 5}), "accepted 2, resting | ask 98: 5");
  EXPECT_EQ(market.change(MarketState::auction), "auction; auction 5 at 100; buyers left 0");
}

// rule: auction-price
TEST(Auction, TheReferenceDecidesBetweenPricesThatLeaveNothing) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 97, .quantity = 1}});
  market.send({.order = 2, .price = 97, .quantity = 1});  // the reference is 97
  market.change(MarketState::auction);
  market.rest({{.order = 3, .price = 100, .quantity = 5}, {.order = 4, .side = kSell, .price = 95, .quantity = 5}});
  market.change(MarketState::trading);
  EXPECT_EQ(market.reports.front().price, core::Price{97});
}

// rule: auction-uncross
TEST(Auction, ACallThatIsHaltedKeepsItsOrdersAndOneThatEndsByClosingTrades) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.change(MarketState::halted), "halted");
  EXPECT_TRUE(market.matching.audit());
  EXPECT_EQ(market.book(), "bids 100: 1x5 | asks 100: 2x5");
  EXPECT_EQ(market.change(MarketState::auction), "auction; auction 5 at 100; buyers left 0");
  EXPECT_EQ(market.change(MarketState::closed),
            "2 takes 5 at 100, 0 left; 1 gives 5 at 100, 0 left; reference 100 | bid 100: 0; ask 100: 0; closed");
}

TEST(Auction, AHaltedCallThatResumesWithoutAuctionStillTradesAtOnePrice) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 101, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  market.change(MarketState::halted);
  EXPECT_EQ(market.change(MarketState::trading),
            "2 takes 5 at 101, 0 left; 1 gives 5 at 101, 0 left; reference 101 | bid 101: 0; ask 100: 0; trading");
}

TEST(Auction, NothingCrossesNothingTrades) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 99, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.change(MarketState::trading), "trading");
  EXPECT_EQ(market.book(), "bids 99: 1x5 | asks 100: 2x5");
}

// The handles of filled orders are free, those of the others stay good.
TEST(Auction, HandlesSurvive) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 8}});
  market.change(MarketState::trading);
  EXPECT_EQ(market.cancel(1), "refused 1: stale_handle");
  EXPECT_EQ(market.cancel(2), "2 cancelled, 3 left | ask 100: 0");
  EXPECT_EQ(market.matching.resting_orders(), 0u);
}

// ---- known defects of other engines ----

// rule: auction-fires
TEST(Auction, ItsPriceFiresConditionalOrdersWhichGoOnWhenTheMarketTrades) {
  Scenario market;
  market.send({.order = 1, .price = 100, .quantity = 1});
  market.send({.order = 2, .side = kSell, .price = 100, .quantity = 1});
  market.send(
      {.order = 3, .side = kSell, .type = OrderType::market, .quantity = 2, .trigger = Trigger::stop, .at = 95});
  market.change(MarketState::auction);
  market.rest({{.order = 4, .price = 94, .quantity = 4}, {.order = 5, .side = kSell, .price = 94, .quantity = 1}});
  market.change(MarketState::limit_only);
  EXPECT_EQ(market.book(), "bids 94: 4x3 | asks ") << "the auction has traded, and the stop waits for its turn";
  market.change(MarketState::trading);
  EXPECT_EQ(market.book(), "bids 94: 4x1 | asks ");
  EXPECT_TRUE(market.matching.audit());
}

// rule: defect-auction-recomputed
TEST(Auction, KnownDefectAnAuctionRecomputedForEverWhileCancelsArrive) {
  // The change of state carries the auction out on the book as it is: one price, each order visited once, and a cancel
  // is before it or after it. There is no state in between for a cancel to change.
  Scenario market;
  market.change(MarketState::auction);
  constexpr std::uint64_t kOrders = 2'000;
  for (std::uint64_t i = 1; i <= kOrders; ++i) {
    market.send({.order = i, .side = i % 2 == 0 ? kSell : Side::buy, .price = 100, .quantity = 1});
  }
  market.cancel(1);
  market.change(MarketState::trading);
  EXPECT_EQ(market.reports.size(), (kOrders / 2 - 1) * 2 + 1) << "two fills a trade, and the reference price";
  EXPECT_EQ(market.cancel(2), "refused 2: stale_handle") << "too late";
  EXPECT_EQ(market.book(), "bids  | asks 100: 2000x1");
}

}  // namespace
}  // namespace matching
