#include <gtest/gtest.h>

#include "services/fees/schedule.h"

namespace fees {
namespace {

using core::AccountId;
using core::Amount;
using core::FeeRate;
using core::Rejection;

constexpr AccountId kAlice{1000}, kBob{1005};
constexpr Rates kMarket{FeeRate{100'000}, FeeRate{200'000}};
constexpr Rates kOwn{FeeRate{0}, FeeRate{10'000'000}};

// rule: fee-rates
TEST(Schedule, AnAccountsOwnRatesReplaceTheMarkets) {
  Schedule schedule;
  EXPECT_EQ(schedule.rates(kBob, kMarket), kMarket);
  EXPECT_EQ(schedule.set({kBob, false, kOwn}), Rejection::none);
  EXPECT_EQ(schedule.rates(kBob, kMarket), kOwn);
  EXPECT_EQ(schedule.rates(kAlice, kMarket), kMarket);
  EXPECT_EQ(schedule.set({kBob, true, {}}), Rejection::none);
  EXPECT_EQ(schedule.rates(kBob, kMarket), kMarket);
}

// rule: fee-rates
TEST(Schedule, RatesOutOfRangeChangeNothing) {
  Schedule schedule;
  for (const Rates& bad : {Rates{FeeRate{-1}, {}}, Rates{{}, FeeRate{-1}}, Rates{FeeRate{10'000'001}, {}},
                           Rates{{}, FeeRate{10'000'001}}}) {
    EXPECT_EQ(schedule.set({kAlice, false, bad}), Rejection::bad_fee_rate);
  }
  EXPECT_EQ(schedule.rates(kAlice, kMarket), kMarket);
}

TEST(Schedule, ReloadsAsItWas) {
  Schedule schedule;
  ASSERT_EQ(schedule.set({kBob, false, kOwn}), Rejection::none);
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  schedule.save(writer);
  Schedule loaded;
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader, AccountId{1006}));
  EXPECT_EQ(loaded.rates(kBob, kMarket), kOwn);
  core::Digest a, b;
  schedule.hash(a);
  loaded.hash(b);
  EXPECT_EQ(a.value(), b.value());
  core::ByteReader again(bytes);
  EXPECT_FALSE(loaded.load(again, AccountId{1005})) << "rates of an account that does not exist";
}

// rule: fee-rounding
TEST(FeeOn, RoundsDownInFavourOfWhoeverPays) {
  struct Case {
    core::int128 received;
    std::int32_t rate;
    core::int128 fee;
  };
  const Case cases[] = {{0, 100'000, 0},       {999, 100'000, 0},   {1'000, 100'000, 1},
                        {1'999, 100'000, 1},   {100'000'000, 1, 1}, {99'999'999, 1, 0},
                        {12'345, 200'000, 24}, {7, 10'000'000, 0},  {10, 10'000'000, 1}};
  for (const Case& c : cases) {
    EXPECT_EQ(core::fee_on(Amount{c.received}, FeeRate{c.rate}), Amount{c.fee}) << static_cast<long long>(c.received);
  }
}

}  // namespace
}  // namespace fees
