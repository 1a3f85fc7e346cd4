// The intervals that candles are asked for in, and where their periods begin: exact for every time, with calendar
// months and weeks from Monday. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pkg/core/ids.h"
#include "services/market_data/types.h"

namespace market_data {

enum class Interval : std::uint8_t {
  second_1 = 1,
  minute_1,
  minute_3,
  minute_5,
  minute_15,
  minute_30,
  hour_1,
  hour_2,
  hour_4,
  hour_6,
  hour_8,
  hour_12,
  day_1,
  day_3,
  week_1,
  month_1,
};
inline constexpr std::array<Interval, 16> kIntervals = {
    Interval::second_1,  Interval::minute_1,  Interval::minute_3, Interval::minute_5,
    Interval::minute_15, Interval::minute_30, Interval::hour_1,   Interval::hour_2,
    Interval::hour_4,    Interval::hour_6,    Interval::hour_8,   Interval::hour_12,
    Interval::day_1,     Interval::day_3,     Interval::week_1,   Interval::month_1};

// "1s", "1m", ... "1M".
[[nodiscard]] std::string_view name_of(Interval interval);
[[nodiscard]] std::optional<Interval> interval_of(std::string_view name);

// What a time zone differs from UTC: local time is UTC + offset. REQUIRES, wherever one is given, whole quarter hours,
// as all zones in use are.
inline constexpr std::int64_t kQuarterHourNs = length_ns(CandleLayer::quarter_hour);
inline constexpr std::int64_t kDayNs = length_ns(CandleLayer::day);

// The start of the interval's period that `time` lies in, by the clocks of a time zone. Periods of fixed length are
// counted from 1970-01-01 00:00 there, weeks from a Monday, months by the calendar.
// REQUIRES times within 200 years of 1970, here and below.
[[nodiscard]] core::Time open_of(Interval interval, core::Time time, std::int64_t offset_ns = 0);
// The start of the period after the one that `time` lies in.
[[nodiscard]] core::Time next_open(Interval interval, core::Time time, std::int64_t offset_ns = 0);

// The longest base candles that the interval's can be put together from.
[[nodiscard]] CandleLayer base_layer(Interval interval, std::int64_t offset_ns = 0);

}  // namespace market_data
