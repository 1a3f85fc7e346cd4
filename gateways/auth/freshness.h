// The timing rule of signed requests: not from the future, not older than the client allows.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "pkg/core/ids.h"

namespace auth {

inline constexpr std::int64_t kAheadNsMax = 1'000'000'000;
inline constexpr std::int64_t kReceiveWindowNsDefault = 5'000'000'000;
inline constexpr std::int64_t kReceiveWindowNsMax = 60'000'000'000;

// When a request says it was sent, and how long it stays valid.
struct Freshness {
  core::Time timestamp;
  std::int64_t window_ns = kReceiveWindowNsDefault;
};

enum class Staleness : std::uint8_t { fresh, ahead, expired };

// timestamp < now + 1 s and now - timestamp <= window. Asked on arrival, and again just before the command is
// submitted.
[[nodiscard]] constexpr Staleness judge(const Freshness& request, core::Time now) {
  if (request.timestamp.ns >= now.ns + kAheadNsMax) return Staleness::ahead;
  if (now.ns - request.timestamp.ns > request.window_ns) return Staleness::expired;
  return Staleness::fresh;
}

// A point in time as clients write it: whole milliseconds, or microseconds when the number is too large for
// milliseconds of the next thousand years. Nothing for what is no number of at most 20 digits.
[[nodiscard]] std::optional<core::Time> parse_time(std::string_view text);

enum class WindowError : std::uint8_t { malformed, too_long };
// Milliseconds with up to three decimals, at most 60000.
[[nodiscard]] std::expected<std::int64_t, WindowError> parse_window(std::string_view text);

}  // namespace auth
