// The matching fold's inbox and what it sends out. Accounts and matching speak only by these messages, each carrying
// (sender, sequence), whether they share a thread or sit on two machines.
//
// Handles: accounts sends its own slot of an order (`account_slot`), which matching echoes in everything it says about
// that order; matching hands back its slot (`handle`) when an order comes to rest, which accounts echos to cancel, move
// or reduce it. Either side validates the other's by the order id, so that a lookup is one array access.
#pragma once

#include <cstdint>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/rejection.h"
#include "services/instruments/market_states.h"
#include "services/instruments/types.h"

namespace matching {

enum class Side : std::uint8_t { buy = 0, sell = 1 };
[[nodiscard]] constexpr Side opposite(Side side) { return side == Side::buy ? Side::sell : Side::buy; }

enum class OrderType : std::uint8_t {
  limit = 1,
  market = 2,           // by base quantity
  market_by_quote = 3,  // by quote amount, filling to the nearest lot at or below it
  limit_maker = 4,      // post-only: rejected whole when it would match
};
enum class TimeInForce : std::uint8_t { gtc = 1, ioc = 2, fok = 3 };

// What happens when an account would trade with itself; the taker's mode decides.
enum class SelfTrade : std::uint8_t { none = 0, expire_taker = 1, expire_maker = 2, expire_both = 3, decrement = 4 };

// A conditional order waits until the market has reached a price, then it is matched like a new order of its type. It
// fires at or above its trigger price (a stop that buys, a take-profit that sells) or at or below it (the other two).
enum class Trigger : std::uint8_t { none = 0, stop = 1, take_profit = 2 };
// What placing such an order is in the table of market states. Total: also for combinations that mean nothing.
[[nodiscard]] constexpr instruments::Action action_of(OrderType type, TimeInForce time_in_force, Trigger trigger) {
  if (trigger != Trigger::none) return instruments::Action::conditional;
  if (type == OrderType::limit_maker) return instruments::Action::limit_maker;
  if (type != OrderType::limit) return instruments::Action::market;
  return time_in_force == TimeInForce::gtc ? instruments::Action::limit : instruments::Action::immediate;
}

// Whose price that is.
enum class TriggerSource : std::uint8_t { last = 1 };  // of the market's trades
[[nodiscard]] constexpr bool fires_above(Trigger trigger, Side side) {
  return (trigger == Trigger::stop) == (side == Side::buy);
}
inline constexpr std::uint16_t kTrailingMax = 9'999;  // basis points
// What a conditional order waits for.
enum class Phase : std::uint8_t {
  price = 1,     // its trigger price; of a trailing order: the one to begin to track at
  trade = 2,     // trailing: the next trade, to begin to track there
  tracking = 3,  // trailing: that its highest (sell) or lowest (buy) price is left by its delta
  fired = 4,     // its turn
};
// How many conditional orders one command lets go on; more continue with the market's next command.
inline constexpr unsigned kTriggersPerCommand = 64;

// What is shown of an iceberg order at a time; the rest is hidden and shown in turn. By default all of an order is
// shown.
struct Peak {
  core::Quantity size = {};    // 0: no peak
  core::Quantity spread = {};  // each peak is drawn from size - spread to size + spread
  std::uint64_t seed = 0;      // of the draws, see next_peak in peaks.h

  [[nodiscard]] constexpr bool is_set() const { return !size.is_zero(); }
  [[nodiscard]] constexpr core::Quantity least() const { return size - spread; }
  friend bool operator==(const Peak&, const Peak&) = default;
};
// The most peaks an order may come to.
inline constexpr std::int64_t kPeaksMax = 100;
// Whether every peak drawn is a number of lots above zero.
[[nodiscard]] constexpr bool is_possible(const Peak& peak) {
  return peak.spread.value() >= 0 && peak.spread < peak.size && peak.size.value() <= INT64_MAX - peak.spread.value();
}
// Whether an order of that quantity is cut into no more peaks than it may be, however they are drawn. REQUIRES a
// possible one.
[[nodiscard]] constexpr bool fits(const Peak& peak, core::Quantity quantity) {
  return peak.least().value() >= quantity.value() / kPeaksMax + (quantity.value() % kPeaksMax != 0 ? 1 : 0);
}
// Bits of an order that has something few orders have: what has to do with it alone costs others one comparison.
inline constexpr std::uint8_t kPeak = 1;      // an iceberg order
inline constexpr std::uint8_t kMinimum = 32;  // only of a new order
inline constexpr std::uint8_t kSlides = 64;   // likewise

using Handle = std::uint32_t;  // slot of an order that rests or waits; 0: none
inline constexpr Handle kNoHandle = 0;

// ---- inbox ----
struct NewOrder {
  core::OrderId order;
  core::AccountId account;  // also the self-trade group
  core::MarketId market;
  std::uint32_t account_slot = 0;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  TimeInForce time_in_force = TimeInForce::gtc;
  SelfTrade self_trade = SelfTrade::none;
  Trigger trigger = Trigger::none;  // limit and market only
  TriggerSource source = TriggerSource::last;
  // Basis points: instead of firing at a fixed price it fires when a sell's highest or a buy's lowest price since it
  // began to track is left by this much. 0: does not trail.
  std::uint16_t trailing_bp = 0;
  std::uint8_t special = 0;     // kPeak, kMinimum, kSlides: which of the last fields are set
  core::Price price;            // limit, limit_maker
  core::Quantity quantity;      // all but market_by_quote
  core::Amount quote_quantity;  // market_by_quote: quote ledger units to spend (buy) or to receive at most (sell)
  core::Amount budget;          // market orders: what is held for it, quote units for a buy, base units for a sell; an
                                // order that would need more is rejected whole (budget_exceeded)
  core::Price trigger_price =
      {};          // where it fires, or where a trailing one begins to track; zero there: at the next trade
  Peak peak = {};  // limit (good till cancelled, conditional or not) and limit_maker
  core::Quantity minimum = {};   // limit (not fill or kill): matches at least that much of itself at once, or nothing
  core::Price slide_bound = {};  // limit_maker: instead of being rejected rests a tick away from the other side's best,
                                 // if that is no lower (buy) or no higher (sell) than this
};
struct CancelOrder {
  core::OrderId order;
  core::MarketId market;
  Handle handle = kNoHandle;
  std::uint32_t account_slot = 0;
};
// Moving and reducing: of orders that rest, not of those that wait for their trigger (order_not_working).
// New price, open quantity unchanged, matched like a new order, loses priority. Handle stays valid.
struct MoveOrder {
  core::OrderId order;
  core::MarketId market;
  Handle handle = kNoHandle;
  std::uint32_t account_slot = 0;
  core::Price price;
};
// Open quantity falls by `by`, what is hidden of it first, keeps priority; to zero or below: ended as cancelled.
struct ReduceOrder {
  core::OrderId order;
  core::MarketId market;
  Handle handle = kNoHandle;
  std::uint32_t account_slot = 0;
  core::Quantity by;
};
struct ConfigureMarket {
  instruments::Market market;
  core::Price range_reference = {};  // of the static price range; zero: stays what it is
  // How often accounts has set the market's state. The book says it with a state that it chose itself, so that accounts
  // can tell whether a state of its own is on the way and will be the last word.
  std::uint32_t state_changes = 0;
  // Other settings only: the book may be in a state that accounts has not heard of yet, and stays in it.
  bool keeps_state = false;
};  // a new market, or new settings of a known one

// ---- to accounts ----
//
// The reports of one command (an auction is part of the one that changes the market's state) come in this order:
// `accepted` (or `rejected`, `moved`, ...) first; per trade the taker's `filled`, then the maker's; what became of the
// rest (`rested`, `ended`); one `reference_price` when it traded; `market_state` when a price range has turned the
// market to an auction. An order is over with `rejected`, `ended`, or a
// `filled` or `prevented` whose remaining is zero. The exception is market_by_quote, which is not counted in lots:
// `remaining` is 0 in all its reports, and it is over with `ended` and nothing else. Conditional orders that fire
// follow after all that, one by one, each with `triggered` first and then what a new order would say after `accepted`;
// those that an earlier command left over come before everything else.
enum class EndReason : std::uint8_t {
  cancelled = 1,     // asked for by its owner
  expired = 2,       // what an IOC, FOK or market order could not fill
  self_trade = 3,    // self-trade prevention: counter_order and trade (prevented-match id) say with whom
  completed = 4,     // market_by_quote only: it traded, and what is left of its amount buys or brings no whole lot
  not_admitted = 5,  // it fired and could not go on as a new order: rejection says why
  price_range = 10,  // the book offers it nothing but prices outside the market's price ranges
};

enum class ReportKind : std::uint8_t {
  accepted = 1,   // passed the book's checks; handle set when it rests already and nothing of it was matched, or waits
                  // for its trigger
  rejected = 2,   // whole, without side effect
  filled = 3,     // one trade's side; ends the order when remaining is zero
  rested = 4,     // what is left of an order that matched first now rests: handle
  ended = 5,      // remaining is given back
  prevented = 6,  // self-trade prevention (decrement) took `quantity` from it; ends the order when remaining is zero
  moved = 7,      // price is the new one; fills of the move follow
  reduced = 8,    // by quantity, remaining is left
  refused = 9,    // cancel, move or reduce not carried out: rejection
  reference_price = 10,  // market's last trade price: price (no order)
  triggered = 11,        // it waited, fired, and goes on as a new order; keeps its handle
  market_state = 16,     // the book itself has changed the market's state: state, state_changes (no order)
};

struct Report {
  ReportKind kind = ReportKind::accepted;
  Side side = Side::buy;
  bool is_maker = false;
  EndReason end_reason = EndReason::cancelled;
  core::Rejection rejection = core::Rejection::none;
  instruments::MarketState state = instruments::MarketState::trading;  // market_state only
  core::MarketId market;
  core::OrderId order;
  core::AccountId account;
  std::uint32_t account_slot = 0;
  Handle handle = kNoHandle;
  std::uint32_t state_changes = 0;  // market_state: of the last ConfigureMarket that set the state
  core::Price price;                // filled: the maker's price, or the auction's; accepted: where it rests, if it slid
  core::Quantity quantity;          // filled, prevented, reduced: of this step
  core::Quantity remaining;         // after this step; for ended: what was open
  core::TradeId trade;              // filled: per market; prevented: the prevented-match id
  core::OrderId counter_order;

  friend bool operator==(const Report&, const Report&) = default;
};

// ---- public market events ----
enum class MarketEventKind : std::uint8_t {
  level_changed = 1,
  traded = 2,
  state_changed = 3,
  listed = 4,
  // The figures of a call, when they change: what its auction would come to now. The two come together, in this order,
  // at most once per command, and are void when the state changes. Figures beyond 63 bits are shown as 2^63 - 1.
  auction_price = 5,    // price: indicative, the near price; quantity: lots that would trade; both zero: nothing would
  auction_surplus = 6,  // side, quantity: lots that would find nobody
};

struct MarketEvent {
  MarketEventKind kind = MarketEventKind::level_changed;
  Side side = Side::buy;  // level_changed: of the level; traded: the taker's (in an auction: the later order's)
  instruments::MarketState state = instruments::MarketState::trading;
  core::MarketId market;
  std::uint64_t sequence = 0;  // per market, gap-free: also the book's update id
  core::Price price;
  core::Quantity quantity;  // level_changed: all visible quantity now at the price, 0: level gone; traded: this trade's
  core::TradeId trade;
  core::OrderId maker_order, taker_order;  // traded

  friend bool operator==(const MarketEvent&, const MarketEvent&) = default;
};

}  // namespace matching
