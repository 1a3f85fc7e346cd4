// Price ranges in the fold: worked examples. All rules together are in differential_test.cpp.
#include "services/matching/price_ranges.h"

#include <gtest/gtest.h>

#include <limits>

#include "services/matching/scenario.h"

namespace matching {
namespace {

using instruments::MarketState;
using instruments::RangeOutcome;

constexpr Side kBuy = Side::buy, kSell = Side::sell;

// A market whose last trade was at 1,000, with sellers at 1,005, 1,010, 1,011 and 1,030 and buyers at 995, 990 and 970.
struct Ranged : Scenario {
  Ranged(std::uint16_t static_bp, std::uint16_t dynamic_bp, RangeOutcome outcome, std::int64_t center = 0) {
    trade(1'000);
    rest({{.order = 1, .side = kSell, .price = 1'005, .quantity = 5},
          {.order = 2, .side = kSell, .price = 1'010, .quantity = 5},
          {.order = 3, .side = kSell, .price = 1'011, .quantity = 5},
          {.order = 4, .side = kSell, .price = 1'030, .quantity = 5},
          {.order = 5, .price = 995, .quantity = 5},
          {.order = 6, .price = 990, .quantity = 5},
          {.order = 7, .price = 970, .quantity = 5}});
    settings.ranges = {static_bp, dynamic_bp, outcome};
    matching.apply(ConfigureMarket{.market = settings, .range_reference = core::Price{center}}, {reports, events});
  }
  std::string tell(const ConfigureMarket& command) {
    reports.clear();
    events.clear();
    matching.apply(command, {reports, events});
    std::string told;
    for (const Report& report : reports) told::append(told, told::tell_report(report), "; ");
    return told;
  }
};

// rule: range-expires
TEST(PriceRange, WhatOfAnOrderCouldOnlyTradeOutsideExpires) {
  Ranged market(0, 100, RangeOutcome::expire);  // 990 to 1,010
  EXPECT_EQ(market.send({.order = 11, .price = 1'020, .quantity = 12}),
            "accepted 11; 11 takes 5 at 1005, 7 left; 1 gives 5 at 1005, 0 left; 11 takes 5 at 1010, 2 left; "
            "2 gives 5 at 1010, 0 left; 11 outside the ranges, 2 left; reference 1010 | ask 1005: 0; ask 1010: 0")
      << "a price on the bound is inside; the last price has moved, the range has not";
  EXPECT_EQ(market.send({.order = 12, .side = kSell, .type = OrderType::market, .quantity = 3}),
            "accepted 12; 12 outside the ranges, 3 left")
      << "around 1,010 it now begins at 1,000";
  EXPECT_EQ(market.book(), "bids 995: 5x5; 990: 6x5; 970: 7x5 | asks 1011: 3x5; 1030: 4x5");
  EXPECT_TRUE(market.matching.audit());
}

// rule: range-expires
TEST(PriceRange, BoundsAreOfEitherSideAndRoundInwards) {
  struct Row {
    std::uint16_t bp;
    Side side;
    std::int64_t left;  // of a market order for all there is
  };
  // A buyer of 20 lots: 5 each at 1,005, 1,010, 1,011, 1,030; a seller of 15: at 995, 990, 970.
  for (const Row& row : {Row{49, kBuy, 20}, Row{50, kBuy, 15}, Row{109, kBuy, 10}, Row{110, kBuy, 5}, Row{299, kBuy, 5},
                         Row{300, kBuy, 0}, Row{49, kSell, 15}, Row{50, kSell, 10}, Row{99, kSell, 10},
                         Row{100, kSell, 5}, Row{299, kSell, 5}, Row{300, kSell, 0}}) {
    Ranged market(0, row.bp, RangeOutcome::expire);
    const std::int64_t quantity = row.side == kBuy ? 20 : 15;
    market.send({.order = 11, .side = row.side, .type = OrderType::market, .quantity = quantity});
    std::int64_t left = 0;
    for (const Report& report : market.reports) {
      if (report.kind != ReportKind::ended) continue;
      left = report.remaining.value();
      EXPECT_EQ(report.end_reason, EndReason::price_range);
    }
    EXPECT_EQ(left, row.left) << row.bp << " basis points, side " << static_cast<int>(row.side);
  }
  // 997 × 0.995 = 992.015: 992 is outside.
  Ranged market(50, 0, RangeOutcome::expire, 997);
  EXPECT_EQ(market.move(5, 992), "5 moved to 992 | bid 995: 0; bid 992: 5") << "orders may rest anywhere";
  EXPECT_EQ(market.send({.order = 11, .side = kSell, .price = 992, .quantity = 5}),
            "accepted 11; 11 outside the ranges, 5 left");
}

// rule: range-better-price
TEST(PriceRange, APriceThatIsTooGoodStopsAnOrderAsWell) {
  Ranged market(0, 100, RangeOutcome::expire);
  market.rest({{.order = 11, .price = 980, .quantity = 1}});
  market.cancel(5);
  market.cancel(6);
  market.send({.order = 12, .side = kSell, .price = 985, .quantity = 2});
  EXPECT_EQ(market.send({.order = 13, .price = 1'005, .quantity = 4}), "accepted 13; 13 outside the ranges, 4 left")
      << "985 would have to trade first";
}

// rule: range-static
TEST(PriceRange, TheStaticRangeIsAroundAnOperatorsPriceAndThenAroundTheLastAuctions) {
  Ranged market(100, 0, RangeOutcome::expire);
  EXPECT_EQ(market.send({.order = 11, .price = 1'030, .quantity = 1}),
            "accepted 11; 11 takes 1 at 1005, 0 left; 1 gives 1 at 1005, 4 left; reference 1005 | ask 1005: 4")
      << "without a reference it is off";
  market.tell(ConfigureMarket{.market = market.settings, .range_reference = core::Price{900}});
  EXPECT_EQ(market.send({.order = 12, .price = 1'030, .quantity = 1}), "accepted 12; 12 outside the ranges, 1 left");
  market.tell(ConfigureMarket{.market = market.settings});
  EXPECT_EQ(market.send({.order = 13, .price = 1'030, .quantity = 1}), "accepted 13; 13 outside the ranges, 1 left")
      << "other settings leave it";
  market.change(MarketState::auction);
  market.send({.order = 14, .price = 1'005, .quantity = 4});
  market.change(MarketState::trading);
  EXPECT_EQ(market.reports.back().price, core::Price{1'005});
  EXPECT_EQ(market.send({.order = 15, .price = 1'030, .quantity = 11}),
            "accepted 15; 15 takes 5 at 1010, 6 left; 2 gives 5 at 1010, 0 left; 15 takes 5 at 1011, 1 left; "
            "3 gives 5 at 1011, 0 left; 15 outside the ranges, 1 left; reference 1011 | ask 1010: 0; ask 1011: 0")
      << "the auction's 1,005 allows 994.95 to 1,015.05";
}

// rule: range-static
TEST(PriceRange, WithBothRangesATradeIsInsideBoth) {
  Ranged market(60, 200, RangeOutcome::expire, 1'005);  // 998.97 to 1,011.03 and 980 to 1,020
  market.send({.order = 11, .type = OrderType::market, .quantity = 20});
  EXPECT_EQ(market.book(), "bids 995: 5x5; 990: 6x5; 970: 7x5 | asks 1030: 4x5");
  Ranged apart(10, 10, RangeOutcome::expire, 2'000);
  EXPECT_EQ(apart.send({.order = 11, .type = OrderType::market, .quantity = 20}),
            "accepted 11; 11 outside the ranges, 20 left");
}

// rule: range-auction
TEST(PriceRange, TheMarketGoesToAnAuctionInWhichTheRestOfALimitOrderTakesPart) {
  Ranged market(0, 100, RangeOutcome::auction);
  EXPECT_EQ(market.send({.order = 11, .price = 1'020, .quantity = 12}),
            "accepted 11; 11 takes 5 at 1005, 7 left; 1 gives 5 at 1005, 0 left; 11 takes 5 at 1010, 2 left; "
            "2 gives 5 at 1010, 0 left; 11 rests at 1020, 2 left; reference 1010; to auction | ask 1005: 0; "
            "ask 1010: 0; auction; bid 1020: 2; auction 2 at 1011; sellers left 3");
  EXPECT_TRUE(market.matching.audit());
  EXPECT_EQ(market.send({.order = 12, .type = OrderType::market, .quantity = 1}), "rejected 12: market_closed");
  market.send({.order = 13, .price = 1'011, .quantity = 1});
  EXPECT_EQ(market.change(MarketState::trading),
            "11 takes 2 at 1011, 0 left; 3 gives 2 at 1011, 3 left; 13 takes 1 at 1011, 0 left; "
            "3 gives 1 at 1011, 2 left; reference 1011 | bid 1020: 0; bid 1011: 0; ask 1011: 2; trading");
}

// rule: range-auction
TEST(PriceRange, WhatMayNotRestExpiresAndTheMarketGoesToAnAuction) {
  const Example kinds[] = {
      {.order = 11, .time_in_force = TimeInForce::ioc, .price = 1'011, .quantity = 12},
      {.order = 11, .type = OrderType::market, .quantity = 12},
      {.order = 11, .type = OrderType::market_by_quote, .quote = 12'000},
  };
  for (const Example& kind : kinds) {
    Ranged market(0, 100, RangeOutcome::auction);
    const std::string told = market.send(kind);
    EXPECT_NE(told.find("11 outside the ranges"), std::string::npos) << told;
    EXPECT_NE(told.find("reference 1010; to auction |"), std::string::npos) << told;
    EXPECT_EQ(market.book(), "bids 995: 5x5; 990: 6x5; 970: 7x5 | asks 1011: 3x5; 1030: 4x5");
  }
  Ranged market(0, 100, RangeOutcome::auction);
  EXPECT_EQ(market.send({.order = 11, .type = OrderType::market_by_quote, .quote = 10'085}).find("to auction"),
            std::string::npos)
      << "ten lots for 10,075: what is left buys none";
}

// rule: range-fok
TEST(PriceRange, AFillOrKillThatWouldHaveToLeaveThemEndsWithoutEffect) {
  for (const RangeOutcome outcome : {RangeOutcome::expire, RangeOutcome::auction}) {
    Ranged market(0, 100, outcome);
    EXPECT_EQ(market.send({.order = 11, .time_in_force = TimeInForce::fok, .price = 1'020, .quantity = 11}),
              "accepted 11; 11 expired, 11 left");
    EXPECT_EQ(market.send({.order = 12, .type = OrderType::limit_maker, .price = 1'020, .quantity = 11}),
              "rejected 12: would_match_immediately");
    EXPECT_NE(market.send({.order = 13, .time_in_force = TimeInForce::fok, .price = 1'020, .quantity = 10})
                  .find("2 gives 5 at 1010, 0 left; reference"),
              std::string::npos);
  }
}

// rule: range-order
TEST(PriceRange, ABudgetPaysForWhatCanTradeInside) {
  Ranged market(0, 100, RangeOutcome::expire);
  EXPECT_EQ(market.send({.order = 11, .type = OrderType::market, .quantity = 20, .budget = 10'074}),
            "rejected 11: budget_exceeded");
  EXPECT_NE(market.send({.order = 12, .type = OrderType::market, .quantity = 20, .budget = 10'075})
                .find("12 outside the ranges, 10 left"),
            std::string::npos);
}

// rule: range-move
TEST(PriceRange, AMovedOrderIsStoppedLikeANewOne) {
  Ranged expires(0, 100, RangeOutcome::expire);
  EXPECT_EQ(expires.move(7, 1'004), "7 moved to 1004 | bid 970: 0; bid 1004: 5");
  expires.send({.order = 8, .price = 960, .quantity = 12});
  EXPECT_EQ(expires.move(8, 1'015),
            "8 moved to 1015; 8 takes 5 at 1005, 7 left; 1 gives 5 at 1005, 0 left; 8 takes 5 at 1010, 2 left; "
            "2 gives 5 at 1010, 0 left; 8 outside the ranges, 2 left; reference 1010 | bid 960: 0; ask 1005: 0; "
            "ask 1010: 0");
  EXPECT_EQ(expires.cancel(8), "refused 8: stale_handle");

  Ranged calls(0, 100, RangeOutcome::auction);
  calls.send({.order = 8, .price = 960, .quantity = 12});
  const std::string told = calls.move(8, 1'015);
  EXPECT_NE(told.find("8 rests at 1015, 2 left; reference 1010; to auction"), std::string::npos) << told;
  EXPECT_EQ(calls.move(8, 900), "8 moved to 900 | bid 1015: 0; bid 900: 2; auction 0 at 0; buyers left 0");
}

// rule: range-cascade
TEST(PriceRange, ConditionalOrdersAreStoppedAndWaitWhileTheAuctionLasts) {
  for (const RangeOutcome outcome : {RangeOutcome::expire, RangeOutcome::auction}) {
    Ranged market(0, 100, outcome);
    market.send({.order = 21, .type = OrderType::market, .quantity = 9, .trigger = Trigger::stop, .at = 1'004});
    market.send({.order = 22, .type = OrderType::market, .quantity = 1, .trigger = Trigger::stop, .at = 1'005});
    // 1,005 allows 994.95 to 1,015.05: the first stop takes all of it and has none left.
    market.send({.order = 11, .price = 1'005, .quantity = 1});
    if (outcome == RangeOutcome::expire) {
      EXPECT_EQ(market.waiting(), "");
      EXPECT_EQ(market.book(), "bids 995: 5x5; 990: 6x5; 970: 7x5 | asks 1011: 3x4; 1030: 4x5");
      market.send({.order = 23, .type = OrderType::market, .quantity = 9, .trigger = Trigger::stop, .at = 1'012});
      continue;
    }
    EXPECT_EQ(market.waiting(), "");
    market.send({.order = 23, .type = OrderType::market, .quantity = 9, .trigger = Trigger::stop, .at = 1'012});
    market.send({.order = 24, .type = OrderType::market, .quantity = 1, .trigger = Trigger::stop, .at = 1'012});
    market.rest({{.order = 25, .side = kSell, .price = 1'012, .quantity = 1}});
    // 1,012 is traded, both fire; 1,030 is outside: the first stops the market, the second keeps its turn.
    const std::string told = market.send({.order = 26, .price = 1'012, .quantity = 5});
    EXPECT_NE(told.find("23 triggered; 23 outside the ranges, 9 left; to auction"), std::string::npos) << told;
    EXPECT_EQ(market.waiting(), " | fired 24");
    market.change(MarketState::trading);
    EXPECT_NE(told::tell_report(market.reports.front()).find("24 triggered"), std::string::npos);
    EXPECT_EQ(market.reports.back().kind, ReportKind::market_state) << "and it stops the market again";
  }
}

// rule: range-state
TEST(PriceRange, SettingsThatCrossItOnTheWayLeaveTheStateTheMarketChose) {
  Ranged market(0, 100, RangeOutcome::auction);
  market.tell(ConfigureMarket{.market = market.settings, .state_changes = 7});
  market.send({.order = 11, .price = 1'020, .quantity = 12});
  EXPECT_EQ(market.reports.back().kind, ReportKind::market_state);
  EXPECT_EQ(market.reports.back().state, MarketState::auction);
  EXPECT_EQ(market.reports.back().state_changes, 7u);
  EXPECT_EQ(market.tell(ConfigureMarket{.market = market.settings, .state_changes = 7, .keeps_state = true}), "");
  EXPECT_TRUE(market.events.empty()) << "still in the call, nothing has traded";
  EXPECT_NE(market.tell(ConfigureMarket{.market = market.settings, .state_changes = 8}), "");
}

TEST(PriceRange, ExtremePricesAndWidthsHaveNoOverflow) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t center : {std::int64_t{1}, kMost / 2, kMost - 1, kMost}) {
    for (const std::uint16_t bp : {std::uint16_t{1}, instruments::kRangeMax}) {
      Scenario market;
      market.settings.ranges = {bp, 0, RangeOutcome::expire};
      market.matching.apply(ConfigureMarket{.market = market.settings, .range_reference = core::Price{center}},
                            {market.reports, market.events});
      market.rest({{.order = 1, .side = kSell, .price = center, .quantity = 1}});
      market.send({.order = 2, .price = kMost, .quantity = 1});
      EXPECT_EQ(market.matching.resting_orders(), 0u) << center;
      market.rest({{.order = 3, .price = center, .quantity = 1}});
      market.send({.order = 4, .side = kSell, .price = 1, .quantity = 1});
      EXPECT_EQ(market.matching.resting_orders(), 0u) << center;
    }
  }
}

}  // namespace
}  // namespace matching
