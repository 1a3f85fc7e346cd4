// Whatever text comes in: an exact count that prints back to itself, or an error.
#include <cstddef>
#include <cstdint>

#include "pkg/core/check.h"
#include "pkg/core/decimal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int decimals = data[0] % (core::kDecimalsMax + 1);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto parsed = core::parse_decimal(text, decimals);
  if (!parsed) return 0;
  CHECK(*parsed >= 0 && *parsed < core::power_of_ten(38));
  const std::string printed = core::format_decimal(*parsed, decimals, decimals);
  CHECK(core::parse_decimal(printed, decimals) == parsed);
  const int needed = core::decimals_needed(*parsed, decimals);
  CHECK(needed <= decimals);
  CHECK(core::parse_decimal(core::format_decimal(*parsed, decimals, needed), decimals) == parsed);
  return 0;
}
