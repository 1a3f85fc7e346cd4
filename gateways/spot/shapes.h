// The JSON shapes that several operations share, and the published names of enumerations.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "gateways/spot/context.h"
#include "services/history/accounts.h"
#include "services/orders/types.h"

namespace spot {

inline constexpr std::int64_t kNoOrderList = -1;

// A market with its assets.
struct Listing {
  const instruments::Market& market;
  const instruments::Asset& base;
  const instruments::Asset& quote;
};
[[nodiscard]] Listing listing_of(const instruments::Registry& instruments, const instruments::Market& market);

[[nodiscard]] std::string_view name_of(orders::Side side);
[[nodiscard]] std::string_view name_of(orders::OrderType type, orders::Trigger trigger);
[[nodiscard]] std::string_view name_of(orders::TimeInForce time_in_force);
[[nodiscard]] std::string_view name_of(orders::SelfTrade mode);
[[nodiscard]] std::string_view name_of(orders::OrderStatus status);
// The published `status`, of which there are fewer than states: in some TRADING markets not every kind of order is
// taken.
[[nodiscard]] std::string_view name_of(instruments::MarketState state);
// What `symbolStatus` may ask for.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSymbolStatuses = {
    {{"TRADING", "TRADING"},
     {"HALT", "HALT"},
     {"BREAK", "BREAK"},
     {"PRE_TRADING", "PRE_TRADING"},
     {"AUCTION_MATCH", "AUCTION_MATCH"},
     {"END_OF_DAY", "END_OF_DAY"}}};

inline constexpr std::array<std::pair<std::string_view, orders::Side>, 2> kSides = {
    {{"BUY", orders::Side::buy}, {"SELL", orders::Side::sell}}};
inline constexpr std::array<std::pair<std::string_view, orders::TimeInForce>, 3> kTimesInForce = {
    {{"GTC", orders::TimeInForce::gtc}, {"IOC", orders::TimeInForce::ioc}, {"FOK", orders::TimeInForce::fok}}};
inline constexpr std::array<std::pair<std::string_view, orders::SelfTrade>, 5> kSelfTradeModes = {
    {{"NONE", orders::SelfTrade::none},
     {"EXPIRE_TAKER", orders::SelfTrade::expire_taker},
     {"EXPIRE_MAKER", orders::SelfTrade::expire_maker},
     {"EXPIRE_BOTH", orders::SelfTrade::expire_both},
     {"DECREMENT", orders::SelfTrade::decrement}}};

// Decimal texts, with as many decimals as the asset has.
void write_price(JsonWriter& json, std::string_view key, const Listing& listing, core::Price price);
void write_quantity(JsonWriter& json, std::string_view key, const Listing& listing, core::Quantity quantity);
void write_amount(JsonWriter& json, std::string_view key, const instruments::Asset& asset, core::Amount amount);
void write_rate(JsonWriter& json, std::string_view key, core::FeeRate rate);
void write_level(JsonWriter& json, const Listing& listing, core::Price price,
                 core::Quantity quantity);  // ["price","qty"]

// Sums over trades as money.
[[nodiscard]] core::Amount base_amount(const Listing& listing, const market_data::Volume& volume);
[[nodiscard]] core::Amount quote_amount(const Listing& listing, const market_data::Volume& volume);

// numerator / denominator with so many decimals, rounded to the nearest, halves away from zero. REQUIRES denominator >
// 0.
void append_ratio(std::string& out, core::int128 numerator, core::int128 denominator, int decimals);
// The average price of a volume; zero of none.
void append_average_price(std::string& out, const Listing& listing, const market_data::Volume& volume);

// What an order is now, from an event or from the read model.
struct OrderView {
  core::OrderId id;
  std::string_view client_order_id;
  orders::Side side = orders::Side::buy;
  orders::OrderType type = orders::OrderType::limit;
  orders::TimeInForce time_in_force = orders::TimeInForce::gtc;
  orders::SelfTrade self_trade = orders::SelfTrade::none;
  orders::OrderStatus status = orders::OrderStatus::open;
  core::Price price;
  core::Quantity quantity, executed, prevented;
  core::Amount quote_quantity, executed_quote;
  core::Time created;
  core::Time working;  // since when it is in the book; zero: it waits for its condition
  orders::Condition condition;
  core::Quantity peak;
};
[[nodiscard]] OrderView view_of(const orders::OrderEvent& event, std::string_view client_order_id);
[[nodiscard]] OrderView view_of(const history::Order& order);

// Why an order has expired: it follows from what it was. REQUIRES status expired.
[[nodiscard]] std::string_view expiry_reason(const OrderView& order);
// A client order id of the exchange's own making: `kind` and the number.
[[nodiscard]] core::ClientOrderId made_client_id(char kind, std::uint64_t number);
// The exchange's own name for a cancel that came without one.
[[nodiscard]] core::ClientOrderId made_cancel_id(core::Sequence command);

// price to side, in the order of the published examples.
void write_terms(JsonWriter& json, const Listing& listing, const OrderView& order);
// Since when the order is in the book; -1: it is not.
void write_working_time(JsonWriter& json, std::string_view key, core::Time working, TimeUnit unit);
// An iceberg order's icebergQty, and what a conditional order waits for or waited for: stopPrice, a trailing order's
// delta and the time since which it tracks. Nothing for other orders. `has_both`: icebergQty and stopPrice are there
// already.
void write_condition(JsonWriter& json, const Listing& listing, const OrderView& order, TimeUnit unit, bool has_both);
// When a trailing order begins to track: when it is placed, unless it has a price to wait for, which is then told by
// nothing but its being triggered; zero: not known.
[[nodiscard]] core::Time trailing_since(const orders::Condition& condition, core::Time created);
// Fields that are there only for orders that ended by self-trade prevention or by expiry.
void write_conditional(JsonWriter& json, const Listing& listing, const OrderView& order, core::TradeId prevented_match);
// An order as GET order, openOrders and allOrders show it.
void write_order(JsonWriter& json, const Listing& listing, const history::Order& order, TimeUnit unit);

// The rates an account pays in a market.
[[nodiscard]] fees::Rates rates_of(const engine::Views& views, core::AccountId account,
                                   const instruments::Market& market);

}  // namespace spot
