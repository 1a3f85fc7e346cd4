// Why a command was not carried out: numbers inside events, logged for ever, so a number is never reused or renamed.
// This is the one list of them, whoever decides. What each becomes in a client protocol is the gateway's business.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

enum class Rejection : std::uint16_t {
  none = 0,
  // admission of orders (accounts fold)
  unknown_account = 100,
  unknown_market = 101,
  unknown_asset = 102,
  market_closed = 103,                 // not in a state that takes this order
  price_out_of_range = 104,            // PRICE_FILTER
  quantity_out_of_range = 105,         // LOT_SIZE
  market_quantity_out_of_range = 106,  // MARKET_LOT_SIZE
  notional_out_of_range = 107,         // NOTIONAL of a priced order
  insufficient_balance = 108,
  duplicate_client_order_id = 109,
  too_many_open_orders = 110,  // MAX_NUM_ORDERS
  unknown_order = 111,         // not open, or not this account's
  cancel_restricted = 112,     // cancelRestrictions not met
  invalid_order = 113,         // a combination of fields that means nothing
  self_trade_mode_not_allowed = 114,
  order_pending = 115,    // a cancel, move or reduce of it is under way
  nothing_to_do = 116,    // cancel-all without open orders, a move to where it is
  account_frozen = 117,   // no permission to trade
  not_a_reduction = 118,  // an order's quantity can only be made smaller
  too_many_peaks = 119,   // ICEBERG_PARTS
  peak_exceeds_quantity = 120,
  nothing_to_sell = 121,              // a reduce-only order of an account that has nothing available
  too_many_conditional_orders = 130,  // MAX_NUM_ALGO_ORDERS
  trailing_delta_out_of_range = 131,  // TRAILING_DELTA
  // decided at the book (matching fold)
  would_match_immediately = 200,     // post-only
  price_outside_band = 201,          // PERCENT_PRICE_BY_SIDE
  book_notional_out_of_range = 202,  // NOTIONAL of a market order
  budget_exceeded = 203,             // the book would cost more than the budget
  stale_handle = 204,                // cancel, move or reduce of an order that is no longer there
  no_liquidity = 205,                // market order met an empty book
  would_trigger_immediately = 210,   // a conditional order whose condition already holds
  order_not_working = 211,           // a move or reduction of an order that waits for its trigger
  price_range_reached = 250,         // not refused: why the rest of an order expired
  // instruments, accounts, money
  symbol_taken = 300,
  bad_symbol = 301,
  bad_decimals = 302,
  tick_lot_not_whole = 303,  // tick × lot is not a whole number of quote ledger units
  caps_too_large = 304,      // price × quantity × unit, or a supply, could leave 96 bits
  bad_filter = 305,          // min above max, off the step, and the like
  bad_state = 306,
  state_not_reachable = 307,  // a market's state that may not follow its present one
  account_exists = 310,
  bad_name = 311,
  bad_amount = 312,           // zero, negative, or beyond the asset's supply cap
  duplicate_reference = 313,  // a deposit with this reference was booked before
  bad_fee_rate = 314,
  bad_ranges = 320,      // price ranges or their reference out of bounds
  bad_allocation = 321,  // a market's allocation
};

// snake_case name, for logs and tools; "unknown" for a number this build does not know.
[[nodiscard]] std::string_view name(Rejection rejection);

}  // namespace core
