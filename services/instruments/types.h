// Assets and markets: what can be traded, in which steps, under which filters and in which state. All of it is listed
// and changed by commands in the log, so that a replay sees the rules of its time.
#pragma once

#include <cstdint>
#include <string_view>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/rejection.h"
#include "pkg/core/short_text.h"

namespace instruments {

struct Asset {
  core::AssetId id;  // counts up from 1 in order of listing
  core::Symbol symbol;
  std::uint8_t ledger_decimals = 8;  // a ledger unit is 10^-ledger_decimals
  core::Amount supply_max;           // cap on the sum of all deposits, at most core::kAmountMax
};

// What each lets in, and which may follow which: market_states.h.
enum class MarketState : std::uint8_t {
  trading = 1,
  halted = 2,          // stopped; cancels only
  pre_open = 3,        // orders come in and rest, nothing trades
  auction = 4,         // the call of an auction: opening, after a halt, in a volatile market, closing
  auction_frozen = 5,  // its last part: orders come in, none is taken out
  cancel_only = 6,
  post_only = 7,   // orders match, but none may come in that would
  limit_only = 8,  // no market orders
  closed = 9,      // after the closing auction; cancels only
};

// Percent-price filter: a buy's price at most reference × bid_up, at least reference × bid_down, and so on; in basis
// points, 0 switches that bound off. The reference is the last trade price (none before the first trade: no bound).
struct PriceBand {
  std::uint32_t bid_up_bp = 0, bid_down_bp = 0, ask_up_bp = 0, ask_down_bp = 0;
};

// How far from its references a trade's price may be, in basis points; 0 switches that range off. See the rulebook.
enum class RangeOutcome : std::uint8_t {
  expire = 0,   // what of an order could only trade outside expires
  auction = 1,  // and the market goes to a volatility auction, in which the rest of an order that may rest takes part
};
struct PriceRanges {
  std::uint16_t static_bp = 0;   // around the price of the market's last auction, or the one an operator has set
  std::uint16_t dynamic_bp = 0;  // around the last trade's price before an order came
  RangeOutcome outcome = RangeOutcome::expire;

  [[nodiscard]] bool is_set() const { return (static_bp | dynamic_bp) != 0; }
  friend bool operator==(const PriceRanges&, const PriceRanges&) = default;
};
inline constexpr std::uint16_t kRangeMax = 9'999;

// How an order that takes a part of a price level is shared out among the orders that rest there. See the rulebook.
enum class AllocationKind : std::uint8_t {
  price_time = 0,  // to the oldest first
  pro_rata = 1,    // in proportion to their sizes
};
struct Allocation {
  AllocationKind kind = AllocationKind::price_time;
  // Pro rata only:
  bool top_first = false;    // the oldest order of the level fills before what is left is shared out
  core::Quantity share_min;  // a share of fewer lots is none

  friend bool operator==(const Allocation&, const Allocation&) = default;
};

struct Market {
  core::MarketId id;  // counts up from 1 in order of listing
  core::Symbol symbol;
  core::AssetId base, quote;
  // Steps as exact decimals: tick = tick_mantissa × 10^-price_decimals of the quote asset, lot likewise of the base
  // asset.
  std::int64_t tick_mantissa = 1, lot_mantissa = 1;
  std::uint8_t price_decimals = 2, quantity_decimals = 5;
  core::Price price_min, price_max;                         // ticks
  core::Quantity quantity_min, quantity_max;                // lots
  core::Quantity market_quantity_min, market_quantity_max;  // lots, for market orders
  core::Amount notional_min, notional_max;                  // quote ledger units
  PriceBand band;
  core::FeeRate maker_fee, taker_fee;   // unless the account has rates of its own
  std::uint32_t open_orders_max = 200;  // per account
  MarketState state = MarketState::trading;
  bool resumes_by_auction = false;  // continuous trading begins with an auction, after a halt too
  PriceRanges ranges;
  Allocation allocation;
  // Derived at listing by the registry, not part of the command.
  core::Amount lot_units;       // base ledger units in one lot
  core::Amount tick_lot_units;  // quote ledger units in one tick × one lot
};

// ---- commands (record types 10 to 19) ----
struct AddAsset {
  core::Symbol symbol;
  std::uint8_t ledger_decimals = 8;
  core::Amount supply_max;
};
struct AddMarket {
  Market market;  // what other commands set (state, auctions, ...) and what is derived is ignored, the id too; base
                  // and quote must be listed
};
// Rejected when the state may not follow the present one.
struct SetMarketState {
  core::MarketId market;
  MarketState state = MarketState::trading;
};
struct SetMarketAuctions {
  core::MarketId market;
  bool resumes_by_auction = false;
};
struct SetMarketAllocation {
  core::MarketId market;
  Allocation allocation;
};
struct SetMarketRanges {
  core::MarketId market;
  PriceRanges ranges;
  core::Price reference;  // of the static range from now on; zero: stays what it is
};

}  // namespace instruments
