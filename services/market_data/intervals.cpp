#include "services/market_data/intervals.h"

#include "pkg/core/check.h"
#include "services/market_data/candles.h"

namespace market_data {
namespace {

constexpr std::int64_t kMinuteNs = length_ns(CandleLayer::minute), kHourNs = 60 * kMinuteNs, kWeekNs = 7 * kDayNs;
constexpr std::int64_t kFirstMondayNs = 4 * kDayNs;  // 1970-01-05
constexpr std::int64_t kTimeNsMax = 200 * 366 * kDayNs;

struct Shape {
  Interval interval;
  std::string_view name;
  std::int64_t length_ns;  // 0: a calendar month
};
constexpr std::array<Shape, kIntervals.size()> kShapes = {{
    {Interval::second_1, "1s", length_ns(CandleLayer::second)},
    {Interval::minute_1, "1m", kMinuteNs},
    {Interval::minute_3, "3m", 3 * kMinuteNs},
    {Interval::minute_5, "5m", 5 * kMinuteNs},
    {Interval::minute_15, "15m", 15 * kMinuteNs},
    {Interval::minute_30, "30m", 30 * kMinuteNs},
    {Interval::hour_1, "1h", kHourNs},
    {Interval::hour_2, "2h", 2 * kHourNs},
    {Interval::hour_4, "4h", 4 * kHourNs},
    {Interval::hour_6, "6h", 6 * kHourNs},
    {Interval::hour_8, "8h", 8 * kHourNs},
    {Interval::hour_12, "12h", 12 * kHourNs},
    {Interval::day_1, "1d", kDayNs},
    {Interval::day_3, "3d", 3 * kDayNs},
    {Interval::week_1, "1w", kWeekNs},
    {Interval::month_1, "1M", 0},
}};

const Shape& shape_of(Interval interval) {
  const std::size_t at = static_cast<std::size_t>(interval) - 1;
  CHECK(at < kShapes.size() && kShapes[at].interval == interval);
  return kShapes[at];
}

// Calendar months counted from January of the year 0, and back to days since 1970-01-01: the proleptic Gregorian
// calendar in eras of 400 years that begin on the 1st of March, so that the leap day is a year's last.
constexpr std::int64_t kDaysPerEra = 146'097, kDaysToEraOf1970 = 719'468;

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

constexpr std::int64_t month_of(std::int64_t days) {
  const std::int64_t shifted = days + kDaysToEraOf1970;
  const std::int64_t era = floor_divide(shifted, kDaysPerEra);
  const std::int64_t day = shifted - era * kDaysPerEra;
  const std::int64_t year = (day - day / 1460 + day / 36'524 - day / (kDaysPerEra - 1)) / 365;
  const std::int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  return (era * 400 + year) * 12 + month_from_march + 2;
}

constexpr std::int64_t first_day_of(std::int64_t month) {
  const std::int64_t from_march = month - 2;
  const std::int64_t year = floor_divide(from_march, 12);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (from_march - year * 12) + 2) / 5;
  return era * kDaysPerEra + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysToEraOf1970;
}
static_assert(first_day_of(1970 * 12) == 0 && month_of(0) == 1970 * 12 && month_of(-1) == 1970 * 12 - 1);

void check(core::Time time, std::int64_t offset_ns) {
  CHECK(time.ns > -kTimeNsMax && time.ns < kTimeNsMax);
  CHECK(offset_ns % kQuarterHourNs == 0 && offset_ns > -kDayNs && offset_ns < kDayNs);
}

}  // namespace

std::string_view name_of(Interval interval) { return shape_of(interval).name; }

std::optional<Interval> interval_of(std::string_view name) {
  for (const Shape& shape : kShapes) {
    if (shape.name == name) return shape.interval;
  }
  return std::nullopt;
}

core::Time open_of(Interval interval, core::Time time, std::int64_t offset_ns) {
  check(time, offset_ns);
  const core::Time local{time.ns + offset_ns};
  const std::int64_t length = shape_of(interval).length_ns;
  if (length == 0) return {first_day_of(month_of(floor_divide(local.ns, kDayNs))) * kDayNs - offset_ns};
  const std::int64_t origin = interval == Interval::week_1 ? kFirstMondayNs : 0;
  return {floor_to({local.ns - origin}, length).ns + origin - offset_ns};
}

core::Time next_open(Interval interval, core::Time time, std::int64_t offset_ns) {
  check(time, offset_ns);
  const std::int64_t length = shape_of(interval).length_ns;
  if (length != 0) return {open_of(interval, time, offset_ns).ns + length};
  return {first_day_of(month_of(floor_divide(time.ns + offset_ns, kDayNs)) + 1) * kDayNs - offset_ns};
}

CandleLayer base_layer(Interval interval, std::int64_t offset_ns) {
  const std::int64_t length = shape_of(interval).length_ns;
  const bool whole_days = length % kDayNs == 0;  // months too
  if (whole_days) return offset_ns == 0 ? CandleLayer::day : CandleLayer::quarter_hour;
  if (length % kQuarterHourNs == 0) return CandleLayer::quarter_hour;
  return length % kMinuteNs == 0 ? CandleLayer::minute : CandleLayer::second;
}

}  // namespace market_data
