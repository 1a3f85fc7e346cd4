// Commands on orders and the private events of an account.
#pragma once

#include <cstdint>
#include <variant>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/rejection.h"
#include "pkg/core/short_text.h"
#include "services/ledger/types.h"
#include "services/matching/types.h"

namespace orders {

using matching::OrderType;
using matching::Peak;
using matching::SelfTrade;
using matching::Side;
using matching::TimeInForce;
using matching::Trigger;
using matching::TriggerSource;

// What a conditional order waits for before it goes to the book; see matching/types.h. By default an order waits for
// nothing.
struct Condition {
  Trigger trigger = Trigger::none;
  TriggerSource source = TriggerSource::last;
  std::uint16_t trailing_bp = 0;
  core::Price price = {};  // zero: a trailing order that begins to track with the next trade

  [[nodiscard]] bool is_set() const { return trigger != Trigger::none; }
  friend bool operator==(const Condition&, const Condition&) = default;
};
// How many conditional orders an account may have open in a market, and what a trailing order's delta may be: limits of
// this exchange, the same in all markets.
inline constexpr std::uint32_t kConditionalOrdersMax = 5;
inline constexpr std::uint16_t kTrailingMin = 10, kTrailingMax = 2'000;

// ---- commands (record types 40 to 59) ----
struct PlaceOrder {
  core::AccountId account;
  core::MarketId market;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  TimeInForce time_in_force = TimeInForce::gtc;
  SelfTrade self_trade = SelfTrade::none;
  core::Price price;                    // limit, limit_maker
  core::Quantity quantity;              // all but market_by_quote
  core::Amount quote_quantity;          // market_by_quote
  core::ClientOrderId client_order_id;  // may be empty
  Condition condition = {};             // limit and market only
  Peak peak = {};                       // an iceberg order's: limit (GTC) and limit_maker
  core::Quantity minimum = {};  // limit, not FOK and not conditional: trades at least that much at once, or nothing
  bool slides = false;          // limit_maker: rests a tick away instead of being rejected
  bool reduce_only = false;     // sells by quantity: at most what the account has available
};
// Names an open order by id, or by client order id when `order` is none; both given must be the same order.
struct OrderReference {
  core::OrderId order;
  core::ClientOrderId client_order_id;
};
enum class CancelRestriction : std::uint8_t { none = 0, only_new = 1, only_partially_filled = 2 };
struct CancelOrder {
  core::AccountId account;
  core::MarketId market;
  OrderReference target;
  CancelRestriction restriction = CancelRestriction::none;
  core::ClientOrderId cancel_id;  // the cancel's own client id; may be empty
};
struct CancelAll {
  core::AccountId account;
  core::MarketId market;
};
enum class ReplaceMode : std::uint8_t { stop_on_failure = 0, allow_failure = 1 };
// Cancels, then places once the book has confirmed the cancel: two steps, with the account's events of both.
struct CancelReplace {
  CancelOrder cancel;
  PlaceOrder place;  // same account and market
  ReplaceMode mode = ReplaceMode::stop_on_failure;
};
struct MoveOrder {
  core::AccountId account;
  core::MarketId market;
  OrderReference target;
  core::Price price;
};
// Keeps the order's place in the queue. Exactly one of `by` and `to` is set. Reduced to what is executed, or by all
// that is left, the order is cancelled.
struct ReduceOrder {
  core::AccountId account;
  core::MarketId market;
  OrderReference target;
  core::Quantity by;                        // how much goes
  core::Quantity to;                        // what its quantity, executed part included, becomes
  core::ClientOrderId new_client_order_id;  // the order's from then on; empty: it keeps the one it has
};

// ---- events ----
enum class OrderStatus : std::uint8_t {
  pending_new = 0,  // sent to the book, not answered
  open = 1,         // NEW
  partially_filled = 2,
  filled = 3,
  cancelled = 4,
  rejected = 5,
  expired = 6,
  expired_in_match = 7,  // by self-trade prevention
};
[[nodiscard]] constexpr bool is_closed(OrderStatus status) { return status >= OrderStatus::filled; }

enum class Execution : std::uint8_t {
  accepted = 1,         // NEW
  traded = 2,           // TRADE
  cancelled = 3,        // CANCELED
  expired = 4,          // EXPIRED; with status filled: what is left of a market_by_quote's amount makes no whole lot
  rejected = 5,         // never was an order: no id, nothing changed
  replaced = 6,         // moved or reduced: price and quantity are the new ones
  prevented = 7,        // TRADE_PREVENTION
  cancel_rejected = 8,  // a cancel, move or reduce was refused; order fields are set when the order is known
  triggered = 9,        // NEW: a conditional order's condition came true, it goes to the book
};

// One step of one order's life, whole: a stream or a reply needs nothing beside it but the order's own client id.
// `base` and `quote` are the account's balances after the step.
struct OrderEvent {
  Execution execution = Execution::accepted;
  OrderStatus status = OrderStatus::open;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  TimeInForce time_in_force = TimeInForce::gtc;
  SelfTrade self_trade = SelfTrade::none;
  core::Rejection rejection = core::Rejection::none;  // also on expired: why a conditional order could not go on, or
                                                      // price_range_reached
  bool is_maker = false;
  core::AccountId account;
  core::MarketId market;
  core::OrderId order;
  core::Price price;
  core::Quantity quantity;       // original, as reduced
  core::Amount quote_quantity;   // market_by_quote
  core::Quantity executed;       // so far
  core::Amount executed_quote;   // so far
  core::Quantity prevented;      // so far, by self-trade prevention
  core::Quantity last_quantity;  // of this step: traded, prevented, or taken off by a reduction
  core::Price last_price;
  core::Amount fee;  // of this step, in fee_asset
  core::AssetId fee_asset;
  core::TradeId trade;          // traded: trade id; prevented, expired in match: prevented-match id
  core::OrderId counter_order;  // prevented, expired in match
  core::Time created;           // when the order was placed
  core::Time working;           // since when it is in the book: when it was placed, or was triggered; zero: it waits
  ledger::Balance base, quote;
  // As the client gave it; set on accepted, rejected and cancel_rejected, and on replaced when there is a new one; else
  // empty.
  core::ClientOrderId client_order_id;
  // The id that came with what was done: on cancelled the cancel's own; on replaced the order's from now on. Empty when
  // none came.
  core::ClientOrderId cancel_id;
  Condition condition = {};
  core::Quantity peak = {};  // of an iceberg order: what is shown at a time
};
// A balance changed for a reason that is no order's: deposits.
struct BalanceEvent {
  core::AccountId account;
  core::AssetId asset;
  core::Amount delta;
  ledger::Balance after;
};
struct AccountOpened {
  core::AccountId account;
  ledger::AccountName name;
};
struct FeesChanged {
  core::AccountId account;
  bool use_market_rates = true;
  core::FeeRate maker, taker;
};
// A command other than one on orders was not carried out.
struct CommandRejected {
  core::AccountId account;  // none for instruments
  core::Rejection rejection = core::Rejection::none;
};
struct AssetListed {
  instruments::Asset asset;
};
struct MarketListed {
  instruments::Market market;
};  // with its id and derived fields; also on a change of state

using EventBody =
    std::variant<OrderEvent, BalanceEvent, AccountOpened, FeesChanged, CommandRejected, AssetListed, MarketListed>;

// Identified for ever by (command, index); `account_sequence` is gap-free per account (0 for events of no account).
struct AccountEvent {
  core::Sequence command;
  std::uint32_t index = 0;
  std::uint64_t account_sequence = 0;
  core::Time time;
  EventBody body;
};

}  // namespace orders
