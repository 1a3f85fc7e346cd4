#include "gateways/auth/freshness.h"

#include <limits>

namespace auth {
namespace {

constexpr std::size_t kDigitsMax = 20;
constexpr std::uint64_t kMicrosecondsFrom = 100'000'000'000'000;  // as milliseconds: the year 5138
constexpr std::uint64_t kTimeMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<core::Time> parse_time(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    // Saturates: what is that far ahead is refused as such, it need not be told apart.
    value = value > kTimeMax / 10 ? kTimeMax : value * 10 + digit;
  }
  const std::uint64_t unit_ns = value >= kMicrosecondsFrom ? 1'000 : 1'000'000;
  const std::uint64_t ns = value > kTimeMax / unit_ns ? kTimeMax : value * unit_ns;
  return core::Time{static_cast<std::int64_t>(ns)};
}

std::expected<std::int64_t, WindowError> parse_window(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || whole.size() > kDigitsMax || decimals.size() > 3) return std::unexpected(WindowError::malformed);
  if (point != std::string_view::npos && decimals.empty()) return std::unexpected(WindowError::malformed);
  std::int64_t milliseconds = 0;
  for (const char c : whole) {
    if (!is_digit(c)) return std::unexpected(WindowError::malformed);
    milliseconds = milliseconds > kReceiveWindowNsMax ? milliseconds : milliseconds * 10 + (c - '0');
  }
  std::int64_t ns = 0, digit_ns = 100'000;
  for (const char c : decimals) {
    if (!is_digit(c)) return std::unexpected(WindowError::malformed);
    ns += (c - '0') * digit_ns;
    digit_ns /= 10;
  }
  if (milliseconds > kReceiveWindowNsMax / 1'000'000) return std::unexpected(WindowError::too_long);
  ns += milliseconds * 1'000'000;
  if (ns > kReceiveWindowNsMax) return std::unexpected(WindowError::too_long);
  return ns;
}

}  // namespace auth
