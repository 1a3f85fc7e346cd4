#include "pkg/core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace core {
namespace {

// Workloads and failing simulations are named by their seed alone: these values may never change.
TEST(Random, IsTheSameEverywhere) {
  Random random(42);
  const std::array<std::uint64_t, 4> expected = {1546998764402558742, 6990951692964543102, 12544586762248559009u,
                                                 17057574109182124193u};
  for (const std::uint64_t value : expected) EXPECT_EQ(random.next(), value);
}

TEST(Random, SeedsGiveDifferentStreams) {
  Random a(1), b(2), again(1);
  int equal = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto value = a.next();
    EXPECT_EQ(value, again.next());
    equal += value == b.next();
  }
  EXPECT_EQ(equal, 0);
}

TEST(Random, BelowAndBetweenKeepTheirBoundsAndReachThem) {
  Random random(7);
  std::array<int, 10> seen{};
  std::array<int, 7> seen_between{};
  for (int i = 0; i < 70'000; ++i) {
    ++seen.at(random.below(10));
    ++seen_between.at(static_cast<std::size_t>(random.between(-3, 3) + 3));
    ASSERT_EQ(random.below(1), 0u);
    ASSERT_EQ(random.between(5, 5), 5);
  }
  for (const int count : seen) EXPECT_NEAR(count, 7'000, 500);
  for (const int count : seen_between) EXPECT_NEAR(count, 10'000, 600);
}

TEST(Random, ChanceIsAsOftenAsSaid) {
  Random random(8);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) {
    hits += random.chance(1, 4);
    ASSERT_FALSE(random.chance(0, 4));
    ASSERT_TRUE(random.chance(4, 4));
  }
  EXPECT_NEAR(hits, 25'000, 1'000);
}

}  // namespace
}  // namespace core
