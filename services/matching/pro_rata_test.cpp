// Pro-rata allocation: worked examples, and levels of very many orders against the naive fold.
#include <gtest/gtest.h>

#include <set>

#include "pkg/core/random.h"
#include "services/matching/differential.h"
#include "services/matching/scenario.h"

namespace matching {
namespace {

using instruments::AllocationKind;
using instruments::MarketState;

constexpr Side kSell = Side::sell;

struct ProRata : Scenario {
  explicit ProRata(bool top_first = false, std::int64_t share_min = 0) {
    settings.allocation = {AllocationKind::pro_rata, top_first, core::Quantity{share_min}};
    configure();
  }
  // Orders 1, 2, ... that sell at 100, each of an account of its own.
  void offer(const std::vector<std::int64_t>& quantities) {
    for (std::uint64_t i = 0; i < quantities.size(); ++i)
      send({.order = i + 1, .side = kSell, .price = 100, .quantity = quantities[i]});
  }
};

// rule: pro-rata
TEST(ProRata, APartOfALevelIsSharedOutInProportionAndTheRestGoesByTime) {
  ProRata market;
  market.offer({50, 30, 20});
  // 17 of 100: 8.5, 5.1 and 3.4, so 8, 5 and 3; the one that is left goes to the oldest.
  EXPECT_EQ(
      market.send({.order = 9, .type = OrderType::market, .quantity = 17}),
      "accepted 9; 9 takes 9 at 100, 8 left; 1 gives 9 at 100, 41 left; 9 takes 5 at 100, 3 left; "
      "2 gives 5 at 100, 25 left; 9 takes 3 at 100, 0 left; 3 gives 3 at 100, 17 left; reference 100 | ask 100: 83");
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x41 2x25 3x17");
  EXPECT_TRUE(market.matching.audit());
}

// rule: pro-rata-top
TEST(ProRata, TheOldestOrderOfTheLevelFillsBeforeWhatIsLeftIsShared) {
  ProRata market(true);
  market.offer({10, 60, 30});
  // 25: the oldest has its 10; of the 15 left 10 and 5.
  market.send({.order = 9, .type = OrderType::market, .quantity = 25});
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x50 3x25");
  // Now the second is the oldest: it has all of 40.
  market.send({.order = 10, .type = OrderType::market, .quantity = 40});
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x10 3x25");
}

// The example of README.md.
// rule: pro-rata-top, pro-rata-minimum
TEST(ProRata, PriorityAndMinimumTogether) {
  ProRata market(true, 3);
  market.offer({10, 60, 30, 6});
  market.send({.order = 9, .type = OrderType::market, .quantity = 30});
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x46 3x24 4x6");
}

// rule: pro-rata-minimum
TEST(ProRata, AShareBelowTheMinimumIsNoneAndGoesByTime) {
  ProRata market(false, 3);
  market.offer({10, 50, 12, 28});
  // 20 of 100: 2, 10, 2.4 and 5.6, so 0, 10, 0 and 5; the 5 that are left go to the oldest.
  market.send({.order = 9, .type = OrderType::market, .quantity = 20});
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x5 2x40 3x12 4x23");
}

// rule: pro-rata
TEST(ProRata, LevelsAreTakenOneAfterTheOtherAndAWholeLevelIsSharedByNobody) {
  ProRata market(true, 2);
  market.offer({5, 5});
  market.rest({{.order = 3, .side = kSell, .price = 101, .quantity = 30},
               {.order = 4, .side = kSell, .price = 101, .quantity = 90}});
  market.send({.order = 9, .price = 101, .quantity = 62});
  EXPECT_EQ(market.book(), "bids  | asks 101: 4x68") << "10 at 100, then the oldest's 30 and 22 of the other";
  EXPECT_EQ(market.cancel(3), "refused 3: stale_handle");
  EXPECT_EQ(market.reduce(4, 60), "4 reduced by 60, 8 left | ask 101: 8");
}

// rule: pro-rata-self-trade
TEST(ProRata, OwnOrdersAmongThoseThatShareAreDealtWithFirst) {
  struct Row {
    SelfTrade mode;
    const char* told;
    const char* book;
  };
  const Row rows[] = {
      {SelfTrade::none,
       "accepted 9; 9 takes 6 at 100, 5 left; 1 gives 6 at 100, 14 left; 9 takes 3 at 100, 2 left; "
       "2 gives 3 at 100, 10 left; 9 takes 2 at 100, 0 left; 3 gives 2 at 100, 9 left; reference 100 | ask 100: 33",
       "bids  | asks 100: 1x14 2x10 3x9"},
      {SelfTrade::expire_taker, "accepted 9; 9 self-trade, 11 left", "bids  | asks 100: 1x20 2x13 3x11"},
      {SelfTrade::expire_maker,
       "accepted 9; 2 self-trade, 13 left; 9 takes 8 at 100, 3 left; 1 gives 8 at 100, 12 left; "
       "9 takes 3 at 100, 0 left; 3 gives 3 at 100, 8 left; reference 100 | ask 100: 20",
       "bids  | asks 100: 1x12 3x8"},
      {SelfTrade::expire_both, "accepted 9; 9 self-trade, 11 left; 2 self-trade, 13 left | ask 100: 31",
       "bids  | asks 100: 1x20 3x11"},
      {SelfTrade::decrement, "accepted 9; 9 prevented 11, 0 left; 2 prevented 11, 2 left | ask 100: 33",
       "bids  | asks 100: 1x20 2x2 3x11"},
  };
  for (const Row& row : rows) {
    ProRata market;
    market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 20},
                 {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 13},
                 {.order = 3, .side = kSell, .price = 100, .quantity = 11}});
    EXPECT_EQ(market.send({.order = 9, .account = 7, .self_trade = row.mode, .price = 100, .quantity = 11}), row.told);
    EXPECT_EQ(market.book(), row.book);
    EXPECT_TRUE(market.matching.audit());
  }
}

// rule: pro-rata-fok
TEST(ProRata, FillOrKillCountsWhatTheAllocationCanGive) {
  ProRata market;
  market.rest({{.order = 1, .side = kSell, .price = 100, .quantity = 20},
               {.order = 2, .account = 7, .side = kSell, .price = 100, .quantity = 13},
               {.order = 3, .side = kSell, .price = 100, .quantity = 11}});
  const auto kill = [&](std::uint64_t id, SelfTrade mode, std::int64_t quantity) {
    return market.send({.order = id,
                        .account = 7,
                        .time_in_force = TimeInForce::fok,
                        .self_trade = mode,
                        .price = 100,
                        .quantity = quantity});
  };
  EXPECT_EQ(kill(11, SelfTrade::expire_taker, 5), "accepted 11; 11 expired, 5 left") << "it would end before it trades";
  EXPECT_EQ(kill(12, SelfTrade::decrement, 20), "accepted 12; 12 expired, 20 left") << "13 would be taken off";
  EXPECT_EQ(kill(13, SelfTrade::expire_maker, 32), "accepted 13; 13 expired, 32 left") << "others have 31";
  EXPECT_EQ(market.book(), "bids  | asks 100: 1x20 2x13 3x11") << "nothing has happened";
  kill(14, SelfTrade::expire_maker, 31);
  EXPECT_EQ(market.book(), "bids  | asks ");
}

// rule: pro-rata-auction
TEST(ProRata, AuctionsTradeByTime) {
  ProRata market;
  market.change(MarketState::auction);
  market.offer({50, 30, 20});
  market.send({.order = 9, .price = 100, .quantity = 60});
  market.change(MarketState::trading);
  EXPECT_EQ(market.book(), "bids  | asks 100: 2x20 3x20");
}

// rule: pro-rata-many
TEST(ProRata, TheFirst256OrdersOfALevelShareAndTheOthersAreNext) {
  ProRata market;
  market.offer(std::vector<std::int64_t>(300, 2));
  EXPECT_EQ(market.matching.resting_orders(), 300u);
  market.send({.order = 900, .type = OrderType::market, .quantity = 256});
  EXPECT_EQ(market.reports.size(), 1 + 2 * 256u + 1) << "one lot each, of the first 256";
  market.send({.order = 901, .type = OrderType::market, .quantity = 256 + 44});
  EXPECT_EQ(market.matching.resting_orders(), 44u) << "the first 256 are gone, the others have had one each";
}

// An own order as large as a level can hold, which takes no more from the amount than the amount has: what is behind it
// is reached and has to be paid for.
TEST(ProRata, AVeryLargeAmountGoesOnBehindAnOwnOrder) {
  Differential both;
  instruments::Market settings;
  settings.id = core::MarketId{1};
  settings.lot_units = settings.tick_lot_units = core::Amount{1};
  settings.allocation = {AllocationKind::pro_rata, false, {}};
  ASSERT_EQ(both.apply(ConfigureMarket{settings}), "");
  NewOrder order;
  order.order = core::OrderId{1};
  order.account = core::AccountId{7};
  order.market = settings.id;
  order.side = kSell;
  order.price = core::Price{100};
  order.quantity = core::Quantity{INT64_MAX};
  ASSERT_EQ(both.apply(order), "");
  order.order = core::OrderId{2};
  order.account = core::AccountId{8};
  order.price = core::Price{101};
  order.quantity = core::Quantity{5};
  ASSERT_EQ(both.apply(order), "");
  NewOrder amount;
  amount.order = core::OrderId{3};
  amount.account = core::AccountId{7};
  amount.market = settings.id;
  amount.type = OrderType::market_by_quote;
  amount.self_trade = SelfTrade::decrement;
  amount.quote_quantity = core::Amount{core::int128{1} << 90};
  amount.budget = core::Amount{5 * 101 - 1};
  EXPECT_EQ(both.apply(amount), "");
  ASSERT_EQ(both.reports().size(), 1u);
  EXPECT_EQ(both.reports()[0].rejection, core::Rejection::budget_exceeded);
}

// Levels of several times as many orders as share at once, in both folds.
// rule: pro-rata-many
TEST(ProRata, LongLevelsAreSharedOutAsTheNaiveFoldDoes) {
  core::Random random(7);
  std::set<std::size_t> batches;
  for (int round = 0; round < 60; ++round) {
    Differential both;
    instruments::Market settings;
    settings.id = core::MarketId{1};
    settings.lot_units = settings.tick_lot_units = core::Amount{1};
    settings.allocation = {AllocationKind::pro_rata, random.chance(1, 2),
                           core::Quantity{static_cast<std::int64_t>(random.below(4))}};
    ASSERT_EQ(both.apply(ConfigureMarket{settings}), "");
    std::uint64_t id = 0;
    std::int64_t lots = 0;
    const std::uint64_t orders = random.below(4) * 256 + random.below(3);
    const std::uint32_t accounts = random.chance(1, 2) ? 3 : 300;
    const auto order = [&](Side side, std::int64_t quantity) {
      NewOrder made;
      made.order = core::OrderId{++id};
      made.account = core::AccountId{1'000 + static_cast<std::uint32_t>(random.below(accounts))};
      made.market = settings.id;
      made.side = side;
      made.price = core::Price{100};
      made.quantity = core::Quantity{quantity};
      made.self_trade = static_cast<SelfTrade>(random.below(5));
      return made;
    };
    for (std::uint64_t i = 0; i < orders; ++i) {
      const std::int64_t quantity =
          random.chance(1, 100) ? random.between(1, std::int64_t{1} << 50) : random.between(1, 9);
      lots += quantity;
      ASSERT_EQ(both.apply(order(kSell, quantity)), "");
    }
    batches.insert(orders / 256);
    for (int taker = 0; taker < 6; ++taker) {
      NewOrder takes = order(Side::buy, random.between(1, random.chance(1, 2) ? 3'000 : lots + 1));
      takes.time_in_force = static_cast<TimeInForce>(2 + random.below(2));
      ASSERT_EQ(both.apply(takes), "");
      ASSERT_EQ(both.compare_state(), "");
    }
  }
  EXPECT_EQ(batches.size(), 4u);
}

}  // namespace
}  // namespace matching
