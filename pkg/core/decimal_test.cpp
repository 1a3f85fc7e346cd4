#include "pkg/core/decimal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "pkg/core/random.h"

namespace core {
namespace {

using enum DecimalError;

constexpr int128 kInt128Max = static_cast<int128>(~uint128{0} >> 1);

// A plain way to print a count, digit by digit: what the fast one is compared with.
std::string naive_format(int128 count, int decimals) {
  const bool negative = count < 0;
  uint128 rest = negative ? uint128{0} - static_cast<uint128>(count) : static_cast<uint128>(count);
  std::string reversed;
  for (int place = 0; place <= decimals || rest != 0; ++place) {
    if (place == decimals && decimals > 0) reversed.push_back('.');
    reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (negative) reversed.push_back('-');
  return {reversed.rbegin(), reversed.rend()};
}

struct Accepted {
  std::string_view text;
  int decimals;
  std::string_view count;  // as an integer, because literals end at 64 bits
};

TEST(ParseDecimal, AcceptsDigitsWithAtMostOnePoint) {
  const Accepted cases[] = {
      {"0", 0, "0"},
      {"0", 8, "0"},
      {"1", 0, "1"},
      {"1", 8, "100000000"},
      {"1.", 2, "100"},
      {".5", 2, "50"},
      {"0.10", 2, "10"},
      {"0.10", 1, "1"},
      {"00012.5", 1, "125"},
      {"1.000", 0, "1"},
      {".0", 0, "0"},
      {"0.", 0, "0"},
      {"0.00000001", 8, "1"},
      {"0.000000010000000000000000000000000000000000", 8, "1"},
      {"0.000000000000000001", 18, "1"},
      {"9223372036854775807", 0, "9223372036854775807"},
      {"9223372036854775808", 0, "9223372036854775808"},
      {"18446744073709551615", 0, "18446744073709551615"},
      {"18446744073709551616", 0, "18446744073709551616"},
      {"99999999999999999999", 0, "99999999999999999999"},
      {"00000000000000000001", 0, "1"},
      {"99999999999999999999.999999999999999999", 18, "99999999999999999999999999999999999999"},
      {"12345678901234567890.123456789012345678", 18, "12345678901234567890123456789012345678"},
  };
  for (const auto& [text, decimals, count] : cases) {
    const auto parsed = parse_decimal(text, decimals);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(naive_format(*parsed, 0), count) << text << " with " << decimals << " decimals";
  }
}

struct Refused {
  std::string_view text;
  int decimals;
  DecimalError error;
};

TEST(ParseDecimal, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  const Refused cases[] = {
      {"", 8, malformed},
      {".", 8, malformed},
      {"..", 8, malformed},
      {"1..", 8, malformed},
      {"1.2.3", 8, malformed},
      {".1.", 8, malformed},
      {"+1", 8, malformed},
      {"-1", 8, malformed},
      {"-0", 8, malformed},
      {"--1", 8, malformed},
      {"1-", 8, malformed},
      {" 1", 8, malformed},
      {"1 ", 8, malformed},
      {"1 000", 8, malformed},
      {"1,5", 8, malformed},
      {"1_000", 8, malformed},
      {"1'000", 8, malformed},
      {"\t1", 8, malformed},
      {"1\n", 8, malformed},
      {"\0"sv, 8, malformed},
      {"1\0"sv, 8, malformed},
      {"1e5", 8, malformed},
      {"1E5", 8, malformed},
      {"1e-5", 8, malformed},
      {"0x10", 8, malformed},
      {"1f", 8, malformed},
      {"NaN", 8, malformed},
      {"nan", 8, malformed},
      {"Infinity", 8, malformed},
      {"inf", 8, malformed},
      {"null", 8, malformed},
      {"true", 8, malformed},
      {"\"1\"", 8, malformed},
      {"１", 8, malformed},    // FULLWIDTH DIGIT ONE
      {"٣", 8, malformed},     // ARABIC-INDIC DIGIT THREE
      {"1．5", 8, malformed},  // FULLWIDTH FULL STOP
      {"\xFF\xFE", 8, malformed},
      {"\xB1", 8, malformed},  // '1' with the high bit set
      {"/", 8, malformed},     // the neighbours of the digits in ASCII
      {":", 8, malformed},
      {"0.000000001", 8, too_many_decimals},
      {"1.1", 0, too_many_decimals},
      {"0.0000000000000000001", 18, too_many_decimals},
      {"0.1000000000000000001", 18, too_many_decimals},
      {"100000000000000000000", 0, too_large},
      {"100000000000000000000", 18, too_large},
      {"000000000000000000001", 0, too_large},
      {"10000000000000000000000000000000000000000", 8, too_large},
      // The form is judged first, then the size, then the decimals.
      {"10000000000000000000000000000000000000000x", 8, malformed},
      {"0.000000001x", 8, malformed},
      {"100000000000000000000.000000001", 8, too_large},
  };
  for (const auto& [text, decimals, error] : cases) {
    const auto parsed = parse_decimal(text, decimals);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(static_cast<int>(parsed.error()), static_cast<int>(error)) << text << " with " << decimals << " decimals";
  }
}

TEST(ParseDecimal, VeryLongTextIsRefusedWhole) {
  const std::string digits(1 << 20, '9');
  EXPECT_EQ(parse_decimal(digits, 8), std::unexpected(too_large));
  EXPECT_EQ(parse_decimal("0." + digits, 8), std::unexpected(too_many_decimals));
  EXPECT_EQ(parse_decimal(std::string(1 << 20, '.'), 8), std::unexpected(malformed));
  EXPECT_TRUE(parse_decimal("0." + std::string(1 << 20, '0'), 8).has_value());
}

struct Printed {
  int128 count;
  int decimals, shown;
  std::string_view text;
};

TEST(FormatDecimal, ShowsExactlyTheDecimalsAskedFor) {
  const Printed cases[] = {
      {0, 0, 0, "0"},
      {0, 8, 8, "0.00000000"},
      {0, 8, 0, "0"},
      {0, 0, 2, "0.00"},
      {1, 8, 8, "0.00000001"},
      {10, 8, 7, "0.0000001"},
      {100, 2, 0, "1"},
      {100, 2, 4, "1.0000"},
      {105, 2, 2, "1.05"},
      {150, 2, 1, "1.5"},
      {12345, 2, 2, "123.45"},
      {-5, 1, 1, "-0.5"},
      {-1, 8, 8, "-0.00000001"},
      {-12300, 2, 0, "-123"},
      {7, 0, 3, "7.000"},
      {1, 18, 20, "0.00000000000000000100"},
      {power_of_ten(19), 0, 0, "10000000000000000000"},
      {power_of_ten(19) - 1, 0, 0, "9999999999999999999"},
      {power_of_ten(38), 0, 0, "100000000000000000000000000000000000000"},
      {power_of_ten(38), 18, 18, "100000000000000000000.000000000000000000"},
      {power_of_ten(38) - 1, 38, 38, "0.99999999999999999999999999999999999999"},
      {kInt128Max, 0, 0, "170141183460469231731687303715884105727"},
      {-kInt128Max - 1, 0, 0, "-170141183460469231731687303715884105728"},
      {-kInt128Max - 1, 18, 18, "-170141183460469231731.687303715884105728"},
  };
  for (const auto& [count, decimals, shown, text] : cases) EXPECT_EQ(format_decimal(count, decimals, shown), text);
}

TEST(FormatDecimal, AppendsToWhatIsThere) {
  std::string out = "price=0.50&";  // a point and zeros in front must not be mistaken for its own
  append_decimal(out, 1200, 3);
  EXPECT_EQ(out, "price=0.50&1.200");
  out = "1.000";
  append_decimal(out, 5, 2, 2);
  EXPECT_EQ(out, "1.0000.05");
}

TEST(FormatDecimalDeathTest, NeverDropsADigit) {
  EXPECT_DEATH((void)format_decimal(1, 8, 7), "digits would be lost");
  EXPECT_DEATH((void)format_decimal(101, 2, 0), "digits would be lost");
  EXPECT_DEATH((void)format_decimal(-1, 1, 0), "digits would be lost");
}

TEST(DecimalsNeeded, IsTheFewestWithoutLoss) {
  const struct {
    int128 count;
    int decimals, needed;
  } cases[] = {{0, 8, 0},
               {1, 8, 8},
               {10, 8, 7},
               {100000000, 8, 0},
               {1000000000, 8, 0},
               {150000000, 8, 1},
               {-50, 2, 1},
               {-100, 2, 0},
               {7, 0, 0},
               {power_of_ten(38), 18, 0},
               {power_of_ten(37) + 1, 18, 18}};
  for (const auto& [count, decimals, needed] : cases) {
    EXPECT_EQ(decimals_needed(count, decimals), needed) << naive_format(count, decimals);
    (void)format_decimal(count, decimals, needed);  // CHECKs that nothing is lost
  }
}

TEST(PowerOfTen, IsExactUpToTheLargest) {
  int128 expected = 1;
  for (int exponent = 0; exponent <= 38; ++exponent) {
    EXPECT_TRUE(power_of_ten(exponent) == expected) << exponent;
    if (exponent < 38) expected *= 10;
  }
  EXPECT_DEATH((void)power_of_ten(39), "CHECK failed");
  EXPECT_DEATH((void)power_of_ten(-1), "CHECK failed");
}

// Counts of every length, with runs of zeros and nines where carries and padding go wrong.
int128 any_count(Random& random, int digits_max) {
  const auto digits = random.below(static_cast<std::uint64_t>(digits_max)) + 1;
  int128 count = 0;
  std::uint64_t digit = random.below(10);
  for (std::uint64_t i = 0; i < digits; ++i) {
    if (random.chance(1, 3)) digit = random.chance(1, 2) ? random.below(10) : (random.chance(1, 2) ? 0 : 9);
    count = count * 10 + static_cast<int128>(digit);
  }
  return count;
}

TEST(DecimalProperty, PrintingIsReadBackAndAgreesWithTheNaiveWay) {
  Random random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto decimals = static_cast<int>(random.below(kDecimalsMax + 1));
    const int128 count = any_count(random, kDecimalDigitsMax + decimals);
    const std::string text = format_decimal(count, decimals, decimals);
    ASSERT_EQ(text, naive_format(count, decimals));
    const auto parsed = parse_decimal(text, decimals);
    ASSERT_TRUE(parsed.has_value()) << text;
    ASSERT_TRUE(*parsed == count) << text;
    ASSERT_EQ(format_decimal(-count, decimals, decimals), (count == 0 ? "" : "-") + text);
    const int needed = decimals_needed(count, decimals);
    ASSERT_EQ(parse_decimal(format_decimal(count, decimals, needed), needed).value(),
              count / power_of_ten(decimals - needed));
  }
}

// Edits of valid texts: whatever is accepted must mean what a naive reading says, and nothing else is accepted.
TEST(DecimalProperty, MutatedTextIsAcceptedOnlyWithItsOwnMeaning) {
  Random random(2);
  const std::string_view alphabet = "0123456789..+-e ,xN\x80";
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto decimals = static_cast<int>(random.below(kDecimalsMax + 1));
    std::string text = format_decimal(any_count(random, 12), decimals, decimals);
    const auto at = random.below(text.size());
    text[at] = alphabet[random.below(alphabet.size())];
    const bool form = std::ranges::count(text, '.') <= 1 &&
                      std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
                      text.find_first_not_of("0123456789.") == std::string::npos;
    const auto parsed = parse_decimal(text, decimals);
    if (!form) {
      ASSERT_EQ(parsed, std::unexpected(malformed)) << text;
    } else if (parsed) {
      ++accepted;
      std::string expected = text.front() == '.' ? "0" + text : text;
      const auto point = expected.find('.');
      std::string shown = naive_format(*parsed, decimals);
      if (point != std::string::npos) expected.erase(expected.find_last_not_of('0') + 1);
      if (expected.back() == '.') expected.pop_back();
      expected.erase(0, std::min(expected.find_first_not_of('0'), expected.size()));
      if (shown.find('.') != std::string::npos) shown.erase(shown.find_last_not_of('0') + 1);
      if (shown.back() == '.') shown.pop_back();
      shown.erase(0, std::min(shown.find_first_not_of('0'), shown.size()));
      ASSERT_EQ(shown, expected) << text;
    }
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace core
