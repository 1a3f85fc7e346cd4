// Everybody who is no market maker: what each would do next on a market. Like the makers they remember nothing; what
// they own and have open is in the views.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "pkg/core/random.h"
#include "services/engine/command.h"
#include "services/traders/desk.h"

namespace traders {

// A hesitant trader with so many orders open cancels one before it places another.
inline constexpr std::size_t kHesitantOrdersMax = 6;

enum class Role : std::uint8_t {
  maker,       // see ladder.h
  taker,       // trades for reasons of its own: at the market by quantity or by amount, or immediate-or-cancel
  chaser,      // buys what has risen and sells what has fallen, late and at any price
  panicker,    // sells much at once when prices drop, buys back when they have risen
  hesitant,    // places orders near the touch and takes most of them back
  arbitrageur  // takes what is offered on the wrong side of fair value, whoever left it there
};

struct Person {
  Role role = Role::taker;
  core::AccountId account;
};

// Nothing: it has no reason to, or cannot afford it.
[[nodiscard]] std::optional<engine::Command> next_command(const Person& person, const Desk& desk,
                                                          const engine::Views& views, core::Time now,
                                                          core::Random& random);

}  // namespace traders
