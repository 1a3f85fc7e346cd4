// What the simulated traders are told, and what is counted of them.
#pragma once

#include <array>
#include <cstdint>

namespace traders {

struct Options {
  std::uint64_t seed = 1;
  std::uint32_t commands_per_s = 25;  // on average, once the books are laid; 0: nobody trades
};
inline constexpr std::uint32_t kCommandsPerSecondMax = 10'000;

struct Counters {
  std::uint64_t submitted = 0;  // commands the exchange took
  std::uint64_t refused = 0;    // commands it did not even sequence
  std::uint64_t rejected = 0;   // commands it sequenced and rejected
  std::uint64_t top_ups = 0;    // deposits
};

// What is traded, with a price in dollars (USDT), which is worth itself.
enum class Coin : std::uint8_t { btc, eth, sol, usdt };
inline constexpr std::size_t kCoins = 4;

}  // namespace traders
