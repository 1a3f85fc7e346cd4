#include "services/market_data/intervals.h"

#include <gtest/gtest.h>

#include "services/market_data/naive_reference.h"

namespace market_data {
namespace {

using naive::at;
using naive::kDay;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;

constexpr std::int64_t kEast = 5 * kHour + 45 * kMinute, kWest = -12 * kHour, kFarEast = 14 * kHour;

TEST(Intervals, HaveThePublishedNames) {
  const std::vector<std::string_view> names = {"1s", "1m", "3m", "5m",  "15m", "30m", "1h", "2h",
                                               "4h", "6h", "8h", "12h", "1d",  "3d",  "1w", "1M"};
  ASSERT_EQ(names.size(), kIntervals.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(name_of(kIntervals[i]), names[i]);
    EXPECT_EQ(interval_of(names[i]), kIntervals[i]);
  }
  for (const std::string_view none : {"", "1", "m", "1S", "1D", "1H", "1W", "2m", "60m", "1m ", " 1m", "1mo"})
    EXPECT_FALSE(interval_of(none).has_value()) << none;
}

TEST(Intervals, BeginWhereTheyShould) {
  const struct {
    Interval interval;
    std::int64_t time, offset, open, next;
  } cases[] = {
      {Interval::second_1, at(2024, 2, 29, kDay - 1), 0, at(2024, 2, 29, kDay - kSecond), at(2024, 3, 1)},
      {Interval::minute_3, at(2024, 2, 29, 59 * kSecond), 0, at(2024, 2, 29), at(2024, 2, 29, 3 * kMinute)},
      {Interval::hour_1, at(2024, 2, 29, 100), kEast, at(2024, 2, 28, 23 * kHour + 15 * kMinute),
       at(2024, 2, 29, 15 * kMinute)},
      {Interval::day_1, at(2024, 2, 29, 14 * kHour), 0, at(2024, 2, 29), at(2024, 3, 1)},
      {Interval::day_1, at(2024, 2, 29, 11 * kHour), kFarEast, at(2024, 2, 29, 10 * kHour), at(2024, 3, 1, 10 * kHour)},
      {Interval::day_1, at(2024, 2, 29, 11 * kHour), kWest, at(2024, 2, 28, 12 * kHour), at(2024, 2, 29, 12 * kHour)},
      // 2024-02-27 is day 19,780; 19,779 is a multiple of three
      {Interval::day_3, at(2024, 2, 28, 5), 0, at(2024, 2, 26), at(2024, 2, 29)},
      {Interval::week_1, at(2024, 3, 3, kDay - 1), 0, at(2024, 2, 26), at(2024, 3, 4)},  // a Sunday
      {Interval::week_1, at(2024, 3, 4), 0, at(2024, 3, 4), at(2024, 3, 11)},            // a Monday
      {Interval::week_1, at(2024, 3, 3, 20 * kHour), kEast, at(2024, 3, 3, kDay - kEast),
       at(2024, 3, 10, kDay - kEast)},
      {Interval::month_1, at(2024, 2, 29, kDay - 1), 0, at(2024, 2, 1), at(2024, 3, 1)},
      {Interval::month_1, at(2023, 2, 28, kDay - 1), 0, at(2023, 2, 1), at(2023, 3, 1)},
      {Interval::month_1, at(2023, 12, 31, kDay - 1), 0, at(2023, 12, 1), at(2024, 1, 1)},
      {Interval::month_1, at(2023, 12, 31, kDay - 1), kFarEast, at(2023, 12, 31, 10 * kHour),
       at(2024, 1, 31, 10 * kHour)},
      {Interval::month_1, at(2000, 2, 29), 0, at(2000, 2, 1), at(2000, 3, 1)},            // a leap year
      {Interval::month_1, at(2100, 2, 28, kDay - 1), 0, at(2100, 2, 1), at(2100, 3, 1)},  // none
      {Interval::month_1, 0, 0, 0, at(1970, 2, 1)},
      {Interval::month_1, -1, 0, at(1969, 12, 1), 0},
      {Interval::day_1, -1, 0, -kDay, 0},
      {Interval::week_1, 0, 0, -3 * kDay, 4 * kDay},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(open_of(each.interval, {each.time}, each.offset).ns, each.open) << name_of(each.interval) << each.time;
    EXPECT_EQ(next_open(each.interval, {each.time}, each.offset).ns, each.next) << name_of(each.interval) << each.time;
  }
}

// The calendar of the standard library says the same, every day for two centuries, and any time of day.
TEST(Intervals, EqualTheStandardCalendar) {
  core::Random random(5);
  for (std::int64_t day = 1; day < 145 * 365; ++day) {
    for (const Interval interval : {Interval::day_1, Interval::day_3, Interval::week_1, Interval::month_1}) {
      const std::int64_t offset = random.between(-48, 56) * 15 * kMinute;
      const core::Time time{day * kDay + random.between(0, kDay - 1)};
      ASSERT_EQ(open_of(interval, time, offset).ns, naive::open_of(name_of(interval), time.ns, offset));
    }
  }
}

TEST(Intervals, FollowEachOtherWithoutGaps) {
  core::Random random(6);
  for (int i = 0; i < 20'000; ++i) {
    const Interval interval = kIntervals[random.below(kIntervals.size())];
    const std::int64_t offset = random.between(-48, 56) * 15 * kMinute;
    const core::Time time{random.between(-100 * 365 * kDay, 190 * 365 * kDay)};
    const core::Time open = open_of(interval, time, offset), next = next_open(interval, time, offset);
    ASSERT_LE(open, time);
    ASSERT_LT(time, next);
    ASSERT_EQ(open_of(interval, open, offset), open);
    ASSERT_EQ(open_of(interval, next, offset), next);
    ASSERT_EQ(open_of(interval, {next.ns - 1}, offset), open);
    ASSERT_EQ(next_open(interval, {open.ns - 1}, offset), open);
    // What the candles of a period are put together from begins where the period begins.
    ASSERT_EQ(open.ns % length_ns(base_layer(interval, offset)), 0);
  }
}

TEST(Intervals, AreMadeOfTheLongestBaseCandles) {
  EXPECT_EQ(base_layer(Interval::second_1), CandleLayer::second);
  for (const Interval each : {Interval::minute_1, Interval::minute_3, Interval::minute_5})
    EXPECT_EQ(base_layer(each), CandleLayer::minute);
  for (const Interval each : {Interval::minute_15, Interval::minute_30, Interval::hour_1, Interval::hour_12})
    EXPECT_EQ(base_layer(each), CandleLayer::quarter_hour);
  for (const Interval each : {Interval::day_1, Interval::day_3, Interval::week_1, Interval::month_1}) {
    EXPECT_EQ(base_layer(each), CandleLayer::day);
    EXPECT_EQ(base_layer(each, kEast), CandleLayer::quarter_hour);
  }
}

TEST(IntervalsDeathTest, TimeZonesAreWholeQuarterHours) {
  EXPECT_DEATH((void)open_of(Interval::day_1, {}, kMinute), "");
  EXPECT_DEATH((void)open_of(Interval::day_1, {}, 2 * kDay), "");
}

}  // namespace
}  // namespace market_data
