#include "services/instruments/convert.h"

#include <algorithm>
#include <limits>

#include "pkg/core/decimal.h"

namespace instruments {
namespace {

ConvertError converted(core::DecimalError error) {
  switch (error) {
    case core::DecimalError::malformed:
      return ConvertError::malformed;
    case core::DecimalError::too_many_decimals:
      return ConvertError::too_many_decimals;
    case core::DecimalError::too_large:
      return ConvertError::too_large;
  }
  return ConvertError::malformed;
}

// The number of steps of mantissa × 10^-decimals in `text`.
template <class Steps>
std::expected<Steps, ConvertError> parse_steps(std::string_view text, std::int64_t mantissa, int decimals,
                                               int precision) {
  CHECK(mantissa > 0);
  const int read_decimals = std::max(decimals, precision);
  const auto count = core::parse_decimal(text, read_decimals);
  if (!count) return std::unexpected(converted(count.error()));
  const core::int128 step = mantissa * core::power_of_ten(read_decimals - decimals);
  if (*count % step != 0) return std::unexpected(ConvertError::off_step);
  const core::int128 steps = *count / step;
  if (steps > std::numeric_limits<std::int64_t>::max()) return std::unexpected(ConvertError::too_large);
  return Steps{static_cast<std::int64_t>(steps)};
}

void append_steps(std::string& out, std::int64_t steps, std::int64_t mantissa, int decimals, int precision) {
  core::append_decimal(out, static_cast<core::int128>(steps) * mantissa, decimals, std::max(decimals, precision));
}

}  // namespace

std::expected<core::Price, ConvertError> parse_price(const Market& market, std::string_view text, int precision) {
  return parse_steps<core::Price>(text, market.tick_mantissa, market.price_decimals, precision);
}
std::expected<core::Quantity, ConvertError> parse_quantity(const Market& market, std::string_view text, int precision) {
  return parse_steps<core::Quantity>(text, market.lot_mantissa, market.quantity_decimals, precision);
}

std::expected<core::Amount, ConvertError> parse_amount(const Asset& asset, std::string_view text) {
  const auto units = core::parse_decimal(text, asset.ledger_decimals);
  if (!units) return std::unexpected(converted(units.error()));
  if (*units > core::kAmountMax.value()) return std::unexpected(ConvertError::too_large);
  return core::Amount{*units};
}

void append_price(std::string& out, const Market& market, core::Price price, int precision) {
  append_steps(out, price.value(), market.tick_mantissa, market.price_decimals, precision);
}
void append_quantity(std::string& out, const Market& market, core::Quantity quantity, int precision) {
  append_steps(out, quantity.value(), market.lot_mantissa, market.quantity_decimals, precision);
}
void append_amount(std::string& out, const Asset& asset, core::Amount amount) {
  core::append_decimal(out, amount.value(), asset.ledger_decimals);
}

std::string format_price(const Market& market, core::Price price, int precision) {
  std::string out;
  append_price(out, market, price, precision);
  return out;
}
std::string format_quantity(const Market& market, core::Quantity quantity, int precision) {
  std::string out;
  append_quantity(out, market, quantity, precision);
  return out;
}
std::string format_amount(const Asset& asset, core::Amount amount) {
  std::string out;
  append_amount(out, asset, amount);
  return out;
}

}  // namespace instruments
