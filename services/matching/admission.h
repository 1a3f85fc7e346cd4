// What the book checks before an order comes in: its fields, the market's state, bands, notional and budget. Everything
// here looks and changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "services/instruments/market_states.h"
#include "services/matching/book.h"
#include "services/matching/planted.h"
#include "services/matching/taking.h"
#include "services/matching/types.h"

namespace matching {

using core::int128;
using core::Rejection;
using instruments::Action;
using instruments::MarketState;

inline constexpr int128 kBasisPoints = 10'000;

inline bool is_market(OrderType type) { return type == OrderType::market || type == OrderType::market_by_quote; }

inline bool outside_band(const instruments::PriceBand& band, Side side, core::Price price, core::Price reference) {
  const bool is_bid = (side == Side::buy) != PLANTED(band_of_other_side);
  const std::uint32_t up = is_bid ? band.bid_up_bp : band.ask_up_bp;
  const std::uint32_t down = is_bid ? band.bid_down_bp : band.ask_down_bp;
  const int128 scaled = price.value() * kBasisPoints;
  return (up != 0 && scaled > int128{reference.value()} * up) ||
         (down != 0 && scaled < int128{reference.value()} * down);
}

// How far a market order may go: the worst price its side's band allows.
inline std::uint64_t collar(const Book& book, const Rules& rules, Side side) {
  const std::uint32_t bp = side == Side::buy ? rules.band.bid_up_bp : rules.band.ask_down_bp;
  if (!book.has_band || book.reference.is_zero() || bp == 0 || PLANTED(collar_ignored)) return kAnyKey;
  const int128 scaled = int128{book.reference.value()} * bp;
  const bool down = side == Side::buy || PLANTED(sell_collar_rounds_down);
  const int128 exact = down ? scaled / kBasisPoints : (scaled + kBasisPoints - 1) / kBasisPoints;
  const int128 price = std::min<int128>(exact, std::numeric_limits<std::int64_t>::max());
  return key_of(opposite(side), core::Price{static_cast<std::int64_t>(price)});
}

inline bool outside(core::Amount value, core::Amount min, core::Amount max) {
  if (PLANTED(notional_min_excluded) && value == min) return true;
  return value < min || (!max.is_zero() && value > max);
}

inline bool accepts(const Book& book, Action action) {
  return book.state == MarketState::trading || instruments::accepts(book.state, action);
}

// The command's own fields, then the market's state, then prices: the first that does not hold is the reason.
[[gnu::always_inline]] inline Rejection admit(const Book& book, const Rules& rules, const NewOrder& command) {
  const bool by_quote = command.type == OrderType::market_by_quote;
  if (command.order.is_none() || (by_quote ? command.quote_quantity.value() : command.quantity.value()) <= 0) {
    return Rejection::invalid_order;
  }
  if (!is_market(command.type) && command.price.value() <= 0) return Rejection::invalid_order;
  if (!accepts(book, action_of(command.type, command.time_in_force, Trigger::none)) && !PLANTED(halt_takes_orders))
      [[unlikely]]
    return Rejection::market_closed;
  if (is_market(command.type)) {
    if (!by_quote && book.reference.is_zero()) return Rejection::none;
    const core::Amount notional =
        by_quote ? command.quote_quantity : core::notional(book.reference, command.quantity, rules.tick_lot_units);
    const bool fits = !outside(notional, rules.notional_min, rules.notional_max);
    return fits ? Rejection::none : Rejection::book_notional_out_of_range;
  }
  if (book.has_band && !book.reference.is_zero() &&
      outside_band(rules.band, command.side, command.price, book.reference)) {
    return Rejection::price_outside_band;
  }
  return Rejection::none;
}

// What few orders have: whether those fields mean something together, and in this market now.
inline Rejection admit_special(const Book& book, const NewOrder& command) {
  const bool is_limit = command.type == OrderType::limit, is_maker = command.type == OrderType::limit_maker;
  const bool waits = command.trigger != Trigger::none;
  if ((command.special & kPeak) != 0) {
    const bool may_rest = is_maker || (is_limit && command.time_in_force == TimeInForce::gtc);
    if (!may_rest || !is_possible(command.peak) || command.peak.size > command.quantity ||
        (!fits(command.peak, command.quantity) && !PLANTED(any_number_of_peaks))) {
      return Rejection::invalid_order;
    }
  }
  if ((command.special & kMinimum) != 0) {
    const bool valid = is_limit && !waits && command.time_in_force != TimeInForce::fok && command.minimum.value() > 0 &&
                       command.minimum <= command.quantity;
    if (!valid) return Rejection::invalid_order;
    if (!instruments::is_continuous(book.state)) return Rejection::market_closed;
  }
  const bool slides = (command.special & kSlides) != 0;
  return slides && (!is_maker || command.slide_bound.value() <= 0) ? Rejection::invalid_order : Rejection::none;
}

// Where a limit maker that would match slides to; zero: nowhere.
inline core::Price slid_price(const Book& book, const Rules& rules, const NewOrder& command) {
  const Side other = opposite(command.side);
  const core::Price best = price_of(other, book.best[index_of(other)]);
  const bool buys = command.side == Side::buy;
  const bool beyond = buys ? best <= command.slide_bound : best >= command.slide_bound;
  if (beyond && !PLANTED(slides_without_bound)) return {};
  const core::Price price{buys ? best.value() - 1 : best.value() + 1};
  const bool out_of_band =
      book.has_band && !book.reference.is_zero() && outside_band(rules.band, command.side, price, book.reference);
  return out_of_band ? core::Price{} : price;
}

// Likewise for a conditional order; what depends on prices then is decided when it fires. A trailing order whose
// condition to begin holds already begins with the next trade that meets it.
inline Rejection admit_conditional(const Book& book, const NewOrder& command) {
  const bool is_limit = command.type == OrderType::limit;
  if (command.order.is_none() || command.quantity.value() <= 0 || (!is_limit && command.type != OrderType::market) ||
      (is_limit && command.price.value() <= 0) || command.trigger > Trigger::take_profit ||
      command.source != TriggerSource::last || command.trailing_bp > kTrailingMax ||
      command.trigger_price.value() < 0 || (command.trigger_price.is_zero() && command.trailing_bp == 0)) {
    return Rejection::invalid_order;
  }
  if (!accepts(book, Action::conditional)) return Rejection::market_closed;
  if (command.trailing_bp != 0 || book.reference.is_zero()) return Rejection::none;
  const bool holds = fires_above(command.trigger, command.side) ? book.reference >= command.trigger_price
                                                                : book.reference <= command.trigger_price;
  return holds && !PLANTED(waits_though_it_holds) ? Rejection::would_trigger_immediately : Rejection::none;
}

// A plan's cost in what the order's budget is held in. Costs are bounded by the listing caps; beyond them, by the
// budget.
inline bool exceeds(const Plan& plan, Side side, const Rules& rules, core::Amount budget) {
  int128 cost = 0;
  const bool is_buy = (side == Side::buy) != PLANTED(budget_in_other_asset);
  const bool overflow = is_buy ? __builtin_mul_overflow(plan.tick_lots, rules.tick_lot_units.value(), &cost)
                               : __builtin_mul_overflow(plan.lots, rules.lot_units.value(), &cost);
  return overflow || cost > budget.value() - PLANTED(budget_needs_one_more);
}

}  // namespace matching
