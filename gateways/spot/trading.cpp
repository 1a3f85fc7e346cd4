// From parameters to commands.
#include "gateways/spot/trading.h"

#include "gateways/spot/order_arguments.h"
#include "gateways/spot/shapes.h"

namespace spot {
namespace {

constexpr std::uint64_t kStrategyTypeMin = 1'000'000;

constexpr std::array<std::pair<std::string_view, ResponseType>, 3> kResponseTypes = {
    {{"ACK", ResponseType::ack}, {"RESULT", ResponseType::result}, {"FULL", ResponseType::full}}};
ApiError invalid_response_type() { return invalid("newOrderRespType"); }
ApiError invalid_self_trade() { return invalid("selfTradePreventionMode"); }

// A published type: what goes to the book, and what triggers it.
struct Type {
  orders::OrderType order = orders::OrderType::limit;
  orders::Trigger trigger = orders::Trigger::none;
};

Type take_type(Arguments& arguments) {
  using orders::OrderType, orders::Trigger;
  const std::string_view text = arguments.mandatory("type");
  if (!arguments.ok()) return {};
  constexpr std::array<std::pair<std::string_view, Type>, 7> kTypes = {
      {{"LIMIT", {OrderType::limit, Trigger::none}},
       {"MARKET", {OrderType::market, Trigger::none}},
       {"LIMIT_MAKER", {OrderType::limit_maker, Trigger::none}},
       {"STOP_LOSS", {OrderType::market, Trigger::stop}},
       {"STOP_LOSS_LIMIT", {OrderType::limit, Trigger::stop}},
       {"TAKE_PROFIT", {OrderType::market, Trigger::take_profit}},
       {"TAKE_PROFIT_LIMIT", {OrderType::limit, Trigger::take_profit}}}};
  return arguments.named(text, kTypes, invalid_order_type);
}

// What a conditional order waits for: a stop price, a trailing delta, or both.
void take_condition(Arguments& arguments, const Listing& listing, orders::Condition& condition) {
  const bool has_price = arguments.sent("stopPrice"), trails = arguments.sent("trailingDelta");
  if (!has_price && !trails) return arguments.complain(both_missing("stopPrice", "trailingDelta"));
  if (has_price) condition.price = arguments.price("stopPrice", listing.market, listing.quote);
  if (!trails) return;
  const std::uint64_t delta = arguments.integer("trailingDelta").value_or(0);
  condition.trailing_bp = static_cast<std::uint16_t>(std::min<std::uint64_t>(delta, UINT16_MAX));
  if (delta == 0) arguments.complain(filter_failure("TRAILING_DELTA"));  // others are the fold's to refuse
}

// What an iceberg order shows at a time; zero: it is none.
void take_peak(Arguments& arguments, const Listing& listing, orders::PlaceOrder& order) {
  const std::string_view text = arguments.decimal("icebergQty");
  if (!arguments.ok() || text.find_first_not_of("0.") == std::string_view::npos) return;
  order.peak.size = arguments.quantity("icebergQty", listing.market, listing.base);
  if (order.time_in_force != orders::TimeInForce::gtc) arguments.complain(bad_combination());
}

// A limit order's or a limit maker's own fields.
void take_limit(Arguments& arguments, const Listing& listing, orders::PlaceOrder& order) {
  if (order.type == orders::OrderType::limit) {
    const std::string_view text = arguments.mandatory("timeInForce");
    if (arguments.ok()) order.time_in_force = arguments.named(text, kTimesInForce, invalid_time_in_force);
  } else {
    arguments.forbid("timeInForce");
  }
  order.quantity = arguments.quantity("quantity", listing.market, listing.base);
  order.price = arguments.price("price", listing.market, listing.quote);
  arguments.forbid("quoteOrderQty");
  if (arguments.sent("icebergQty")) take_peak(arguments, listing, order);
}

// A market order's: a quantity of the base asset, or an amount of the quote asset.
void take_market(Arguments& arguments, const Listing& listing, orders::PlaceOrder& order) {
  arguments.forbid("timeInForce");
  arguments.forbid("price");
  arguments.forbid("icebergQty");
  if (arguments.sent("quantity") || order.condition.is_set()) {
    arguments.forbid("quoteOrderQty");
    order.quantity = arguments.quantity("quantity", listing.market, listing.base);
  } else if (arguments.sent("quoteOrderQty")) {
    order.type = orders::OrderType::market_by_quote;
    order.quote_quantity = arguments.amount("quoteOrderQty", listing.quote);
  } else {
    arguments.complain(both_missing("quantity", "quoteOrderQty"));
  }
}

// Fields of every type.
void take_common(const Context& context, Arguments& arguments, orders::PlaceOrder& order, Pending& pending) {
  if (!order.condition.is_set()) {
    arguments.forbid("stopPrice");
    arguments.forbid("trailingDelta");
  }
  for (const std::string_view peg : {"pegPriceType", "pegOffsetValue", "pegOffsetType"}) {
    if (arguments.sent(peg)) arguments.complain(order_rejected("Pegged orders are not supported for this symbol."));
  }
  order.client_order_id = arguments.client_order_id("newClientOrderId");
  order.self_trade = context.self_trade_default;
  if (const auto text = arguments.optional("selfTradePreventionMode"); text && arguments.ok()) {
    order.self_trade = arguments.named(*text, kSelfTradeModes, invalid_self_trade);
  }
  const bool is_plain = order.type != orders::OrderType::limit_maker && !order.condition.is_set();
  pending.response = is_plain ? ResponseType::full : ResponseType::ack;
  if (const auto text = arguments.optional("newOrderRespType"); text && arguments.ok()) {
    pending.response = arguments.named(*text, kResponseTypes, invalid_response_type);
  }
  pending.strategy_id = arguments.integer("strategyId").value_or(0);
  if (const auto type = arguments.integer("strategyType")) {
    pending.strategy_type = *type;
    if (*type < kStrategyTypeMin) arguments.complain(bad_strategy_type());
  }
}

// The filters of a market that need neither book nor balance: the accounts fold checks the same ones of a real order.
core::Rejection check_filters(const orders::PlaceOrder& order, const instruments::Market& market) {
  using core::Rejection;
  const orders::Condition& condition = order.condition;
  const auto action = matching::action_of(order.type, order.time_in_force, condition.trigger);
  if (!instruments::accepts(market.state, action)) return Rejection::market_closed;
  if (!condition.price.is_zero() && (condition.price < market.price_min || condition.price > market.price_max))
    return Rejection::price_out_of_range;
  if (condition.trailing_bp != 0 &&
      (condition.trailing_bp < orders::kTrailingMin || condition.trailing_bp > orders::kTrailingMax))
    return Rejection::trailing_delta_out_of_range;
  const bool is_priced = order.type == orders::OrderType::limit || order.type == orders::OrderType::limit_maker;
  if (is_priced && (order.price < market.price_min || order.price > market.price_max))
    return Rejection::price_out_of_range;
  if (order.type == orders::OrderType::market_by_quote) return Rejection::none;
  if (order.quantity < market.quantity_min || order.quantity > market.quantity_max)
    return Rejection::quantity_out_of_range;
  if (order.peak.is_set()) {
    if (order.peak.size < market.quantity_min) return Rejection::quantity_out_of_range;
    if (order.peak.size > order.quantity) return Rejection::peak_exceeds_quantity;
    if (!matching::fits(order.peak, order.quantity)) return Rejection::too_many_peaks;
  }
  if (!is_priced) {
    const bool fits = order.quantity >= market.market_quantity_min && order.quantity <= market.market_quantity_max;
    if (!fits) return Rejection::market_quantity_out_of_range;
    if (condition.price.is_zero()) return Rejection::none;
  }
  const core::Price price = is_priced ? order.price : condition.price;
  const core::Amount notional = core::notional(price, order.quantity, market.tick_lot_units);
  return notional < market.notional_min || notional > market.notional_max ? Rejection::notional_out_of_range
                                                                          : Rejection::none;
}

void write_rates(JsonWriter& json, std::string_view key, fees::Rates rates) {
  json.key(key).begin_object();
  write_rate(json, "maker", rates.maker);
  write_rate(json, "taker", rates.taker);
  json.end_object();
}

}  // namespace

orders::PlaceOrder take_order(const Context& context, Arguments& arguments, Pending& pending) {
  orders::PlaceOrder order;
  const instruments::Market* market = arguments.market();
  const std::string_view side = arguments.mandatory("side");
  if (arguments.ok()) order.side = arguments.named(side, kSides, invalid_side);
  const Type type = take_type(arguments);
  order.type = type.order;
  order.condition.trigger = type.trigger;
  if (!arguments.ok()) return order;
  const Listing listing = listing_of(context.views.instruments, *market);
  order.account = context.account();
  order.market = market->id;
  if (order.type == orders::OrderType::market)
    take_market(arguments, listing, order);
  else
    take_limit(arguments, listing, order);
  if (order.condition.is_set()) take_condition(arguments, listing, order.condition);
  take_common(context, arguments, order, pending);
  return order;
}

Pending pending_for(const Context& context, Change change, const instruments::Market* market) {
  return {.change = change,
          .response = ResponseType::full,
          .time_unit = context.time_unit,
          .account = context.account(),
          .market = market == nullptr ? core::MarketId{} : market->id,
          .cancel_id = {},
          .mode = orders::ReplaceMode::stop_on_failure,
          .over_limit = limits::Finding::allowed,
          .strategy_id = 0,
          .strategy_type = 0};
}

orders::OrderReference take_target(Arguments& arguments, std::string_view id_name, std::string_view text_name,
                                   Asked asked) {
  const auto id = arguments.integer(id_name);
  const core::ClientOrderId text = arguments.client_order_id(text_name);
  if (arguments.ok() && !id && text.empty()) arguments.complain(both_missing(text_name, id_name));
  // Id 0 stands for "no id" in commands; no order has it.
  if (arguments.ok() && id == 0) arguments.complain(rejected(core::Rejection::unknown_order, asked));
  return {core::OrderId{id.value_or(0)}, text};
}

orders::CancelRestriction take_restriction(Arguments& arguments) {
  constexpr std::array<std::pair<std::string_view, orders::CancelRestriction>, 2> kRestrictions = {
      {{"ONLY_NEW", orders::CancelRestriction::only_new},
       {"ONLY_PARTIALLY_FILLED", orders::CancelRestriction::only_partially_filled}}};
  const auto text = arguments.optional("cancelRestrictions");
  return text && arguments.ok() ? arguments.named(*text, kRestrictions, bad_cancel_restrictions)
                                : orders::CancelRestriction::none;
}

void place_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending) {
  pending = pending_for(context, Change::place, nullptr);
  orders::PlaceOrder order = take_order(context, arguments, pending);
  if (!arguments.finish()) return;
  pending.market = order.market;
  command.emplace<orders::PlaceOrder>(order);
}

std::uint32_t test_order_weight(const Parameters& parameters) {
  return parameters.peek("computeCommissionRates") == "true" ? 20 : 1;
}

void test_order(const Context& context, Arguments& arguments, JsonWriter& json) {
  Pending unused;
  const orders::PlaceOrder order = take_order(context, arguments, unused);
  const bool show_rates = arguments.boolean("computeCommissionRates", false);
  if (!arguments.finish()) return;
  const instruments::Market& market = *context.views.instruments.market(order.market);
  const core::Rejection rejection = check_filters(order, market);
  if (rejection != core::Rejection::none) return arguments.complain(rejected(rejection, Asked::place));
  json.begin_object();
  if (show_rates) {
    write_rates(json, "standardCommissionForOrder", rates_of(context.views, context.account(), market));
    write_rates(json, "specialCommissionForOrder", {});
    write_rates(json, "taxCommissionForOrder", {});
    json.key("discount").begin_object().field("enabledForAccount", false).field("enabledForSymbol", false);
    json.field("discountAsset", "BNB");
    write_rate(json, "discount", {});
    json.end_object();
  }
  json.end_object();
}

void cancel_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending) {
  const instruments::Market* market = arguments.market();
  orders::CancelOrder cancel{.account = context.account(),
                             .market = market == nullptr ? core::MarketId{} : market->id,
                             .target = take_target(arguments, "orderId", "origClientOrderId", Asked::cancel),
                             .restriction = orders::CancelRestriction::none,
                             .cancel_id = arguments.client_order_id("newClientOrderId")};
  cancel.restriction = take_restriction(arguments);
  if (!arguments.finish()) return;
  pending = pending_for(context, Change::cancel, market);
  pending.cancel_id = cancel.cancel_id;
  command.emplace<orders::CancelOrder>(cancel);
}

void cancel_open_orders(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending) {
  const instruments::Market* market = arguments.market();
  if (!arguments.finish()) return;
  pending = pending_for(context, Change::cancel_all, market);
  command.emplace<orders::CancelAll>(orders::CancelAll{context.account(), market->id});
}

}  // namespace spot
