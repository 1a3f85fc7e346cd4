// Numbers and time zones as they are written.
#include "gateways/spot/market_data_house.h"

namespace spot {
namespace {

using namespace testing;

TEST(Ratios, AreRoundedToTheNearest) {
  const struct {
    core::int128 numerator, denominator;
    int decimals;
    std::string_view text;
  } cases[] = {
      {0, 1, 3, "0.000"},
      {1, 3, 8, "0.33333333"},
      {2, 3, 8, "0.66666667"},
      {-2, 3, 8, "-0.66666667"},
      {1, 2'000, 3, "0.001"},  // a half goes away from zero
      {-1, 2'000, 3, "-0.001"},
      {999'999, 1'000'000, 3, "1.000"},
      {5, 2, 0, "3"},
      {core::int128{1} << 100, core::int128{1} << 99, 2, "2.00"},
      {(core::int128{1} << 100) - 1, core::int128{1} << 101, 8, "0.50000000"},
  };
  for (const auto& each : cases) {
    std::string out;
    append_ratio(out, each.numerator, each.denominator, each.decimals);
    EXPECT_EQ(out, each.text);
  }
}

TEST(Averages, OfAnyVolumeThatCanBe) {
  const House house;
  const Listing listing = listing_of(house.views.instruments, *house.views.instruments.market("BTCUSDT"));
  const struct {
    core::int128 lots, tick_lots;
    std::string_view text;
  } cases[] = {
      {0, 0, "0.00000000"},
      {1, 5'000'000, "50000.00000000"},
      {3, 5'000'000, "16666.66666667"},
      {core::int128{3} << 80, core::int128{5'000'000} << 80, "16666.66666667"},  // more lots than 62 bits hold
      {(core::int128{1} << 90) - 1, (core::int128{1} << 90) - 1, "0.01000000"},
  };
  for (const auto& each : cases) {
    std::string out;
    append_average_price(out, listing, {each.lots, each.tick_lots});
    EXPECT_EQ(out, each.text);
  }
}

TEST(TimeZones, AsTheyAreWritten) {
  const struct {
    std::string_view text;
    std::int64_t minutes;
  } good[] = {{"0", 0},       {"00", 0},       {"0:00", 0},    {"-0:00", 0},    {"8", 480},
              {"08:00", 480}, {"+8", 480},     {" 8:00", 480}, {"-1:00", -60},  {"05:45", 345},
              {"5:45", 345},  {"-3:30", -210}, {"14", 840},    {"+14:00", 840}, {"-12:00", -720}};
  for (const auto& each : good) EXPECT_EQ(parse_time_zone(each.text), each.minutes * kMinute) << each.text;
  for (const std::string_view bad :
       {"",    "-",    "+",    ":",   "5:",  ":45", "5:4", "5:450", "005", "14:15", "-12:15", "15",
        "-13", "5:60", "5:20", "5.5", "0x5", "--5", "+-5", "5:-1",  "UTC", "5:45 ", "8:00:00"})
    EXPECT_FALSE(parse_time_zone(bad).has_value()) << bad;
}

}  // namespace
}  // namespace spot
