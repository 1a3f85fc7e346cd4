#include "gateways/spot/shapes.h"

#include <algorithm>

#include "pkg/core/decimal.h"
#include "services/instruments/convert.h"

namespace spot {
namespace {

constexpr int kRateDecimals = 8;
constexpr std::int64_t kNever = -1;

template <class Value, std::size_t N>
std::string_view name_in(const std::array<std::pair<std::string_view, Value>, N>& names, Value wanted) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  CHECK_MSG(false, "a value without a published name");
  return {};
}

}  // namespace

Listing listing_of(const instruments::Registry& instruments, const instruments::Market& market) {
  const instruments::Asset* base = instruments.asset(market.base);
  const instruments::Asset* quote = instruments.asset(market.quote);
  CHECK(base != nullptr && quote != nullptr);
  return {market, *base, *quote};
}

std::string_view name_of(orders::Side side) { return name_in(kSides, side); }
std::string_view name_of(orders::TimeInForce time_in_force) { return name_in(kTimesInForce, time_in_force); }
std::string_view name_of(orders::SelfTrade mode) { return name_in(kSelfTradeModes, mode); }

std::string_view name_of(orders::OrderType type, orders::Trigger trigger) {
  const bool is_limit = type == orders::OrderType::limit;
  if (trigger == orders::Trigger::stop) return is_limit ? "STOP_LOSS_LIMIT" : "STOP_LOSS";
  if (trigger == orders::Trigger::take_profit) return is_limit ? "TAKE_PROFIT_LIMIT" : "TAKE_PROFIT";
  switch (type) {
    case orders::OrderType::limit:
      return "LIMIT";
    case orders::OrderType::market:
    case orders::OrderType::market_by_quote:
      return "MARKET";
    case orders::OrderType::limit_maker:
      return "LIMIT_MAKER";
  }
  return "";
}

std::string_view name_of(orders::OrderStatus status) {
  switch (status) {
    case orders::OrderStatus::pending_new:
      return "PENDING_NEW";
    case orders::OrderStatus::open:
      return "NEW";
    case orders::OrderStatus::partially_filled:
      return "PARTIALLY_FILLED";
    case orders::OrderStatus::filled:
      return "FILLED";
    case orders::OrderStatus::cancelled:
      return "CANCELED";
    case orders::OrderStatus::rejected:
      return "REJECTED";
    case orders::OrderStatus::expired:
      return "EXPIRED";
    case orders::OrderStatus::expired_in_match:
      return "EXPIRED_IN_MATCH";
  }
  return "";
}

std::string_view name_of(instruments::MarketState state) {
  using enum instruments::MarketState;
  switch (state) {
    case trading:
    case post_only:
    case limit_only:
      return "TRADING";
    case halted:
      return "HALT";
    case cancel_only:
      return "BREAK";
    case pre_open:
      return "PRE_TRADING";
    case auction:
    case auction_frozen:
      return "AUCTION_MATCH";
    case closed:
      return "END_OF_DAY";
  }
  return "";
}

std::string_view expiry_reason(const OrderView& order) {
  switch (order.type) {
    case orders::OrderType::market:
    case orders::OrderType::market_by_quote:
      return "INSUFFICIENT_LIQUIDITY";
    case orders::OrderType::limit:
    case orders::OrderType::limit_maker:
      break;
  }
  // One that would have rested, had there not been offers outside the market's price ranges only, or had its price not
  // been outside the band when it was triggered.
  if (order.time_in_force == orders::TimeInForce::gtc) return "EXECUTION_RULE_PRICE_RANGE_EXCEEDED";
  return order.time_in_force == orders::TimeInForce::fok ? "UNFILLED_FOK_ORDER_EXPIRED"
                                                         : "UNFILLED_IOC_QUANTITY_EXPIRED";
}

void write_price(JsonWriter& json, std::string_view key, const Listing& listing, core::Price price) {
  json.key(key).quoted(
      [&](std::string& out) { instruments::append_price(out, listing.market, price, listing.quote.ledger_decimals); });
}
void write_quantity(JsonWriter& json, std::string_view key, const Listing& listing, core::Quantity quantity) {
  json.key(key).quoted([&](std::string& out) {
    instruments::append_quantity(out, listing.market, quantity, listing.base.ledger_decimals);
  });
}
void write_amount(JsonWriter& json, std::string_view key, const instruments::Asset& asset, core::Amount amount) {
  json.key(key).quoted([&](std::string& out) { instruments::append_amount(out, asset, amount); });
}
void write_rate(JsonWriter& json, std::string_view key, core::FeeRate rate) {
  json.key(key).quoted([&](std::string& out) { core::append_decimal(out, rate.value(), kRateDecimals); });
}
void write_level(JsonWriter& json, const Listing& listing, core::Price price, core::Quantity quantity) {
  json.begin_array();
  json.quoted(
      [&](std::string& out) { instruments::append_price(out, listing.market, price, listing.quote.ledger_decimals); });
  json.quoted([&](std::string& out) {
    instruments::append_quantity(out, listing.market, quantity, listing.base.ledger_decimals);
  });
  json.end_array();
}

core::ClientOrderId made_cancel_id(core::Sequence command) { return made_client_id('c', command.value()); }

core::ClientOrderId made_client_id(char kind, std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::array<char, 14> text;
  text.fill('0');
  text[0] = kind;
  for (std::size_t i = text.size(); i-- > 1; number /= kDigits.size()) text[i] = kDigits[number % kDigits.size()];
  return core::ClientOrderId(std::string_view(text.data(), text.size()));
}

namespace {

// (whole + rest / divisor) × 10^decimals, rounded to the nearest, halves up. REQUIRES 0 <= rest < divisor < 2^120.
core::int128 scaled(core::int128 whole, core::int128 rest, core::int128 divisor, int decimals) {
  core::int128 fraction = 0;
  for (int i = 0; i < decimals; ++i) {
    rest *= 10;
    fraction = fraction * 10 + rest / divisor;
    rest %= divisor;
  }
  if (rest * 2 >= divisor) ++fraction;
  core::int128 out = 0;
  CHECK(!__builtin_mul_overflow(whole, core::power_of_ten(decimals), &out));
  return out + fraction;
}

}  // namespace

core::Amount base_amount(const Listing& listing, const market_data::Volume& volume) {
  core::int128 units = 0;
  CHECK(!__builtin_mul_overflow(volume.lots, listing.market.lot_units.value(), &units));
  return core::Amount{units};
}
core::Amount quote_amount(const Listing& listing, const market_data::Volume& volume) {
  core::int128 units = 0;
  CHECK(!__builtin_mul_overflow(volume.tick_lots, listing.market.tick_lot_units.value(), &units));
  return core::Amount{units};
}

void append_ratio(std::string& out, core::int128 numerator, core::int128 denominator, int decimals) {
  CHECK(denominator > 0);
  const bool is_negative = numerator < 0;
  if (is_negative) numerator = -numerator;
  const core::int128 count = scaled(numerator / denominator, numerator % denominator, denominator, decimals);
  core::append_decimal(out, is_negative ? -count : count, decimals);
}

void append_average_price(std::string& out, const Listing& listing, const market_data::Volume& volume) {
  constexpr core::int128 kLotsMax = core::int128{1} << 62;  // beyond it the last bits of a sum that large are let go
  const instruments::Market& market = listing.market;
  const int decimals = std::max<int>(market.price_decimals, listing.quote.ledger_decimals);
  if (volume.lots == 0) return core::append_decimal(out, 0, decimals);
  core::int128 lots = volume.lots, rest = volume.tick_lots % lots;
  const core::int128 ticks = volume.tick_lots / lots;
  for (; lots > kLotsMax; lots /= 2) rest /= 2;
  rest *= market.tick_mantissa;
  const core::int128 count =
      scaled(ticks * market.tick_mantissa + rest / lots, rest % lots, lots, decimals - market.price_decimals);
  core::append_decimal(out, count, decimals);
}

OrderView view_of(const orders::OrderEvent& event, std::string_view client_order_id) {
  return {.id = event.order,
          .client_order_id = client_order_id,
          .side = event.side,
          .type = event.type,
          .time_in_force = event.time_in_force,
          .self_trade = event.self_trade,
          .status = event.status,
          .price = event.price,
          .quantity = event.quantity,
          .executed = event.executed,
          .prevented = event.prevented,
          .quote_quantity = event.quote_quantity,
          .executed_quote = event.executed_quote,
          .created = event.created,
          .working = event.working,
          .condition = event.condition,
          .peak = event.peak};
}

OrderView view_of(const history::Order& order) {
  return {.id = order.id,
          .client_order_id = order.client_order_id.view(),
          .side = order.side,
          .type = order.type,
          .time_in_force = order.time_in_force,
          .self_trade = order.self_trade,
          .status = order.status,
          .price = order.price,
          .quantity = order.quantity,
          .executed = order.executed,
          .prevented = order.prevented,
          .quote_quantity = order.quote_quantity,
          .executed_quote = order.executed_quote,
          .created = order.created,
          .working = order.working,
          .condition = order.condition,
          .peak = order.peak};
}

void write_terms(JsonWriter& json, const Listing& listing, const OrderView& order) {
  // A market order by amount has no quantity of its own: what it got is its quantity.
  const bool by_quote = order.type == orders::OrderType::market_by_quote;
  write_price(json, "price", listing, order.price);
  write_quantity(json, "origQty", listing, by_quote ? order.executed : order.quantity);
  write_quantity(json, "executedQty", listing, order.executed);
  write_amount(json, "origQuoteOrderQty", listing.quote, order.quote_quantity);
  write_amount(json, "cummulativeQuoteQty", listing.quote, order.executed_quote);
  json.field("status", name_of(order.status));
  json.field("timeInForce", name_of(order.time_in_force));
  json.field("type", name_of(order.type, order.condition.trigger));
  json.field("side", name_of(order.side));
}

core::Time trailing_since(const orders::Condition& condition, core::Time created) {
  return condition.price.is_zero() ? created : core::Time{};
}

void write_working_time(JsonWriter& json, std::string_view key, core::Time working, TimeUnit unit) {
  if (working == core::Time{}) {
    json.field(key, kNever);
  } else {
    json.field(key, in_unit(working, unit));
  }
}

void write_condition(JsonWriter& json, const Listing& listing, const OrderView& order, TimeUnit unit, bool has_both) {
  if (!has_both && !order.peak.is_zero()) write_quantity(json, "icebergQty", listing, order.peak);
  const orders::Condition& condition = order.condition;
  if (!condition.is_set()) return;
  if (!has_both && !condition.price.is_zero()) write_price(json, "stopPrice", listing, condition.price);
  if (condition.trailing_bp == 0) return;
  json.field("trailingDelta", std::uint64_t{condition.trailing_bp});
  write_working_time(json, "trailingTime", trailing_since(condition, order.created), unit);
}

void write_conditional(JsonWriter& json, const Listing& listing, const OrderView& order,
                       core::TradeId prevented_match) {
  if (!prevented_match.is_none()) json.field("preventedMatchId", prevented_match.value());
  if (!order.prevented.is_zero()) write_quantity(json, "preventedQuantity", listing, order.prevented);
  if (order.status == orders::OrderStatus::expired) json.field("expiryReason", expiry_reason(order));
}

void write_order(JsonWriter& json, const Listing& listing, const history::Order& order, TimeUnit unit) {
  const OrderView view = view_of(order);
  json.begin_object();
  json.field("symbol", listing.market.symbol.view());
  json.field("orderId", view.id.value());
  json.field("orderListId", kNoOrderList);
  json.field("clientOrderId", view.client_order_id);
  write_terms(json, listing, view);
  write_price(json, "stopPrice", listing, order.condition.price);
  write_quantity(json, "icebergQty", listing, order.peak);
  json.field("time", in_unit(order.created, unit));
  json.field("updateTime", in_unit(order.updated, unit));
  json.field("isWorking", view.working != core::Time{});
  write_working_time(json, "workingTime", view.working, unit);
  json.field("selfTradePreventionMode", name_of(view.self_trade));
  write_condition(json, listing, view, unit, true);
  write_conditional(json, listing, view, {});
  json.end_object();
}

fees::Rates rates_of(const engine::Views& views, core::AccountId account, const instruments::Market& market) {
  if (const auto own = views.accounts.fee_override(account)) return *own;
  return {market.maker_fee, market.taker_fee};
}

}  // namespace spot
