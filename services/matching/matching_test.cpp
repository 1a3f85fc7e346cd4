// One worked example or table per rule, more in rules_test.cpp. All rules together are tested in differential_test.cpp.
#include "services/matching/matching.h"

#include <gtest/gtest.h>

#include "services/matching/scenario.h"

namespace matching {
namespace {

constexpr Side kBuy = Side::buy, kSell = Side::sell;
constexpr OrderType kMarket = OrderType::market, kByQuote = OrderType::market_by_quote, kMaker = OrderType::limit_maker;
constexpr TimeInForce kIoc = TimeInForce::ioc, kFok = TimeInForce::fok;

// ---- priority and price ----

// rule: price-time-priority, trade-price
TEST(Matching, BetterPricesTradeFirstThenEarlierOrdersAtTheMakersPrice) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 101, .quantity = 2},
               {.order = 2, .side = kSell, .price = 100, .quantity = 3},
               {.order = 3, .side = kSell, .price = 100, .quantity = 4}});
  EXPECT_EQ(market.send({.order = 9, .side = kBuy, .price = 105, .quantity = 8}),
            "accepted 9; 9 takes 3 at 100, 5 left; 2 gives 3 at 100, 0 left; 9 takes 4 at 100, 1 left; 3 gives 4 at "
            "100, 0 left; "
            "9 takes 1 at 101, 0 left; 1 gives 1 at 101, 1 left; reference 101 | ask 100: 0; ask 101: 1");
  EXPECT_EQ(market.book(), "bids  | asks 101: 1x1");
}

// rule: price-time-priority
TEST(Matching, SellersMeetTheHighestBidFirst) {
  Scenario market;
  market.rest({{.order = 1, .price = 99, .quantity = 2}, {.order = 2, .price = 100, .quantity = 1}});
  EXPECT_EQ(market.send({.order = 9, .side = kSell, .price = 99, .quantity = 2}),
            "accepted 9; 9 takes 1 at 100, 1 left; 2 gives 1 at 100, 0 left; 9 takes 1 at 99, 0 left; 1 gives 1 at 99, "
            "1 left; "
            "reference 99 | bid 100: 0; bid 99: 1");
}

// rule: limit, gtc
TEST(Matching, WhatIsLeftOfALimitOrderRests) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2}});
  EXPECT_EQ(market.send({.order = 2, .price = 101, .quantity = 5}),
            "accepted 2; 2 takes 2 at 100, 3 left; 1 gives 2 at 100, 0 left; 2 rests at 101, 3 left; reference 100 | "
            "ask 100: 0; bid 101: 3");
}

// rule: market-events
TEST(Matching, EveryLevelChangeAndTradeHasTheNextSequenceNumber) {
  Scenario market;  // listing was 1
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
               {.order = 2, .side = kSell, .price = 100, .quantity = 2}});
  market.send({.order = 3, .price = 100, .quantity = 3});
  ASSERT_EQ(market.events.size(), 3u);
  EXPECT_EQ(market.events[0].kind, MarketEventKind::traded);
  EXPECT_EQ(market.events[1].kind, MarketEventKind::traded);
  EXPECT_EQ(market.events[2].kind, MarketEventKind::level_changed);  // once for the two makers
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(market.events[i].sequence, 4 + i);
  EXPECT_EQ(market.events[0].trade.value(), 1u);
  EXPECT_EQ(market.events[1].trade.value(), 2u);
}

// ---- time in force ----

// rule: ioc
TEST(Matching, ImmediateOrCancelGivesBackWhatItCannotFill) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2}});
  EXPECT_EQ(
      market.send({.order = 2, .time_in_force = kIoc, .price = 100, .quantity = 5}),
      "accepted 2; 2 takes 2 at 100, 3 left; 1 gives 2 at 100, 0 left; 2 expired, 3 left; reference 100 | ask 100: 0");
  EXPECT_EQ(market.send({.order = 3, .time_in_force = kIoc, .price = 100, .quantity = 5}),
            "accepted 3; 3 expired, 5 left");
}

// rule: fok, trade-price
TEST(Matching, FillOrKillFillsWholeAtTheMakersPriceOrLeavesNoTrace) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
               {.order = 2, .side = kSell, .price = 102, .quantity = 2}});
  const std::uint64_t before = market.matching.state_hash();
  EXPECT_EQ(market.send({.order = 3, .time_in_force = kFok, .price = 101, .quantity = 3}),
            "accepted 3; 3 expired, 3 left");
  EXPECT_EQ(market.send({.order = 4, .time_in_force = kFok, .price = 102, .quantity = 5}),
            "accepted 4; 4 expired, 5 left");
  EXPECT_EQ(market.matching.state_hash(), before);
  EXPECT_EQ(market.send({.order = 5, .time_in_force = kFok, .price = 102, .quantity = 4}),
            "accepted 5; 5 takes 2 at 100, 2 left; 1 gives 2 at 100, 0 left; 5 takes 2 at 102, 0 left; 2 gives 2 at "
            "102, 0 left; "
            "reference 102 | ask 100: 0; ask 102: 0");
}

// rule: fok-dry-run
TEST(Matching, FillOrKillCountsOnlyWhatSelfTradePreventionLeavesReachable) {
  struct Row {
    SelfTrade mode;
    std::int64_t quantity;
    bool fills;
  };
  // Asks in order: 2 lots of another, 3 of its own, 4 of another.
  const Row rows[] = {
      {SelfTrade::none, 9, true},          {SelfTrade::none, 10, false},       {SelfTrade::expire_maker, 6, true},
      {SelfTrade::expire_maker, 7, false}, {SelfTrade::expire_taker, 2, true}, {SelfTrade::expire_taker, 3, false},
      {SelfTrade::expire_both, 2, true},   {SelfTrade::expire_both, 3, false}, {SelfTrade::decrement, 2, true},
      {SelfTrade::decrement, 3, false},
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 3},
                 {.order = 3, .side = kSell, .price = 101, .quantity = 4}});
    const std::uint64_t before = market.matching.state_hash();
    market.send({.order = 9,
                 .account = 7,
                 .time_in_force = kFok,
                 .self_trade = row.mode,
                 .price = 101,
                 .quantity = row.quantity});
    const bool expired = market.reports.back().kind == ReportKind::ended && market.reports.back().order.value() == 9;
    EXPECT_EQ(!expired, row.fills) << static_cast<int>(row.mode) << " " << row.quantity;
    EXPECT_EQ(market.matching.state_hash() == before, !row.fills);
  }
}

// ---- limit maker ----

// rule: limit-maker, limit-maker-move
TEST(Matching, LimitMakerIsRejectedWholeWhenItWouldMatch) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2}});
  EXPECT_EQ(market.send({.order = 2, .type = kMaker, .price = 100, .quantity = 1}),
            "rejected 2: would_match_immediately");
  EXPECT_EQ(market.send({.order = 3, .type = kMaker, .price = 99, .quantity = 1}), "accepted 3, resting | bid 99: 1");
  EXPECT_EQ(market.move(3, 100), "refused 3: would_match_immediately");
  EXPECT_EQ(market.book(), "bids 99: 3x1 | asks 100: 1x2");
}

// ---- market orders ----

// rule: market
TEST(Matching, MarketOrderTakesWhatIsThereAndExpires) {
  Scenario market;
  EXPECT_EQ(market.send({.order = 1, .type = kMarket, .quantity = 3}), "accepted 1; 1 expired, 3 left");
  market.rest({{.order = 2, .side = kSell, .price = 100, .quantity = 2}});
  EXPECT_EQ(
      market.send({.order = 3, .type = kMarket, .quantity = 3}),
      "accepted 3; 3 takes 2 at 100, 1 left; 2 gives 2 at 100, 0 left; 3 expired, 1 left; reference 100 | ask 100: 0");
}

// rule: budget
TEST(Matching, MarketOrderBeyondItsBudgetIsRejectedWithoutTrace) {
  struct Row {
    Side side;
    std::int64_t quantity;
    std::int64_t budget;
    bool rejected;
  };
  // Asks 2 at 100, 5 at 110; bids 2 at 90, 5 at 80. A buy's budget counts quote units, a sell's base units (one a lot).
  const Row rows[] = {{kBuy, 2, 200, false},   {kBuy, 2, 199, true},   {kBuy, 4, 420, false}, {kBuy, 4, 419, true},
                      {kBuy, 100, 750, false}, {kBuy, 100, 749, true}, {kSell, 4, 4, false},  {kSell, 4, 3, true},
                      {kSell, 100, 7, false},  {kSell, 100, 6, true}};
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .side = kSell, .price = 110, .quantity = 5},
                 {.order = 3, .price = 90, .quantity = 2},
                 {.order = 4, .price = 80, .quantity = 5}});
    const std::uint64_t before = market.matching.state_hash();
    const std::string told =
        market.send({.order = 9, .side = row.side, .type = kMarket, .quantity = row.quantity, .budget = row.budget});
    EXPECT_EQ(told == "rejected 9: budget_exceeded", row.rejected) << told << " budget " << row.budget;
    EXPECT_EQ(market.matching.state_hash() == before, row.rejected);
  }
}

// rule: market-buy-by-amount, amount-completed
TEST(Matching, MarketBuyByQuoteSpendsAtMostItsAmount) {
  struct Row {
    std::int64_t quote;
    const char* told;
  };
  // Asks 2 at 100, 5 at 110.
  const Row rows[] = {
      {99, "accepted 9; 9 expired, 0 left"},  // not one lot
      {250,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 completed, 0 left; reference 100 | ask 100: "
       "0"},
      {200,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 completed, 0 left; reference 100 | ask 100: "
       "0"},
      {310,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 takes 1 at 110, 0 left; 2 gives 1 at 110, 4 "
       "left; "
       "9 completed, 0 left; reference 110 | ask 100: 0; ask 110: 4"},
      {859,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 takes 5 at 110, 0 left; 2 gives 5 at 110, 0 "
       "left; "
       "9 completed, 0 left; reference 110 | ask 100: 0; ask 110: 0"},
      {860,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 takes 5 at 110, 0 left; 2 gives 5 at 110, 0 "
       "left; "
       "9 expired, 0 left; reference 110 | ask 100: 0; ask 110: 0"},  // 110 more would have bought another lot
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .side = kSell, .price = 110, .quantity = 5}});
    EXPECT_EQ(market.send({.order = 9, .type = kByQuote, .quote = row.quote}), row.told) << row.quote;
  }
}

// rule: market-sell-by-amount, amount-completed
TEST(Matching, MarketSellByQuoteReceivesAtMostItsAmount) {
  struct Row {
    std::int64_t quote;
    std::int64_t budget;  // base units
    const char* told;
  };
  // Bids 2 at 100, 5 at 40.
  const Row rows[] = {
      {230, 9,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 completed, 0 left; reference 100 | bid 100: "
       "0"},
      {240, 9,
       "accepted 9; 9 takes 2 at 100, 0 left; 1 gives 2 at 100, 0 left; 9 takes 1 at 40, 0 left; 2 gives 1 at 40, 4 "
       "left; "
       "9 completed, 0 left; reference 40 | bid 100: 0; bid 40: 4"},
      {240, 2, "rejected 9: budget_exceeded"},
      // Another lot at the best bid would bring too much; worse bids are no way around it, nor do they count for the
      // budget.
      {150, 1,
       "accepted 9; 9 takes 1 at 100, 0 left; 1 gives 1 at 100, 1 left; 9 completed, 0 left; reference 100 | bid 100: "
       "1"},
      {50, 9, "accepted 9; 9 expired, 0 left"},
  };
  for (const SelfTrade mode : {SelfTrade::none, SelfTrade::expire_maker, SelfTrade::decrement}) {
    for (const Row& row : rows) {
      Scenario market;
      market.rest({{.order = 1, .price = 100, .quantity = 2}, {.order = 2, .price = 40, .quantity = 5}});
      EXPECT_EQ(market.send({.order = 9,
                             .side = kSell,
                             .type = kByQuote,
                             .self_trade = mode,
                             .quote = row.quote,
                             .budget = row.budget}),
                row.told)
          << row.quote;
    }
  }
}

// ---- bands, notional, states ----

// rule: price-band
TEST(Matching, LimitPricesOutsideTheBandAreRejected) {
  struct Row {
    Side side;
    std::int64_t price;
    bool rejected;
  };
  // Reference 1000; buys from 900 to 1100, sells from 950 to 1200.
  const Row rows[] = {{kBuy, 899, true},  {kBuy, 900, false},  {kBuy, 1100, false},  {kBuy, 1101, true},
                      {kSell, 949, true}, {kSell, 950, false}, {kSell, 1200, false}, {kSell, 1201, true}};
  for (const Row& row : rows) {
    Scenario market;
    market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 9'000, .ask_up_bp = 12'000, .ask_down_bp = 9'500};
    market.configure();
    market.rest(
        {{.order = 1, .side = kSell, .price = 1'000, .quantity = 1}, {.order = 2, .price = 1'000, .quantity = 1}});
    const std::string told = market.send({.order = 9, .side = row.side, .price = row.price, .quantity = 1});
    EXPECT_EQ(told == "rejected 9: price_outside_band", row.rejected) << told;
    // A move to that price is decided alike.
    market.send({.order = 10, .side = row.side, .price = row.side == kBuy ? 990 : 1010, .quantity = 1});
    EXPECT_EQ(market.move(10, row.price) == "refused 10: price_outside_band", row.rejected) << row.price;
  }
}

// rule: price-band, reference-price
TEST(Matching, NoBandBeforeTheFirstTrade) {
  Scenario market;
  market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 9'000, .ask_up_bp = 12'000, .ask_down_bp = 9'500};
  market.configure();
  EXPECT_EQ(market.send({.order = 1, .price = 1, .quantity = 1}), "accepted 1, resting | bid 1: 1");
}

// rule: collar
TEST(Matching, MarketOrdersStopAtTheCollar) {
  Scenario market;
  market.rest(
      {{.order = 1, .side = kSell, .price = 1'000, .quantity = 1}, {.order = 2, .price = 1'000, .quantity = 1}});
  market.rest({{.order = 3, .side = kSell, .price = 1'100, .quantity = 1},
               {.order = 4, .side = kSell, .price = 1'101, .quantity = 1},
               {.order = 5, .price = 950, .quantity = 1},
               {.order = 6, .price = 949, .quantity = 1}});
  market.settings.band = {.bid_up_bp = 11'000, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 9'500};
  market.configure();
  EXPECT_EQ(
      market.send({.order = 8, .side = kSell, .type = kMarket, .quantity = 2}),
      "accepted 8; 8 takes 1 at 950, 1 left; 5 gives 1 at 950, 0 left; 8 expired, 1 left; reference 950 | bid 950: 0");
  EXPECT_EQ(market.send({.order = 9, .type = kMarket, .quantity = 2}),
            "accepted 9; 9 expired, 2 left");  // 950 × 1.1 < 1100
}

// rule: collar-rounding
TEST(Matching, TheCollarIsRoundedInwards) {
  Scenario market;
  market.rest({{.order = 1, .side = kSell, .price = 999, .quantity = 1}, {.order = 2, .price = 999, .quantity = 1}});
  market.settings.band = {.bid_up_bp = 10'100, .bid_down_bp = 0, .ask_up_bp = 0, .ask_down_bp = 9'900};
  market.configure();
  // 999 × 0.99 = 989.01 and 999 × 1.01 = 1008.99.
  market.rest({{.order = 3, .price = 989, .quantity = 1}, {.order = 4, .side = kSell, .price = 1'009, .quantity = 1}});
  EXPECT_EQ(market.send({.order = 8, .side = kSell, .type = kMarket, .quantity = 1}), "accepted 8; 8 expired, 1 left");
  EXPECT_EQ(market.send({.order = 9, .type = kMarket, .quantity = 1}), "accepted 9; 9 expired, 1 left");
}

// rule: notional-market
TEST(Matching, MarketOrdersNeedANotionalInRangeAtTheReference) {
  Scenario market;
  market.settings.notional_min = core::Amount{500};
  market.settings.notional_max = core::Amount{1'000};
  market.configure();
  EXPECT_EQ(market.send({.order = 1, .type = kMarket, .quantity = 1}),
            "accepted 1; 1 expired, 1 left");  // no reference yet
  market.rest({{.order = 2, .side = kSell, .price = 100, .quantity = 1}, {.order = 3, .price = 100, .quantity = 1}});
  struct Row {
    std::int64_t quantity, quote;
    bool rejected;
  };
  const Row rows[] = {{4, 0, true},   {5, 0, false},   {10, 0, false},  {11, 0, true},
                      {0, 499, true}, {0, 500, false}, {0, 1'001, true}};
  for (const Row& row : rows) {
    const std::string told = market.send(
        {.order = 9, .type = row.quote != 0 ? kByQuote : kMarket, .quantity = row.quantity, .quote = row.quote});
    EXPECT_EQ(told == "rejected 9: book_notional_out_of_range", row.rejected) << told;
  }
}

// rule: halted
TEST(Matching, AHaltedMarketTakesCancelsOnly) {
  Scenario market;
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .price = 99, .quantity = 5}});
  market.settings.state = instruments::MarketState::halted;
  EXPECT_EQ(market.configure(), "halted");
  EXPECT_EQ(market.configure(), "");  // nothing new
  EXPECT_EQ(market.send({.order = 3, .price = 100, .quantity = 1}), "rejected 3: market_closed");
  EXPECT_EQ(market.send({.order = 4, .type = kMarket, .quantity = 1}), "rejected 4: market_closed");
  EXPECT_EQ(market.move(1, 98), "refused 1: market_closed");
  EXPECT_EQ(market.reduce(1, 2), "refused 1: market_closed");
  EXPECT_EQ(market.cancel(1), "1 cancelled, 5 left | bid 100: 0");
  market.settings.state = instruments::MarketState::trading;
  EXPECT_EQ(market.configure(), "trading");
  EXPECT_EQ(market.move(2, 98), "2 moved to 98 | bid 99: 0; bid 98: 5");
}

// rule: order-fields
TEST(Matching, WhatMeansNothingIsRejected) {
  Scenario market;
  EXPECT_EQ(market.send({.order = 1, .price = 100, .quantity = 0}), "rejected 1: invalid_order");
  EXPECT_EQ(market.send({.order = 1, .price = 0, .quantity = 1}), "rejected 1: invalid_order");
  EXPECT_EQ(market.send({.order = 1, .type = kByQuote, .quote = 0}), "rejected 1: invalid_order");
  EXPECT_EQ(market.send({.order = 0, .price = 1, .quantity = 1}), "rejected 0: invalid_order");
  market.rest({{.order = 2, .price = 100, .quantity = 1}});
  EXPECT_EQ(market.move(2, 0), "refused 2: invalid_order");
  EXPECT_EQ(market.reduce(2, 0), "refused 2: invalid_order");
  market.settings.id = core::MarketId{2};
  EXPECT_EQ(market.send({.order = 3, .price = 100, .quantity = 1}), "rejected 3: unknown_market");
}

// ---- self-trade prevention ----

// rule: stp-none, stp-expire-taker, stp-expire-maker, stp-expire-both, stp-decrement
TEST(Matching, SelfTradePreventionDoesWhatTheTakersModeSays) {
  struct Row {
    SelfTrade mode;
    const char* told;
    const char* book;
  };
  // Asks: 2 lots of its own, then 3 of another. The taker buys 4.
  const Row rows[] = {
      {SelfTrade::none,
       "accepted 9; 9 takes 2 at 100, 2 left; 1 gives 2 at 100, 0 left; 9 takes 2 at 100, 0 left; 2 gives 2 at 100, 1 "
       "left; "
       "reference 100 | ask 100: 1",
       "bids  | asks 100: 2x1"},
      {SelfTrade::expire_taker, "accepted 9; 9 self-trade, 4 left", "bids  | asks 100: 1x2 2x3"},
      {SelfTrade::expire_maker,
       "accepted 9; 1 self-trade, 2 left; 9 takes 3 at 100, 1 left; 2 gives 3 at 100, 0 left; 9 rests at 100, 1 left; "
       "reference 100 | ask 100: 0; bid 100: 1",
       "bids 100: 9x1 | asks "},
      {SelfTrade::expire_both, "accepted 9; 9 self-trade, 4 left; 1 self-trade, 2 left | ask 100: 3",
       "bids  | asks 100: 2x3"},
      {SelfTrade::decrement,
       "accepted 9; 9 prevented 2, 2 left; 1 prevented 2, 0 left; 9 takes 2 at 100, 0 left; 2 gives 2 at 100, 1 left; "
       "reference 100 | ask 100: 1",
       "bids  | asks 100: 2x1"},
  };
  for (const Row& row : rows) {
    Scenario market;
    market.rest({{.order = 1, .account = 7, .side = kSell, .price = 100, .quantity = 2},
                 {.order = 2, .side = kSell, .price = 100, .quantity = 3}});
    EXPECT_EQ(market.send({.order = 9, .account = 7, .self_trade = row.mode, .price = 100, .quantity = 4}), row.told);
    EXPECT_EQ(market.book(), row.book);
  }
}

// rule: stp-decrement
TEST(Matching, DecrementEndsWhicheverIsSmaller) {
  Scenario market;
  market.rest({{.order = 1, .account = 7, .side = kSell, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.send({.order = 2, .account = 7, .self_trade = SelfTrade::decrement, .price = 100, .quantity = 2}),
            "accepted 2; 2 prevented 2, 0 left; 1 prevented 2, 3 left | ask 100: 3");
  ASSERT_EQ(market.reports.size(), 3u);
  EXPECT_EQ(market.reports[1].trade, market.reports[2].trade);  // one prevented match
  EXPECT_EQ(market.reports[1].counter_order.value(), 1u);
  EXPECT_EQ(market.reports[2].counter_order.value(), 2u);
}

// rule: stp-taker-decides
TEST(Matching, OnlyTheTakersModeCounts) {
  Scenario market;
  market.rest(
      {{.order = 1, .account = 7, .side = kSell, .self_trade = SelfTrade::expire_both, .price = 100, .quantity = 1}});
  EXPECT_EQ(market.send({.order = 2, .account = 7, .price = 100, .quantity = 1}),
            "accepted 2; 2 takes 1 at 100, 0 left; 1 gives 1 at 100, 0 left; reference 100 | ask 100: 0");
}

// ---- cancel, reduce, move ----

// rule: reduce-keeps-priority, reduce-to-nothing
TEST(Matching, ReduceKeepsPriorityAndEndsAtZero) {
  Scenario market;
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .price = 100, .quantity = 5}});
  EXPECT_EQ(market.reduce(1, 3), "1 reduced by 3, 2 left | bid 100: 7");
  EXPECT_EQ(market.book(), "bids 100: 1x2 2x5 | asks ");
  EXPECT_EQ(market.reduce(1, 2), "1 cancelled, 2 left | bid 100: 5");
  EXPECT_EQ(market.reduce(1, 1), "refused 1: stale_handle");
}

// rule: move-loses-priority, handle
TEST(Matching, MoveLosesPriorityAndKeepsTheHandle) {
  Scenario market;
  market.rest({{.order = 1, .price = 100, .quantity = 5}, {.order = 2, .price = 99, .quantity = 4}});
  EXPECT_EQ(market.move(1, 99), "1 moved to 99 | bid 100: 0; bid 99: 9");
  EXPECT_EQ(market.book(), "bids 99: 2x4 1x5 | asks ");
  EXPECT_EQ(market.move(2, 99), "2 moved to 99");  // to the back of the queue; no level changed
  EXPECT_EQ(market.book(), "bids 99: 1x5 2x4 | asks ");
  EXPECT_EQ(market.cancel(1), "1 cancelled, 5 left | bid 99: 4");
}

// rule: move-matches
TEST(Matching, AMoveThatCrossesMatchesLikeANewOrder) {
  Scenario market;
  market.rest({{.order = 1, .price = 98, .quantity = 5}, {.order = 2, .side = kSell, .price = 100, .quantity = 2}});
  EXPECT_EQ(
      market.move(1, 101),
      "1 moved to 101; 1 takes 2 at 100, 3 left; 2 gives 2 at 100, 0 left; 1 rests at 101, 3 left; reference 100 | "
      "bid 98: 0; ask 100: 0; bid 101: 3");
  market.rest({{.order = 3, .side = kSell, .price = 102, .quantity = 9}});
  EXPECT_EQ(
      market.move(1, 102),
      "1 moved to 102; 1 takes 3 at 102, 0 left; 3 gives 3 at 102, 6 left; reference 102 | bid 101: 0; ask 102: 6");
  EXPECT_EQ(market.cancel(1), "refused 1: stale_handle");
}

// rule: handle
TEST(Matching, AHandleIsGoodForItsOwnOrderOnly) {
  Scenario market;
  market.rest({{.order = 1, .price = 100, .quantity = 1}});
  const Handle handle = market.reports.front().handle;
  market.cancel(1);
  market.rest({{.order = 2, .price = 100, .quantity = 1}});
  EXPECT_EQ(market.reports.front().handle, handle);  // the slot is used again
  EXPECT_EQ(market.cancel(1), "refused 1: stale_handle");
  EXPECT_EQ(market.book(), "bids 100: 2x1 | asks ");
  for (const Handle other : {kNoHandle, handle + 1, Handle{0xFFFFFFFF}}) {
    market.reports.clear();
    market.matching.apply(CancelOrder{.order = core::OrderId{2}, .market = core::MarketId{1}, .handle = other},
                          {market.reports, market.events});
    EXPECT_EQ(market.reports.front().rejection, core::Rejection::stale_handle);
  }
  market.reports.clear();
  market.matching.apply(CancelOrder{.order = core::OrderId{2}, .market = core::MarketId{2}, .handle = handle},
                        {market.reports, market.events});
  EXPECT_EQ(market.reports.front().rejection, core::Rejection::stale_handle);
}

}  // namespace
}  // namespace matching
