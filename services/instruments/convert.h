// Decimal strings of a market or an asset to counts and back. What the gateways and the command line use at their
// edges.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "services/instruments/types.h"

namespace instruments {

enum class ConvertError : std::uint8_t {
  malformed,          // no decimal number
  too_many_decimals,  // more decimals than the asset has
  off_step,           // a number of the asset, but between two ticks or lots
  too_large,          // does not fit; far above every filter's maximum
};

inline constexpr int kPrecisionUsual = 8;  // decimals of an asset unless it says otherwise

// A price in the market's ticks. `precision` is what tells "too many decimals" from "off the step": decimals of the
// quote asset (of the base asset for quantities); the market's own decimals are accepted whatever it says. Ranges are
// not checked here: zero passes, and is refused by the filters.
[[nodiscard]] std::expected<core::Price, ConvertError> parse_price(const Market& market, std::string_view text,
                                                                   int precision = kPrecisionUsual);
[[nodiscard]] std::expected<core::Quantity, ConvertError> parse_quantity(const Market& market, std::string_view text,
                                                                         int precision = kPrecisionUsual);
// In ledger units; never off_step. At most core::kAmountMax.
[[nodiscard]] std::expected<core::Amount, ConvertError> parse_amount(const Asset& asset, std::string_view text);

// With all decimals of `precision`, or of the market's step where that has more: "50000.01000000".
void append_price(std::string& out, const Market& market, core::Price price, int precision = kPrecisionUsual);
void append_quantity(std::string& out, const Market& market, core::Quantity quantity, int precision = kPrecisionUsual);
void append_amount(std::string& out, const Asset& asset, core::Amount amount);
[[nodiscard]] std::string format_price(const Market& market, core::Price price, int precision = kPrecisionUsual);
[[nodiscard]] std::string format_quantity(const Market& market, core::Quantity quantity,
                                          int precision = kPrecisionUsual);
[[nodiscard]] std::string format_amount(const Asset& asset, core::Amount amount);

}  // namespace instruments
