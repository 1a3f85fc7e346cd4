// Decimal strings to counts and back, exactly. The gateways' only door between text and numbers.
//
// Accepted: digits, optionally one point with digits on both sides or only behind or before it as Binance takes them
// ("1", "1.", ".5", "0.10"), at most kDecimalDigitsMax digits before the point. Refused: empty, "+", "-", exponents,
// "NaN", "Infinity", spaces, two points, a lone point.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "pkg/core/bytes.h"
#include "pkg/core/numbers.h"

namespace core {

inline constexpr int kDecimalsMax = 18;
inline constexpr int kDecimalDigitsMax = 20;

enum class DecimalError : std::uint8_t {
  malformed,          // not of the accepted form
  too_many_decimals,  // a digit other than zero behind the last decimal that can be held
  too_large,          // does not fit
};

// The value as a count of 10^-decimals. REQUIRES 0 <= decimals <= kDecimalsMax. Trailing zeros beyond `decimals` are
// fine.
[[nodiscard]] std::expected<int128, DecimalError> parse_decimal(std::string_view text, int decimals);

// Appends `count` × 10^-decimals with exactly `shown` decimals (shown >= decimals pads with zeros; shown < decimals
// REQUIRES the digits cut off to be zero). "-0.5" for negative counts.
void append_decimal(std::string& out, int128 count, int decimals, int shown);
inline void append_decimal(std::string& out, int128 count, int decimals) {
  append_decimal(out, count, decimals, decimals);
}
[[nodiscard]] std::string format_decimal(int128 count, int decimals, int shown);

// Decimals needed to write `count` × 10^-decimals without loss: 0 for whole numbers.
[[nodiscard]] int decimals_needed(int128 count, int decimals);

// 10^exponent. REQUIRES 0 <= exponent <= 38.
[[nodiscard]] int128 power_of_ten(int exponent);

}  // namespace core
