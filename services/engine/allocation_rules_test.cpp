// Pro-rata allocation through both folds: everybody's money, and which settings are taken.
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::Quantity;
using core::Rejection;
using instruments::AllocationKind;
using orders::Side;

// rule: pro-rata
TEST(Allocation, EachMakerIsPaidForItsShareAndHoldsTheRest) {
  TestExchange exchange;
  const AccountId taker = exchange.open("taker", 0, 100'000 * kTickLot);
  exchange.run(instruments::SetMarketAllocation{kBtcUsdt, {AllocationKind::pro_rata, false, {}}});
  std::vector<AccountId> makers;
  for (const std::int64_t quantity : {50, 30, 20}) {
    makers.push_back(exchange.open("maker" + std::to_string(quantity), 100 * kLot));
    exchange.trade(limit(makers.back(), Side::sell, 100, quantity));
  }
  const auto events = exchange.trade(limit(taker, Side::buy, 105, 17));
  ASSERT_EQ(events.size(), 7u) << "accepted, and two sides of three trades";
  const std::int64_t shares[] = {9, 5, 3}, left[] = {41, 25, 17};
  for (std::size_t i = 0; i < 3; ++i) {
    const orders::OrderEvent& fill = events[2 + 2 * i];
    EXPECT_EQ(fill.account, makers[i]);
    EXPECT_EQ(fill.last_quantity, Quantity{shares[i]});
    EXPECT_EQ(fill.base.held, Amount{left[i] * kLot});
    EXPECT_EQ(fill.quote.available, Amount{shares[i] * 100 * kTickLot * 999 / 1'000}) << "less 0.1 %";
  }
  EXPECT_EQ(events[5].quote.held, Amount{}) << "what it held above 100 is back";
  EXPECT_EQ(events[5].quote.available, Amount{(100'000 - 17 * 100) * kTickLot});
  EXPECT_TRUE(exchange.engine.audit());
}

// rule: pro-rata-settings
TEST(Allocation, SettingsThatMeanNothingAreRejected) {
  TestExchange exchange;
  struct Row {
    instruments::SetMarketAllocation command;
    Rejection expected;
  };
  const Row rows[] = {
      {{kBtcUsdt, {AllocationKind::pro_rata, true, Quantity{1'000'000}}}, Rejection::none},
      {{kBtcUsdt, {AllocationKind::pro_rata, false, Quantity{1'000'001}}}, Rejection::bad_allocation},
      {{kBtcUsdt, {AllocationKind::pro_rata, false, Quantity{-1}}}, Rejection::bad_allocation},
      {{kBtcUsdt, {AllocationKind::price_time, true, {}}}, Rejection::bad_allocation},
      {{kBtcUsdt, {AllocationKind::price_time, false, Quantity{3}}}, Rejection::bad_allocation},
      {{kBtcUsdt, {}}, Rejection::none},
      {{core::MarketId{9}, {}}, Rejection::unknown_market},
  };
  for (const Row& row : rows) {
    const auto* rejected = std::get_if<orders::CommandRejected>(&exchange.run(row.command).at(0).body);
    EXPECT_EQ(rejected == nullptr ? Rejection::none : rejected->rejection, row.expected);
  }
}

}  // namespace
}  // namespace engine
