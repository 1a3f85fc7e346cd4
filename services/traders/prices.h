// What the coins are worth to the traders: seeded random walks in whole numbers, the same on every machine. Each coin
// is in a regime (calm, trending, volatile) that changes after a while; entering the volatile one may be a jump. Coins
// move partly together, and a weak pull to where they began keeps them in a plausible range over weeks.
#pragma once

#include <array>
#include <cstdint>

#include "pkg/core/ids.h"
#include "pkg/core/random.h"
#include "services/traders/types.h"

namespace traders {

inline constexpr std::int64_t kDollar = 100'000'000;     // values count 1e-8 dollars
inline constexpr std::int64_t kStepNs = 100'000'000;     // time between two steps of the walk
inline constexpr std::int64_t kPpm = 1'000'000;          // one, in parts per million
inline constexpr std::int64_t kValueMin = kDollar / 10;  // whatever happens
inline constexpr std::int64_t kValueMax = 10'000'000 * kDollar;

enum class Regime : std::uint8_t { calm, trending, turbulent };

class Prices {
 public:
  // `pace_percent`: how fast the world moves; slower where few traders have to follow it.
  explicit Prices(std::uint64_t seed, std::int64_t pace_percent = 100);

  // Goes on from this value: where the market was last.
  void start(Coin coin, std::int64_t value);
  // Takes the steps that are due. A pause of more than a few seconds, or a clock that went back, is passed over.
  void advance(core::Time now);

  [[nodiscard]] std::int64_t value(Coin coin) const { return of(coin).value; }  // of one coin
  // How far one step usually goes, in parts per billion.
  [[nodiscard]] std::int64_t volatility_ppb(Coin coin) const { return of(coin).volatility_ppb; }
  [[nodiscard]] Regime regime(Coin coin) const { return of(coin).regime; }
  // Change over the last `seconds` (at most 60).
  [[nodiscard]] std::int64_t moved_ppm(Coin coin, std::size_t seconds) const;

 private:
  static constexpr std::size_t kRemembered = 64;  // seconds
  struct Walk {
    std::int64_t value = kDollar, anchor = kDollar;
    Regime regime = Regime::calm;
    std::int64_t volatility_ppb = 0, drift_ppb = 0;  // per step
    std::int64_t steps_left = 0;                     // in this regime
    std::array<std::int64_t, kRemembered> seconds{};
  };
  [[nodiscard]] const Walk& of(Coin coin) const { return walks_[static_cast<std::size_t>(coin)]; }
  void step();
  void step(Coin coin, std::int64_t together);
  void enter_regime(Coin coin, Walk& walk);
  void move(Walk& walk, std::int64_t ppb);
  [[nodiscard]] std::int64_t noise();

  const std::int64_t pace_percent_;
  core::Random random_;
  std::array<Walk, kCoins> walks_;
  core::Time stepped_at_;  // none before the first
  std::uint64_t steps_ = 0;
};

}  // namespace traders
