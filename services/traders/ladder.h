// A market maker's ladder: which commands bring the orders it has nearer to the ones it wants. Nothing is remembered:
// what is open in the views is all there is to know, so a restart, a lost fill or a rejected order is just another
// ladder with something missing or out of place.
#pragma once

#include <cstdint>
#include <vector>

#include "pkg/core/random.h"
#include "services/engine/command.h"
#include "services/traders/desk.h"

namespace traders {

struct LadderStyle {
  int levels = 6;  // a side, at most kLevelsMax
  // The first level lies `spreads` half spreads behind fair value, the next ones each a step further.
  std::int64_t spreads = 1, step_ppm = 80;
  std::int64_t cents_min = 30'000,
               cents_max = 250'000;  // of an order of the first level; the last has three times that
};
inline constexpr int kLevelsMax = 16;

struct LadderState {
  core::AccountId account;
  std::vector<const history::Order*> open;  // the account's, on this market
  core::Amount available_base, available_quote;
  std::int64_t lean_ppm = 0;  // quotes are shifted up by this: below zero sheds what there is too much of
};

// The most urgent commands first, at most `commands_max`, each about another order or level: first what gives money
// away goes, then what is missing comes, from the inside out, then what lies too far out or double goes, and when all
// is in place now and then one order is changed. An account never gets more than 2 × levels + 4 orders this way.
[[nodiscard]] std::vector<engine::Command> plan_ladder(const Desk& desk, const LadderStyle& style,
                                                       const LadderState& state, std::size_t commands_max,
                                                       core::Random& random);

}  // namespace traders
