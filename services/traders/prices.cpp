#include "services/traders/prices.h"

#include <algorithm>

#include "pkg/core/numbers.h"

namespace traders {
namespace {

using core::int128;

constexpr std::int64_t kPpb = 1'000'000'000;
constexpr std::int64_t kStepsPerSecond = 1'000'000'000 / kStepNs;
constexpr std::int64_t kPauseStepsMax = 30;  // longer pauses are not made up for
constexpr std::int64_t kNoiseDeviation = 1'155;
constexpr std::int64_t kPull = 500;  // ppb a step for a value twice its anchor: half of the way in about two days

// Standard deviation of one step; 25,000 ppb ten times a second are 0.8 basis points a second.
constexpr std::int64_t kCalmPpb = 25'000, kTrendingPpb = 22'000, kTurbulentPpb = 65'000;

// Smaller coins move more, in percent.
constexpr std::int64_t liveliness(Coin coin) { return coin == Coin::btc ? 100 : coin == Coin::eth ? 120 : 150; }

}  // namespace

Prices::Prices(std::uint64_t seed, std::int64_t pace_percent) : pace_percent_(pace_percent), random_(seed) {
  for (const Coin coin : {Coin::btc, Coin::eth, Coin::sol, Coin::usdt}) start(coin, kDollar);
}

void Prices::start(Coin coin, std::int64_t value) {
  Walk& walk = walks_[static_cast<std::size_t>(coin)];
  walk.value = walk.anchor = std::clamp(value, kValueMin, kValueMax);
  walk.steps_left = 0;
  walk.seconds.fill(walk.value);
}

void Prices::advance(core::Time now) {
  const std::int64_t due = (now.ns - stepped_at_.ns) / kStepNs;
  if (stepped_at_.ns == 0 || now < stepped_at_ || due > kPauseStepsMax) {
    stepped_at_ = now;
    return;
  }
  for (std::int64_t i = 0; i < due; ++i) step();
  stepped_at_.ns += due * kStepNs;
}

void Prices::step() {
  ++steps_;
  const std::int64_t together = noise();
  for (const Coin coin : {Coin::btc, Coin::eth, Coin::sol}) step(coin, together);
}

void Prices::step(Coin coin, std::int64_t together) {
  Walk& walk = walks_[static_cast<std::size_t>(coin)];
  if (walk.steps_left-- <= 0) enter_regime(coin, walk);
  const std::int64_t shock = (6 * together + 8 * noise()) * walk.volatility_ppb / (10 * kNoiseDeviation);
  const auto pull = static_cast<std::int64_t>(static_cast<int128>(walk.anchor - walk.value) * kPull / walk.value);
  move(walk, shock + walk.drift_ppb + pull);
  if (steps_ % kStepsPerSecond == 0) walk.seconds[steps_ / kStepsPerSecond % kRemembered] = walk.value;
}

void Prices::enter_regime(Coin coin, Walk& walk) {
  // It begins quietly.
  const std::uint64_t draw = random_.below(walk.volatility_ppb == 0 ? 78 : 100);
  walk.steps_left = random_.between(30, 240) * kStepsPerSecond;
  walk.drift_ppb = 0;
  if (draw < 45) {
    walk.regime = Regime::calm;
    walk.volatility_ppb = kCalmPpb;
  } else if (draw < 78) {
    walk.regime = Regime::trending;
    walk.volatility_ppb = kTrendingPpb;
    walk.drift_ppb = random_.between(2'000, 6'000) * (random_.chance(1, 2) ? 1 : -1);
  } else {
    walk.regime = Regime::turbulent;
    walk.volatility_ppb = kTurbulentPpb;
    walk.steps_left /= 3;
    if (random_.chance(1, 6)) {
      move(walk, random_.between(10'000, 45'000) * pace_percent_ * (random_.chance(1, 2) ? 1 : -1));
    }
  }
  walk.volatility_ppb = walk.volatility_ppb * liveliness(coin) * pace_percent_ / 10'000;
  walk.drift_ppb = walk.drift_ppb * pace_percent_ / 100;
}

void Prices::move(Walk& walk, std::int64_t ppb) {
  walk.value += static_cast<std::int64_t>(static_cast<int128>(walk.value) * ppb / kPpb);
  walk.value = std::clamp(walk.value, kValueMin, kValueMax);
}

std::int64_t Prices::moved_ppm(Coin coin, std::size_t seconds) const {
  const Walk& walk = of(coin);
  const std::uint64_t second = steps_ / kStepsPerSecond;
  const std::int64_t before = walk.seconds[(second + kRemembered - std::min<std::size_t>(seconds, 60)) % kRemembered];
  return static_cast<std::int64_t>(static_cast<int128>(walk.value - before) * kPpm / before);
}

// Nearly normal: four uniform draws.
std::int64_t Prices::noise() {
  std::int64_t sum = 0;
  for (int i = 0; i < 4; ++i) sum += random_.between(-1'000, 1'000);
  return sum;
}

}  // namespace traders
