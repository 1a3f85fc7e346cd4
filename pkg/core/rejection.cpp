#include "pkg/core/rejection.h"

namespace core {

std::string_view name(Rejection rejection) {
  switch (rejection) {  // flat dispatch
    case Rejection::none:
      return "none";
    case Rejection::unknown_account:
      return "unknown_account";
    case Rejection::unknown_market:
      return "unknown_market";
    case Rejection::unknown_asset:
      return "unknown_asset";
    case Rejection::market_closed:
      return "market_closed";
    case Rejection::price_out_of_range:
      return "price_out_of_range";
    case Rejection::quantity_out_of_range:
      return "quantity_out_of_range";
    case Rejection::market_quantity_out_of_range:
      return "market_quantity_out_of_range";
    case Rejection::notional_out_of_range:
      return "notional_out_of_range";
    case Rejection::insufficient_balance:
      return "insufficient_balance";
    case Rejection::duplicate_client_order_id:
      return "duplicate_client_order_id";
    case Rejection::too_many_open_orders:
      return "too_many_open_orders";
    case Rejection::unknown_order:
      return "unknown_order";
    case Rejection::cancel_restricted:
      return "cancel_restricted";
    case Rejection::invalid_order:
      return "invalid_order";
    case Rejection::self_trade_mode_not_allowed:
      return "self_trade_mode_not_allowed";
    case Rejection::order_pending:
      return "order_pending";
    case Rejection::nothing_to_do:
      return "nothing_to_do";
    case Rejection::account_frozen:
      return "account_frozen";
    case Rejection::not_a_reduction:
      return "not_a_reduction";
    case Rejection::too_many_conditional_orders:
      return "too_many_conditional_orders";
    case Rejection::trailing_delta_out_of_range:
      return "trailing_delta_out_of_range";
    case Rejection::would_match_immediately:
      return "would_match_immediately";
    case Rejection::price_outside_band:
      return "price_outside_band";
    case Rejection::book_notional_out_of_range:
      return "book_notional_out_of_range";
    case Rejection::budget_exceeded:
      return "budget_exceeded";
    case Rejection::stale_handle:
      return "stale_handle";
    case Rejection::no_liquidity:
      return "no_liquidity";
    case Rejection::would_trigger_immediately:
      return "would_trigger_immediately";
    case Rejection::order_not_working:
      return "order_not_working";
    case Rejection::symbol_taken:
      return "symbol_taken";
    case Rejection::bad_symbol:
      return "bad_symbol";
    case Rejection::bad_decimals:
      return "bad_decimals";
    case Rejection::tick_lot_not_whole:
      return "tick_lot_not_whole";
    case Rejection::caps_too_large:
      return "caps_too_large";
    case Rejection::bad_filter:
      return "bad_filter";
    case Rejection::bad_state:
      return "bad_state";
    case Rejection::state_not_reachable:
      return "state_not_reachable";
    case Rejection::account_exists:
      return "account_exists";
    case Rejection::bad_name:
      return "bad_name";
    case Rejection::bad_amount:
      return "bad_amount";
    case Rejection::duplicate_reference:
      return "duplicate_reference";
    case Rejection::bad_fee_rate:
      return "bad_fee_rate";
  }
  return "unknown";
}

}  // namespace core
