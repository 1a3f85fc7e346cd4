// Iceberg orders, limit makers that slide, and minimum quantities: worked examples. All rules together are tested in
// differential_test.cpp.
#include "services/matching/peaks.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "services/matching/scenario.h"

namespace matching {
namespace {

using instruments::MarketState;

constexpr Side kSell = Side::sell;
constexpr TimeInForce kIoc = TimeInForce::ioc, kFok = TimeInForce::fok;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// ---- iceberg orders ----

// rule: iceberg
TEST(Peaks, OnlyThePeakIsShownUntilItIsGone) {
  Scenario market;
  EXPECT_EQ(market.send({.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 3}),
            "accepted 1, resting | ask 100: 3");
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x3+7");
  EXPECT_EQ(market.send({.order = 2, .price = 100, .quantity = 2}),
            "accepted 2; 2 takes 2 at 100, 0 left; 1 gives 2 at 100, 8 left; reference 100 | ask 100: 1");
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x1+7");
  EXPECT_EQ(market.send({.order = 3, .price = 100, .quantity = 1}),
            "accepted 3; 3 takes 1 at 100, 0 left; 1 gives 1 at 100, 7 left; reference 100 | ask 100: 3");
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x3+4");
  EXPECT_EQ(market.send({.order = 4, .price = 100, .quantity = 9}),
            "accepted 4; 4 takes 3 at 100, 6 left; 1 gives 3 at 100, 4 left; 4 takes 3 at 100, 3 left; 1 gives 3 at "
            "100, 1 left; 4 takes 1 at 100, 2 left; 1 gives 1 at 100, 0 left; 4 rests at 100, 2 left; reference 100 | "
            "ask 100: 0; bid 100: 2");
}

// rule: iceberg-refresh
TEST(Peaks, AnAggressorTakesAllThatIsShownThenPeaksInTheOrderTheyCame) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 9, .peak = 2},
               {.order = 2, .side = kSell, .price = 100, .quantity = 4},
               {.order = 3, .side = kSell, .price = 100, .quantity = 6, .peak = 3}});
  market.send({.order = 9, .price = 100, .quantity = 13});
  std::string given;
  for (const Report& report : market.reports) {
    if (report.kind == ReportKind::filled && report.is_maker)
      given += " " + told::text(report.order) + "x" + told::text(report.quantity);
  }
  EXPECT_EQ(given, " 1x2 2x4 3x3 1x2 3x2") << "9 lots are shown, the other 4 come off the next peaks";
  EXPECT_EQ(market.book(), "bids  | asks 100: 3x1 1x2+3");
}

// rule: iceberg-hidden-counts
TEST(Peaks, WhatIsHiddenCountsForDryRunsAndNotForDepth) {
  const auto with_iceberg = [](Scenario& market) {
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 2},
                 {.order = 2, .side = kSell, .price = 110, .quantity = 10}});
  };
  Scenario kill, partial, budget, amount;
  with_iceberg(kill);
  EXPECT_EQ(kill.send({.order = 9, .time_in_force = kFok, .price = 100, .quantity = 11}),
            "accepted 9; 9 expired, 11 left");
  EXPECT_NE(kill.send({.order = 10, .time_in_force = kFok, .price = 100, .quantity = 10}).find("10 takes 2 at 100"),
            std::string::npos);
  EXPECT_EQ(kill.book(), "bids  | asks 110: 2x10");
  with_iceberg(budget);
  EXPECT_EQ(budget.send({.order = 9, .type = OrderType::market, .quantity = 10, .budget = 999}),
            "rejected 9: budget_exceeded");
  EXPECT_NE(budget.send({.order = 9, .type = OrderType::market, .quantity = 10, .budget = 1'000}).find("accepted"),
            std::string::npos);
  with_iceberg(amount);
  amount.send({.order = 9, .type = OrderType::market_by_quote, .quote = 1'110, .budget = 1'110});
  EXPECT_EQ(amount.book(), "bids  | asks 110: 2x9") << "ten at 100 and one at 110";
}

// rule: iceberg-self-trade
TEST(Peaks, SelfTradePreventionIsAboutTheWholeOrder) {
  struct Row {
    SelfTrade mode;
    std::int64_t quantity;
    const char *said, *book;
  };
  const Row rows[] = {
      {SelfTrade::expire_maker, 4, "accepted 9; 1 self-trade, 10 left; 9 takes 4 at 100, 0 left",
       "bids  | asks 100: 2x1"},
      {SelfTrade::expire_taker, 4, "accepted 9; 9 self-trade, 4 left", "bids  | asks 100: 1x3+7 2x5"},
      {SelfTrade::expire_both, 4, "accepted 9; 9 self-trade, 4 left; 1 self-trade, 10 left", "bids  | asks 100: 2x5"},
      {SelfTrade::decrement, 4, "accepted 9; 9 prevented 4, 0 left; 1 prevented 4, 6 left",
       "bids  | asks 100: 1x3+3 2x5"},
      {SelfTrade::decrement, 8, "accepted 9; 9 prevented 8, 0 left; 1 prevented 8, 2 left",
       "bids  | asks 100: 1x2 2x5"},
      {SelfTrade::decrement, 12, "accepted 9; 9 prevented 10, 2 left; 1 prevented 10, 0 left; 9 takes 2 at 100",
       "bids  | asks 100: 2x3"},
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .account = 7, .side = kSell, .price = 100, .quantity = 10, .peak = 3},
                 {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
    const std::string told =
        market.send({.order = 9, .account = 7, .self_trade = row.mode, .price = 100, .quantity = row.quantity});
    EXPECT_TRUE(told.starts_with(row.said)) << told;
    EXPECT_EQ(market.book(), row.book);
  }
}

// A plan and what is done agree: after what is shown of others comes the own order, and behind that nothing.
TEST(Peaks, HiddenLotsBehindAnOwnOrderAreOutOfReach) {
  for (const SelfTrade mode : {SelfTrade::expire_taker, SelfTrade::expire_both}) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 3},
                 {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 5}});
    const auto kill = [&](std::uint64_t order, std::int64_t quantity) {
      return market.send({.order = order,
                          .account = 7,
                          .time_in_force = kFok,
                          .self_trade = mode,
                          .price = 100,
                          .quantity = quantity});
    };
    EXPECT_EQ(kill(8, 4), "accepted 8; 8 expired, 4 left");
    EXPECT_EQ(kill(9, 3).substr(0, 29), "accepted 9; 9 takes 3 at 100,");
    EXPECT_EQ(market.book(), "bids  | asks 100: 2x5 1x3+4");
  }
}

// rule: iceberg-reduce
TEST(Peaks, AReductionTakesWhatIsHiddenFirstAndKeepsThePlace) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 3},
               {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.reduce(1, 6), "1 reduced by 6, 4 left") << "the depth is what it was";
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x3+1 2x5");
  EXPECT_EQ(market.reduce(1, 2), "1 reduced by 2, 2 left | ask 100: 7");
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x2 2x5");
  EXPECT_EQ(market.reduce(1, 2), "1 cancelled, 2 left | ask 100: 5");
}

// rule: iceberg-move
TEST(Peaks, AMoveShowsAFreshPeakAtTheBackOfTheQueue) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 3},
               {.order = 2, .side = kSell, .price = 100, .quantity = 5},
               {.order = 3, .side = kSell, .price = 101, .quantity = 5},
               {.order = 4, .price = 100, .quantity = 2}});
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x1+7 2x5; 101: 3x5");
  EXPECT_EQ(market.move(1, 101), "1 moved to 101 | ask 100: 5; ask 101: 8");
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x5; 101: 3x5 1x3+5");
  market.send({.order = 5, .price = 101, .quantity = 11});
  EXPECT_EQ(market.book(), "bids  | asks 101: 1x2+5");
  EXPECT_EQ(market.move(1, 101), "1 moved to 101 | ask 101: 3") << "where it is: its peak is whole again";
  market.rest({{.order = 6, .price = 99, .quantity = 4}});
  market.move(1, 99);
  EXPECT_EQ(market.book(), "bids  | asks 99: 1x3") << "as a taker all of it trades";
  EXPECT_EQ(market.cancel(1), "1 cancelled, 3 left | ask 99: 0");
}

// rule: iceberg-parts
TEST(Peaks, AnOrderHasAtMostAHundredPeaks) {
  const struct {
    Example order;
    bool accepted;
  } rows[] = {
      {{.order = 1, .price = 100, .quantity = 1'000, .peak = 10}, true},
      {{.order = 1, .price = 100, .quantity = 1'001, .peak = 10}, false},
      {{.order = 1, .price = 100, .quantity = 1'000, .peak = 12, .spread = 2}, true},
      {{.order = 1, .price = 100, .quantity = 1'000, .peak = 12, .spread = 3}, false},
      {{.order = 1, .price = 100, .quantity = kMost, .peak = kMost / 100 + 1}, true},
      {{.order = 1, .price = 100, .quantity = kMost, .peak = kMost / 100}, false},
      {{.order = 1, .price = 100, .quantity = 5, .peak = 5}, true},
      {{.order = 1, .price = 100, .quantity = 5, .peak = 6}, false},
      {{.order = 1, .price = 100, .quantity = 5, .peak = -1}, false},
      {{.order = 1, .price = 100, .quantity = 5, .peak = 2, .spread = 2}, false},
      {{.order = 1, .price = 100, .quantity = 5, .peak = 2, .spread = -1}, false},
      {{.order = 1, .price = 100, .quantity = kMost, .peak = kMost - 5, .spread = 6}, false},
      {{.order = 1, .time_in_force = kIoc, .price = 100, .quantity = 5, .peak = 2}, false},
      {{.order = 1, .time_in_force = kFok, .price = 100, .quantity = 5, .peak = 2}, false},
      {{.order = 1, .type = OrderType::market, .quantity = 5, .peak = 2}, false},
      {{.order = 1, .type = OrderType::limit_maker, .price = 100, .quantity = 5, .peak = 2}, true},
  };
  for (const auto& row : rows) {
    Scenario market;
    const std::string told = market.send(row.order);
    EXPECT_EQ(told.substr(0, told.find(' ')), row.accepted ? "accepted" : "rejected") << row.order.peak;
  }
}

// rule: iceberg-random-peak
TEST(Peaks, RandomPeaksAreAFunctionOfTheirSeed) {
  const Peak peak{.size = core::Quantity{50}, .spread = core::Quantity{20}, .seed = 7};
  std::set<std::int64_t> drawn;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    drawn.insert(next_peak(peak, i));
    ASSERT_EQ(next_peak(peak, i), next_peak(peak, i));
  }
  EXPECT_EQ(*drawn.begin(), 30);
  EXPECT_EQ(*drawn.rbegin(), 70);
  EXPECT_EQ(drawn.size(), 41u) << "every size in the range";
  const auto shown = [](std::uint64_t seed) {
    Scenario market;
    std::string peaks;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 200, .peak = 50, .spread = 20, .seed = seed}});
    for (std::uint64_t order = 2; order < 200 && !market.events.empty(); ++order) {
      const core::Quantity lots = market.events.back().quantity;
      if (lots.is_zero()) break;
      peaks += " " + told::text(lots);
      market.send({.order = order, .price = 100, .quantity = lots.value()});
    }
    return peaks;
  };
  EXPECT_EQ(shown(7), shown(7));
  EXPECT_NE(shown(7), shown(8));
}

// rule: iceberg-conditional
TEST(Peaks, AStopLimitOrderShowsItsPeakWhenItComesToRest) {
  Scenario market;
  market.trade(100);
  EXPECT_EQ(
      market.send(
          {.order = 1, .side = kSell, .price = 96, .quantity = 10, .trigger = Trigger::stop, .at = 95, .peak = 4}),
      "accepted 1, resting");
  market.trade(95);
  EXPECT_EQ(market.book(), "bids  | asks 96: 1x4+6");
  EXPECT_EQ(market.send({.order = 2,
                         .side = kSell,
                         .time_in_force = kIoc,
                         .price = 90,
                         .quantity = 10,
                         .trigger = Trigger::stop,
                         .at = 90,
                         .peak = 4}),
            "rejected 2: invalid_order");
  market.send({.order = 3, .side = kSell, .price = 90, .quantity = 10, .trigger = Trigger::stop, .at = 90, .peak = 4});
  EXPECT_EQ(market.cancel(3), "3 cancelled, 10 left");
}

// rule: iceberg-auction
TEST(Peaks, AnAuctionTradesTheWholeOrderInItsPlace) {
  Scenario market;
  market.change(MarketState::auction);
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 10, .peak = 2},
               {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.send({.order = 3, .price = 100, .quantity = 7}),
            "accepted 3, resting | bid 100: 7; auction 7 at 100; sellers left 8");
  EXPECT_EQ(market.change(MarketState::trading),
            "3 takes 7 at 100, 0 left; 1 gives 7 at 100, 3 left; reference 100 | bid 100: 0; ask 100: 7; trading");
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x5 1x2+1") << "what it had shown is gone: the next peak is behind";
  market.change(MarketState::auction);
  market.rest({{.order = 4, .price = 100, .quantity = 6}});
  market.change(MarketState::trading);
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x1+1") << "a peak that traded in part keeps the rest and its place";
}

// rule: level-capacity
TEST(Peaks, ALevelCountsHiddenLotsSoARefreshedPeakFits) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 1'000, .peak = 10}});
  EXPECT_EQ(market.send({.order = 2, .side = kSell, .price = 100, .quantity = kMost - 999}),
            "accepted 2; 2 expired, " + std::to_string(kMost - 999) + " left");
  EXPECT_EQ(market.send({.order = 3, .side = kSell, .price = 100, .quantity = kMost - 1'000, .peak = kMost - 1'000}),
            "accepted 3, resting | ask 100: " + std::to_string(kMost - 990));
  market.send({.order = 4, .price = 100, .quantity = 10});
  EXPECT_EQ(market.book(), "bids  | asks 100: 3x" + std::to_string(kMost - 1'000) + " 1x10+980");
  EXPECT_TRUE(market.matching.audit().has_value());
}

// ---- limit makers that slide ----

// rule: limit-maker-slide
TEST(Slide, ALimitMakerThatWouldMatchRestsATickAway) {
  const auto slides = [](std::uint64_t order, Side side, std::int64_t price, std::int64_t bound) {
    return Example{.order = order,
                   .side = side,
                   .type = OrderType::limit_maker,
                   .price = price,
                   .quantity = 3,
                   .slide_bound = bound};
  };
  Scenario market;
  market.rest({{.order = 1, .price = 90, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.send(slides(3, Side::buy, 105, 1)), "accepted 3, resting | bid 99: 3");
  EXPECT_EQ(market.reports.front().price.value(), 99) << "accounts is told where";
  EXPECT_EQ(market.send(slides(4, kSell, 50, 1'000)), "accepted 4, resting | ask 100: 8");
  EXPECT_EQ(market.send(slides(5, Side::buy, 98, 1)), "accepted 5, resting | bid 98: 3") << "it would not match";
  EXPECT_EQ(market.send(slides(6, Side::buy, 100, 100)), "rejected 6: would_match_immediately") << "no lower than 100";
  EXPECT_EQ(market.send(slides(7, kSell, 99, 99)), "rejected 7: would_match_immediately") << "no higher than 99";
  market.trade(100);
  market.settings.band = {.bid_up_bp = 0, .bid_down_bp = 9'950, .ask_up_bp = 0, .ask_down_bp = 0};
  market.configure();
  EXPECT_EQ(market.send(slides(8, Side::buy, 100, 1)), "rejected 8: would_match_immediately")
      << "99 is out of the band";
  EXPECT_EQ(market.send({.order = 9, .price = 100, .quantity = 3, .slide_bound = 1}), "rejected 9: invalid_order");
}

// ---- minimum quantities ----

// rule: minimum-quantity
TEST(Minimum, AtLeastThatMuchTradesAtOnceOrNothing) {
  const auto at_least = [](std::uint64_t order, std::int64_t minimum, TimeInForce time_in_force) {
    return Example{.order = order, .time_in_force = time_in_force, .price = 100, .quantity = 8, .minimum = minimum};
  };
  for (const TimeInForce time : {TimeInForce::gtc, kIoc}) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 5, .peak = 2},
                 {.order = 2, .side = kSell, .price = 101, .quantity = 5}});
    EXPECT_EQ(market.send(at_least(3, 6, time)), "accepted 3; 3 expired, 8 left");
    EXPECT_EQ(market.book(), "bids  | asks 100: 1x2+3; 101: 2x5");
    market.send(at_least(4, 5, time));
    EXPECT_EQ(market.book(), time == kIoc ? "bids  | asks 101: 2x5" : "bids 100: 4x3 | asks 101: 2x5");
  }
  Scenario market;
  EXPECT_EQ(market.send(at_least(1, 6, TimeInForce::gtc)), "accepted 1, resting | bid 100: 8") << "nothing to match";
  EXPECT_EQ(market.send({.order = 2, .side = kSell, .price = 100, .quantity = 1}).substr(0, 27),
            "accepted 2; 2 takes 1 at 10")
      << "it is only for the first matching";
}

// rule: minimum-quantity
TEST(Minimum, WhereItMeansNothingItIsRejected) {
  Scenario market;
  const Example plain{.order = 1, .price = 100, .quantity = 8, .minimum = 4};
  Example fok = plain, maker = plain, at_market = plain, waits = plain, greater = plain, negative = plain;
  fok.time_in_force = kFok;
  maker.type = OrderType::limit_maker;
  at_market.type = OrderType::market;
  waits.trigger = Trigger::stop;
  waits.at = 120;
  greater.minimum = 9;
  negative.minimum = -1;
  for (const Example& row : {fok, maker, at_market, waits, greater, negative})
    EXPECT_EQ(market.send(row), "rejected 1: invalid_order");
  market.change(MarketState::auction);
  EXPECT_EQ(market.send(plain), "rejected 1: market_closed") << "it cannot be kept in an auction";
}

}  // namespace
}  // namespace matching
