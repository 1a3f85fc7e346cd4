#include "pkg/core/numbers.h"

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>

#include "pkg/core/hash.h"
#include "pkg/core/ids.h"

namespace core {
namespace {

constexpr int128 kInt128Max = static_cast<int128>(~uint128{0} >> 1);
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };
template <class A, class B>
concept Comparable = requires(A a, B b) { a < b; };

static_assert(Addable<Price, Price>);
static_assert(!Addable<Price, Quantity> && !Addable<Price, int> && !Comparable<Price, Quantity>, "kinds do not mix");
static_assert(!std::is_convertible_v<std::int64_t, Price> && !std::is_convertible_v<Price, std::int64_t>);
static_assert(!Comparable<OrderId, TradeId> && !Addable<OrderId, OrderId>, "ids have no arithmetic");
static_assert(OrderId{}.is_none() && OrderId{}.next() == OrderId{1});

TEST(Count, AddsAndSubtracts) {
  Amount amount{5};
  amount += Amount{7};
  amount -= Amount{20};
  EXPECT_EQ(amount, Amount{-8});
  EXPECT_EQ(-amount, Amount{8});
  EXPECT_EQ(Price{kInt64Max} - Price{1} + Price{1}, Price{kInt64Max});
  EXPECT_LT(Amount{-1}, Amount{0});
}

TEST(CountDeathTest, OverflowStopsTheProgram) {
  EXPECT_DEATH((void)(Price{kInt64Max} + Price{1}), "CHECK failed");
  EXPECT_DEATH((void)(Price{kInt64Min} - Price{1}), "CHECK failed");
  EXPECT_DEATH((void)(-Price{kInt64Min}), "CHECK failed");
  EXPECT_DEATH((void)(Quantity{kInt64Min} + Quantity{-1}), "CHECK failed");
  EXPECT_DEATH((void)(Amount{kInt128Max} + Amount{1}), "CHECK failed");
  EXPECT_DEATH((void)(Amount{-kInt128Max - 1} - Amount{1}), "CHECK failed");
  EXPECT_DEATH((void)(-Amount{-kInt128Max - 1}), "CHECK failed");
  EXPECT_DEATH((void)(FeeRate{std::numeric_limits<std::int32_t>::max()} + FeeRate{1}), "CHECK failed");
}

TEST(Notional, IsExact) {
  EXPECT_EQ(notional(Price{6'500'000}, Quantity{1'500}, Amount{10}), Amount{97'500'000'000});
  EXPECT_EQ(notional(Price{0}, Quantity{kInt64Max}, kAmountMax), Amount{0});
  // The largest product of prices and quantities fits 128 bits as it is.
  EXPECT_EQ(notional(Price{kInt64Max}, Quantity{kInt64Max}, Amount{1}).value(),
            static_cast<int128>(kInt64Max) * kInt64Max);
}

TEST(NotionalDeathTest, OverflowStopsTheProgram) {
  EXPECT_DEATH((void)notional(Price{kInt64Max}, Quantity{kInt64Max}, Amount{3}), "CHECK failed");
  EXPECT_DEATH((void)times(Quantity{kInt64Max}, kAmountMax), "CHECK failed");
  EXPECT_DEATH((void)times(Quantity{kInt64Min}, kAmountMax), "CHECK failed");
}

TEST(Fee, RoundsTowardsZero) {
  const struct {
    int128 received;
    std::int32_t rate;
    int128 fee;
  } cases[] = {
      {100'000'000, 100'000, 100'000},  // 0.1 % of one whole
      {999, 100'000, 0},                // less than a unit is not charged
      {1'000, 100'000, 1},
      {1'999, 100'000, 1},
      {1'999, -100'000, -1},  // a rebate is rounded down in size
      {0, 100'000, 0},
      {kAmountMax.value(), 1, kAmountMax.value() / kFeeRateOne},
      {kAmountMax.value(), 1'000'000, kAmountMax.value() / 100},  // 1 % of the largest amount stays inside 128 bits
  };
  for (const auto& [received, rate, fee] : cases) EXPECT_EQ(fee_on(Amount{received}, FeeRate{rate}), Amount{fee});
}

TEST(FeeDeathTest, OverflowStopsTheProgram) {
  EXPECT_DEATH((void)fee_on(Amount{kInt128Max}, FeeRate{2}), "CHECK failed");
}

TEST(Digest, IsSensitiveToOrderLengthAndPlace) {
  const auto of = [](auto... words) {
    Digest digest;
    (digest.add(words), ...);
    return digest.value();
  };
  using u64 = std::uint64_t;
  EXPECT_EQ(of(u64{1}, u64{2}), of(u64{1}, u64{2}));
  EXPECT_NE(of(u64{1}, u64{2}), of(u64{2}, u64{1}));
  EXPECT_NE(of(u64{1}), of(u64{1}, u64{0}));
  EXPECT_NE(of(u64{0}), of());
  EXPECT_NE(of(u64{0}), of(u64{0}, u64{0}));
  EXPECT_NE(of(std::string_view("ab"), std::string_view("c")), of(std::string_view("a"), std::string_view("bc")));
  EXPECT_NE(of(std::string_view("")), of(std::string_view("\0", 1)));
  EXPECT_NE(of(int128{1}), of(int128{1} << 64));
  EXPECT_NE(of(int128{-1}), of(int128{~u64{0}}));
  EXPECT_NE(Digest{}.add(1, 2).value(), Digest{}.add(2, 1).value());
  EXPECT_NE(Digest{}.add(1, 2).add(3, 4).value(), Digest{}.add(3, 4).add(1, 2).value());
}

TEST(Digest, ResumesAndNeverChangesItsValue) {
  Digest whole;
  whole.add(std::uint64_t{7}).add(std::string_view("BTCUSDT")).add(Amount{-3}).add(Price{9}).add(OrderId{5});
  Digest first;
  first.add(std::uint64_t{7}).add(std::string_view("BTCUSDT"));
  EXPECT_EQ(Digest(first.value()).add(Amount{-3}).add(Price{9}).add(OrderId{5}).value(), whole.value());
  // Hashes are written down in snapshots: this value may never change.
  EXPECT_EQ(whole.value(), 11874460785613964406ull);
}

}  // namespace
}  // namespace core
