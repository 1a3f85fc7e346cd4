// Worked examples of rules that matching_test.cpp does not have. All rules together are tested in
// differential_test.cpp.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "services/matching/matching.h"
#include "services/matching/scenario.h"

namespace matching {
namespace {

constexpr Side kSell = Side::sell;
constexpr OrderType kMarket = OrderType::market, kByQuote = OrderType::market_by_quote, kMaker = OrderType::limit_maker;

// ---- limit orders ----

// rule: limit, gtc
TEST(Rules, ALimitOrderGoesNoFurtherThanItsPrice) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
               {.order = 2, .side = kSell, .price = 101, .quantity = 1},
               {.order = 3, .side = kSell, .price = 102, .quantity = 2}});
  EXPECT_EQ(market.send({.order = 9, .price = 101, .quantity = 5}),
            "accepted 9; 9 takes 2 at 100, 3 left; 1 gives 2 at 100, 0 left; 9 takes 1 at 101, 2 left; 2 gives 1 at "
            "101, 0 left; 9 rests at 101, 2 left; reference 101 | ask 100: 0; ask 101: 0; bid 101: 2");
  EXPECT_EQ(market.send({.order = 10, .side = kSell, .price = 101, .quantity = 1}),
            "accepted 10; 10 takes 1 at 101, 0 left; 9 gives 1 at 101, 1 left; reference 101 | bid 101: 1");
  EXPECT_EQ(market.cancel(9), "9 cancelled, 1 left | bid 101: 0");
  EXPECT_EQ(market.book(), "bids  | asks 102: 3x2");
}

// ---- price band, reference price, collar ----

// rule: price-band
TEST(Rules, ABoundThatIsSwitchedOffBindsNothing) {
  Scenario market;
  market.rest(
      {{.order = 1, .side = kSell, .price = 1'000, .quantity = 1}, {.order = 2, .price = 1'000, .quantity = 1}});
  market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 0};
  market.configure();
  EXPECT_EQ(market.send({.order = 3, .price = 1'101, .quantity = 1}), "rejected 3: price_outside_band");
  EXPECT_EQ(market.send({.order = 4, .price = 1, .quantity = 1}), "accepted 4, resting | bid 1: 1");
  EXPECT_EQ(market.send({.order = 5, .side = kSell, .price = 9'000, .quantity = 1}),
            "accepted 5, resting | ask 9000: 1");
  EXPECT_EQ(market.send({.order = 6, .side = kSell, .price = 2, .quantity = 1}), "accepted 6, resting | ask 2: 1");
}

// rule: reference-price
TEST(Rules, TheReferenceIsThePriceOfTheLastTrade) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 1},
               {.order = 2, .side = kSell, .price = 103, .quantity = 1}});
  EXPECT_EQ(market.send({.order = 9, .type = kMarket, .quantity = 2}),
            "accepted 9; 9 takes 1 at 100, 1 left; 1 gives 1 at 100, 0 left; 9 takes 1 at 103, 0 left; 2 gives 1 at "
            "103, 0 left; reference 103 | ask 100: 0; ask 103: 0");
  market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 0};
  market.configure();
  EXPECT_EQ(market.send({.order = 10, .price = 114, .quantity = 1}), "rejected 10: price_outside_band");
  EXPECT_EQ(market.send({.order = 11, .price = 113, .quantity = 1}), "accepted 11, resting | bid 113: 1")
      << "103 × 1.1 = 113.3; an order that rests changes no reference";
  EXPECT_EQ(market.send({.order = 12, .price = 114, .quantity = 1}), "rejected 12: price_outside_band");
}

// rule: collar
TEST(Rules, TheCollarIsFixedBeforeTheFirstTrade) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 1'000, .quantity = 1},
               {.order = 2, .price = 1'000, .quantity = 1},
               {.order = 3, .side = kSell, .price = 1'100, .quantity = 1},
               {.order = 4, .side = kSell, .price = 1'150, .quantity = 1}});
  market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 0};
  market.configure();
  EXPECT_EQ(market.send({.order = 8, .type = kMarket, .quantity = 2}),
            "accepted 8; 8 takes 1 at 1100, 1 left; 3 gives 1 at 1100, 0 left; 8 expired, 1 left; reference 1100 | ask "
            "1100: 0")
      << "its own trade does not let it go further";
  EXPECT_EQ(market.send({.order = 9, .type = kMarket, .quantity = 1}),
            "accepted 9; 9 takes 1 at 1150, 0 left; 4 gives 1 at 1150, 0 left; reference 1150 | ask 1150: 0")
      << "the next one may: 1100 × 1.1 = 1210";
}

// ---- refusals ----

// rule: book-refusal-order
TEST(Rules, OfSeveralReasonsTheFirstIsGiven) {
  struct Row {
    const char* what;
    Example example;
    std::uint32_t market;
    bool halted;
    const char* reason;
  };
  // Reference 1000, buys up to 1100, best ask 1050; a market order's notional is at least 2000.
  const Row rows[] = {
      {"market before fields", {.order = 9, .price = 1'000, .quantity = 0}, 2, false, "unknown_market"},
      {"fields before state", {.order = 9, .price = 1'000, .quantity = 0}, 1, true, "invalid_order"},
      {"state before band", {.order = 9, .price = 1'200, .quantity = 1}, 1, true, "market_closed"},
      {"band before match",
       {.order = 9, .type = kMaker, .price = 1'200, .quantity = 1},
       1,
       false,
       "price_outside_band"},
      {"match", {.order = 9, .type = kMaker, .price = 1'050, .quantity = 1}, 1, false, "would_match_immediately"},
      {"notional before budget",
       {.order = 9, .type = kMarket, .quantity = 1, .budget = 0},
       1,
       false,
       "book_notional_out_of_range"},
      {"budget", {.order = 9, .type = kMarket, .quantity = 2, .budget = 0}, 1, false, "budget_exceeded"},
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 1'000, .quantity = 1},
                 {.order = 2, .price = 1'000, .quantity = 1},
                 {.order = 3, .side = kSell, .price = 1'050, .quantity = 1}});
    market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 0};
    market.settings.notional_min = core::Amount{2'000};
    if (row.halted) market.settings.state = instruments::MarketState::halted;
    market.configure();
    market.settings.id = core::MarketId{row.market};
    const std::uint64_t before = market.matching.state_hash();
    EXPECT_EQ(market.send(row.example), std::string("rejected 9: ") + row.reason) << row.what;
    EXPECT_EQ(market.matching.state_hash(), before) << row.what;
  }
}

// ---- states ----

// rule: halt-keeps-orders
TEST(Rules, OrdersKeepTheirPlacesThroughAHalt) {
  Scenario market;
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .price = 100, .quantity = 5}});
  market.settings.state = instruments::MarketState::halted;
  market.configure();
  market.settings.state = instruments::MarketState::trading;
  market.configure();
  EXPECT_EQ(market.book(), "bids 100: 1x5 2x5 | asks ");
  EXPECT_EQ(market.send({.order = 9, .side = kSell, .price = 100, .quantity = 6}),
            "accepted 9; 9 takes 5 at 100, 1 left; 1 gives 5 at 100, 0 left; 9 takes 1 at 100, 0 left; 2 gives 1 at "
            "100, 4 left; reference 100 | bid 100: 4");
}

// ---- self-trade prevention ----

// rule: stp-expire-taker, stp-expire-both
TEST(Rules, WhatWasTradedBeforeAnOrderMetItsOwnStands) {
  for (const SelfTrade mode : {SelfTrade::expire_taker, SelfTrade::expire_both}) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 3},
                 {.order = 3, .side = kSell, .price = 100, .quantity = 4}});
    const bool both = mode == SelfTrade::expire_both;
    EXPECT_EQ(market.send({.order = 9, .account = 7, .self_trade = mode, .price = 100, .quantity = 8}),
              std::string("accepted 9; 9 takes 2 at 100, 6 left; 1 gives 2 at 100, 0 left; 9 self-trade, 6 left; ") +
                  (both ? "2 self-trade, 3 left; reference 100 | ask 100: 4" : "reference 100 | ask 100: 7"));
    EXPECT_EQ(market.book(), both ? "bids  | asks 100: 3x4" : "bids  | asks 100: 2x3 3x4");
  }
}

// rule: stp-conserves
TEST(Rules, WhatWasAskedForIsTradedPreventedGivenBackOrRests) {
  for (const SelfTrade mode : {SelfTrade::none, SelfTrade::expire_taker, SelfTrade::expire_maker,
                               SelfTrade::expire_both, SelfTrade::decrement}) {
    for (std::int64_t quantity = 1; quantity <= 12; ++quantity) {
      Scenario market;
      std::map<std::uint64_t, std::int64_t> accounted;
      market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
                   {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 3},
                   {.order = 3, .side = kSell, .price = 101, .quantity = 2},
                   {.order = 4, .account = 7, .side = kSell, .price = 102, .quantity = 3}});
      market.send({.order = 9, .account = 7, .self_trade = mode, .price = 102, .quantity = quantity});
      for (const Report& report : market.reports) {
        const bool counts = report.kind == ReportKind::filled || report.kind == ReportKind::prevented;
        if (counts) accounted[report.order.value()] += report.quantity.value();
        if (report.kind == ReportKind::ended) accounted[report.order.value()] += report.remaining.value();
      }
      market.matching.for_each_order(
          [&](const RestingOrder& order) { accounted[order.order.value()] += order.open.value(); });
      const std::map<std::uint64_t, std::int64_t> asked = {{1, 2}, {2, 3}, {3, 2}, {4, 3}, {9, quantity}};
      EXPECT_EQ(accounted, asked) << static_cast<int>(mode) << " " << quantity;
    }
  }
}

// rule: stp-by-amount
TEST(Rules, WhatIsPreventedIsPaidForFromTheAmount) {
  struct Row {
    SelfTrade mode;
    const char* told;
  };
  // Asks at 100: 2 lots of its own, then 3 of another. It spends 400.
  const Row rows[] = {
      {SelfTrade::expire_taker, "accepted 9; 9 self-trade, 0 left"},
      {SelfTrade::expire_maker,
       "accepted 9; 1 self-trade, 2 left; 9 takes 3 at 100, 0 left; 2 gives 3 at 100, 0 left; 9 expired, 0 left; "
       "reference 100 | ask 100: 0"},
      {SelfTrade::decrement,
       "accepted 9; 9 prevented 2, 0 left; 1 prevented 2, 0 left; 9 takes 2 at 100, 0 left; 2 gives 2 at 100, 1 left; "
       "9 completed, 0 left; reference 100 | ask 100: 1"},
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .account = 7, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .side = kSell, .price = 100, .quantity = 3}});
    EXPECT_EQ(market.send({.order = 9, .account = 7, .type = kByQuote, .self_trade = row.mode, .quote = 400}),
              row.told);
  }
}

// ---- bounds ----

// rule: level-capacity
TEST(Matching, ALevelHoldsNoMoreLotsThanItCanCount) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Scenario market;
  market.rest({{.order = 1, .price = 5, .quantity = kMost - 1}});
  EXPECT_EQ(market.send({.order = 2, .price = 5, .quantity = 2}), "accepted 2; 2 expired, 2 left");
  EXPECT_EQ(market.send({.order = 3, .price = 4, .quantity = 2}), "accepted 3, resting | bid 4: 2");
  EXPECT_EQ(market.move(3, 5), "3 moved to 5; 3 expired, 2 left | bid 4: 0");
  EXPECT_TRUE(market.matching.audit().has_value());
}

TEST(Matching, PricesFarApartLiveInOneBook) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = std::int64_t{1} << 40, .quantity = 1},
               {.order = 2, .side = kSell, .price = std::numeric_limits<std::int64_t>::max(), .quantity = 1},
               {.order = 3, .price = 1, .quantity = 1},
               {.order = 4, .side = kSell, .price = 2, .quantity = 1}});
  EXPECT_EQ(market.book(), "bids 1: 3x1 | asks 2: 4x1; 1099511627776: 1x1; 9223372036854775807: 2x1");
  EXPECT_TRUE(market.matching.audit().has_value());
}

// ---- numbers ----

// rule: trade-ids
TEST(Rules, TradesAndPreventedMatchesAreCountedPerMarketEachByThemselves) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 1},
               {.order = 2, .side = kSell, .price = 101, .quantity = 1},
               {.order = 3, .account = 7, .side = kSell, .price = 102, .quantity = 1}});
  market.send({.order = 4, .account = 7, .self_trade = SelfTrade::decrement, .price = 102, .quantity = 3});
  std::map<ReportKind, std::vector<std::uint64_t>> ids;
  for (const Report& report : market.reports) ids[report.kind].push_back(report.trade.value());
  EXPECT_EQ(ids[ReportKind::filled], (std::vector<std::uint64_t>{1, 1, 2, 2})) << "both sides of a trade have its id";
  EXPECT_EQ(ids[ReportKind::prevented], (std::vector<std::uint64_t>{1, 1}));
  market.settings.id = core::MarketId{2};
  EXPECT_EQ(market.configure(), "listed");
  EXPECT_EQ(market.events.at(0).sequence, 1u);
  market.rest({{.order = 5, .side = kSell, .price = 100, .quantity = 1}});
  market.send({.order = 6, .price = 100, .quantity = 1});
  EXPECT_EQ(market.reports.at(1).trade.value(), 1u) << "another market, another count";
}

}  // namespace
}  // namespace matching
