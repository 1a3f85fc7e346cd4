// The states of a market: what each lets in, whether orders match in it, and which may follow it. One table, read by
// the accounts fold (admission), the matching fold and the gateways.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "services/instruments/types.h"

namespace instruments {

// What a client can want of a market.
enum class Action : std::uint8_t {
  limit = 0,        // a limit order that may rest
  immediate = 1,    // a limit order that may not: IOC, FOK
  limit_maker = 2,  // post-only
  market = 3,       // by quantity or amount
  cancel = 4,
  move = 5,         // to another price
  reduce = 6,       // the quantity
  conditional = 7,  // an order that waits for its trigger
};
inline constexpr std::array kActions = {Action::limit,  Action::immediate, Action::limit_maker, Action::market,
                                        Action::cancel, Action::move,      Action::reduce,      Action::conditional};

enum class Phase : std::uint8_t {
  continuous,  // orders match as they come; the book is never crossed
  idle,        // nothing matches
  call,        // nothing matches until the auction's price is found; what it would be now is published
};

struct StateRules {
  MarketState state = MarketState::trading;
  std::string_view name;  // for operators and tools
  Phase phase = Phase::idle;
  std::uint16_t accepts = 0;  // bit per Action
  std::uint16_t next = 0;     // bit per MarketState that an operator may choose from here
};

namespace states {

template <class... Enums>
constexpr std::uint16_t bits(Enums... enums) {
  return static_cast<std::uint16_t>(((1u << static_cast<unsigned>(enums)) | ... | 0u));
}

using enum Action;
using State = MarketState;
inline constexpr std::uint16_t kAny = bits(limit, immediate, limit_maker, market, cancel, move, reduce, conditional);
// From wherever orders match, all but the states of a market that is being opened.
inline constexpr std::uint16_t kFromContinuous = bits(State::trading, State::halted, State::auction, State::cancel_only,
                                                      State::post_only, State::limit_only, State::closed);
inline constexpr std::uint16_t kFromCall = bits(State::auction, State::auction_frozen, State::trading, State::post_only,
                                                State::limit_only, State::halted, State::closed);

}  // namespace states

// In the order of their numbers, from 1.
inline constexpr std::array<StateRules, 9> kMarketStates = {{
    {MarketState::trading, "trading", Phase::continuous, states::kAny, states::kFromContinuous},
    {MarketState::halted, "halted", Phase::idle, states::bits(Action::cancel),
     states::kFromContinuous | states::bits(MarketState::pre_open)},
    {MarketState::pre_open, "pre_open", Phase::idle,
     states::bits(Action::limit, Action::cancel, Action::move, Action::reduce),
     states::bits(MarketState::auction, MarketState::halted, MarketState::closed)},
    {MarketState::auction, "auction", Phase::call,
     states::bits(Action::limit, Action::cancel, Action::move, Action::reduce), states::kFromCall},
    {MarketState::auction_frozen, "auction_frozen", Phase::call, states::bits(Action::limit), states::kFromCall},
    {MarketState::cancel_only, "cancel_only", Phase::idle, states::bits(Action::cancel, Action::reduce),
     states::kFromContinuous},
    {MarketState::post_only, "post_only", Phase::continuous,
     states::bits(Action::limit_maker, Action::cancel, Action::move, Action::reduce), states::kFromContinuous},
    {MarketState::limit_only, "limit_only", Phase::continuous,
     states::bits(Action::limit, Action::immediate, Action::limit_maker, Action::cancel, Action::move, Action::reduce),
     states::kFromContinuous},
    {MarketState::closed, "closed", Phase::idle, states::bits(Action::cancel),
     states::bits(MarketState::pre_open, MarketState::auction, MarketState::halted)},
}};

[[nodiscard]] constexpr bool is_market_state(MarketState state) {
  return state >= MarketState::trading && state <= MarketState::closed;
}
// REQUIRES is_market_state(state).
[[nodiscard]] constexpr const StateRules& rules_of(MarketState state) {
  return kMarketStates[static_cast<std::size_t>(state) - 1];
}
[[nodiscard]] constexpr bool accepts(MarketState state, Action action) {
  return (rules_of(state).accepts & states::bits(action)) != 0;
}

namespace states {

constexpr std::uint16_t in_phase(Phase phase) {
  unsigned found = 0;
  for (const StateRules& rules : kMarketStates) found |= rules.phase == phase ? bits(rules.state) : 0u;
  return static_cast<std::uint16_t>(found);
}
inline constexpr std::uint16_t kContinuous = in_phase(Phase::continuous), kCall = in_phase(Phase::call);

}  // namespace states

[[nodiscard]] constexpr bool is_continuous(MarketState state) {
  return (states::kContinuous & states::bits(state)) != 0;
}
[[nodiscard]] constexpr bool is_call(MarketState state) { return (states::kCall & states::bits(state)) != 0; }

// Whether an operator may do that. To stay where it is always is allowed. A market that resumes by auction comes to
// continuous trading from a call only.
[[nodiscard]] constexpr bool may_follow(MarketState from, MarketState to, bool resumes_by_auction) {
  if (from == to) return true;
  if ((rules_of(from).next & states::bits(to)) == 0) return false;
  return !resumes_by_auction || rules_of(from).phase != Phase::idle || !is_continuous(to);
}
// Whether the orders that cross trade, at one price, on the way from one state to the other: wherever matching begins,
// and when a call ends by closing. A call that is halted keeps its orders as they are.
[[nodiscard]] constexpr bool uncrosses(MarketState from, MarketState to) {
  return (is_continuous(to) && !is_continuous(from)) || (is_call(from) && to == MarketState::closed);
}
[[nodiscard]] constexpr std::optional<MarketState> market_state_named(std::string_view name) {
  for (const StateRules& rules : kMarketStates) {
    if (rules.name == name) return rules.state;
  }
  return std::nullopt;
}

}  // namespace instruments
