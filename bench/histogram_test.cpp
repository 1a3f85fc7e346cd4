// Percentiles are never below the recorded values and at most 0.4 % above them, whatever was recorded.
#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace bench {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.value_at(0), 0);
  EXPECT_EQ(histogram.value_at(1'000'000), 0);
  EXPECT_EQ(histogram.latency().max_ns, 0);
}

TEST(Histogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (int value = 1; value <= 200; ++value) histogram.record(value);
  EXPECT_EQ(histogram.value_at(0), 1);
  EXPECT_EQ(histogram.value_at(5'000), 1);
  EXPECT_EQ(histogram.value_at(5'001), 2);
  EXPECT_EQ(histogram.value_at(500'000), 100);
  EXPECT_EQ(histogram.value_at(990'000), 198);
  EXPECT_EQ(histogram.value_at(1'000'000), 200);
}

TEST(Histogram, TakesEveryValue) {
  struct Row {
    std::int64_t value, at_least, at_most;
  };
  const Row rows[] = {
      {-5, 0, 0},
      {0, 0, 0},
      {255, 255, 255},
      {256, 256, 256},
      {511, 511, 511},
      {512, 512, 513},
      {1'000'000, 1'000'000, 1'004'000},
      {(std::int64_t{1} << 44) - 1, (std::int64_t{1} << 44) - 1, (std::int64_t{1} << 44) - 1},
      {INT64_MAX, (std::int64_t{1} << 44) - 1, (std::int64_t{1} << 44) - 1},
  };
  for (const Row& row : rows) {
    Histogram histogram;
    histogram.record(row.value);
    // A second, larger one, so that the maximum does not hide what the first one's place says.
    histogram.record(INT64_MAX);
    EXPECT_GE(histogram.value_at(500'000), row.at_least) << row.value;
    EXPECT_LE(histogram.value_at(500'000), row.at_most) << row.value;
    EXPECT_EQ(histogram.max(), INT64_MAX);
  }
}

TEST(Histogram, AgreesWithSortingAllValues) {
  std::mt19937_64 random(7);
  for (const unsigned bits : {4u, 9u, 20u, 33u, 43u}) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 20'000; ++i) {
      // Of every size up to `bits`, and many equal ones.
      const auto value = static_cast<std::int64_t>((random() & ((std::uint64_t{1} << bits) - 1)) >> (random() % bits));
      values.push_back(value);
      histogram.record(value);
    }
    std::ranges::sort(values);
    EXPECT_EQ(histogram.max(), values.back());
    for (const std::uint64_t part : {1u, 1'000u, 500'000u, 900'000u, 990'000u, 999'000u, 999'999u, 1'000'000u}) {
      const std::size_t rank = std::max<std::size_t>((values.size() * part + 999'999) / 1'000'000, 1);
      const std::int64_t exact = values[rank - 1], found = histogram.value_at(part);
      EXPECT_GE(found, exact) << bits << " bits, " << part;
      EXPECT_LE(found, exact + exact / 256) << bits << " bits, " << part;
    }
  }
}

}  // namespace
}  // namespace bench
