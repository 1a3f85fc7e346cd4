#include "pkg/core/rejection.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace core {
namespace {

TEST(Rejection, NamesAreDistinctSnakeCaseAndUnknownForTheRest) {
  std::map<std::string_view, int> numbers;
  for (int number = 0; number <= 0xFFFF; ++number) {
    const std::string_view text = name(static_cast<Rejection>(number));
    EXPECT_FALSE(text.empty());
    if (text == "unknown") continue;
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << text;
    EXPECT_TRUE(numbers.emplace(text, number).second) << text;
  }
  EXPECT_EQ(numbers.size(), 49u) << "a new rejection needs its row below";
}

// Numbers are in logs for ever.
TEST(Rejection, NumbersStay) {
  const struct {
    int number;
    std::string_view text;
  } cases[] = {
      {0, "none"},
      {100, "unknown_account"},
      {101, "unknown_market"},
      {102, "unknown_asset"},
      {103, "market_closed"},
      {104, "price_out_of_range"},
      {105, "quantity_out_of_range"},
      {106, "market_quantity_out_of_range"},
      {107, "notional_out_of_range"},
      {108, "insufficient_balance"},
      {109, "duplicate_client_order_id"},
      {110, "too_many_open_orders"},
      {111, "unknown_order"},
      {112, "cancel_restricted"},
      {113, "invalid_order"},
      {114, "self_trade_mode_not_allowed"},
      {115, "order_pending"},
      {116, "nothing_to_do"},
      {117, "account_frozen"},
      {118, "not_a_reduction"},
      {119, "too_many_peaks"},
      {120, "peak_exceeds_quantity"},
      {121, "nothing_to_sell"},
      {130, "too_many_conditional_orders"},
      {131, "trailing_delta_out_of_range"},
      {200, "would_match_immediately"},
      {201, "price_outside_band"},
      {202, "book_notional_out_of_range"},
      {203, "budget_exceeded"},
      {204, "stale_handle"},
      {205, "no_liquidity"},
      {210, "would_trigger_immediately"},
      {211, "order_not_working"},
      {250, "price_range_reached"},
      {300, "symbol_taken"},
      {301, "bad_symbol"},
      {302, "bad_decimals"},
      {303, "tick_lot_not_whole"},
      {304, "caps_too_large"},
      {305, "bad_filter"},
      {306, "bad_state"},
      {307, "state_not_reachable"},
      {310, "account_exists"},
      {311, "bad_name"},
      {312, "bad_amount"},
      {313, "duplicate_reference"},
      {314, "bad_fee_rate"},
      {320, "bad_ranges"},
      {321, "bad_allocation"},
  };
  for (const auto& [number, text] : cases) EXPECT_EQ(name(static_cast<Rejection>(number)), text) << number;
}

}  // namespace
}  // namespace core
