// Named sets of limits: `binance` is the published one, `open` has none, for benchmarks and private use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limits {

// So many in every window of so long; windows are aligned to multiples of their length since 1970. count 0: no limit.
struct Window {
  std::uint32_t count = 0;
  std::int64_t length_ns = 0;
};

struct Profile {
  std::string_view name = "open";
  Window request_weight{0, 60'000'000'000};          // per address
  Window raw_requests{0, 300'000'000'000};           // per address
  Window orders_short{0, 10'000'000'000};            // per account
  Window orders_day{0, 86'400'000'000'000};          // per account
  Window websocket_connections{0, 300'000'000'000};  // new ones, per address
  std::uint32_t websocket_messages_per_second = 0;   // per connection, pings and pongs among them; 0: no limit
  // An address that sends this many requests more while it is being answered 429 is banned, each time longer.
  std::uint32_t violations_max = 0;                                             // 0: never
  std::int64_t ban_ns_min = 120'000'000'000, ban_ns_max = 259'200'000'000'000;  // 2 minutes to 3 days, doubling
  std::size_t addresses_max = 100'000;                                          // remembered at a time
};

[[nodiscard]] constexpr Profile open_profile() { return {}; }
[[nodiscard]] constexpr Profile binance_profile() {
  Profile profile;
  profile.name = "binance";
  profile.request_weight.count = 6'000;
  profile.raw_requests.count = 61'000;
  profile.orders_short.count = 100;
  profile.orders_day.count = 200'000;
  profile.websocket_connections.count = 300;
  profile.websocket_messages_per_second = 5;
  profile.violations_max = 100;
  return profile;
}
// The profile of that name, as `--limits` takes it.
[[nodiscard]] constexpr std::optional<Profile> profile_named(std::string_view name) {
  if (name == "open") return open_profile();
  if (name == "binance") return binance_profile();
  return std::nullopt;
}

}  // namespace limits
