#include "gateways/streams/user_messages.h"

#include "gateways/spot/shapes.h"
#include "services/orders/client_order_id.h"

namespace streams {
namespace {

using orders::Execution;
using orders::OrderEvent;
using orders::OrderStatus;
using spot::in_unit;
using spot::JsonWriter;
using spot::Listing;

constexpr int kNoTrade = -1, kNoTradeGroup = -1, kNoOrder = -1;

// An order that self-trade prevention took from or ended.
bool is_prevented(const OrderEvent& event) {
  return event.execution == Execution::prevented ||
         (event.execution == Execution::expired && event.status == OrderStatus::expired_in_match);
}

std::string_view execution_type(const OrderEvent& event) {
  if (is_prevented(event)) return "TRADE_PREVENTION";
  switch (event.execution) {
    case Execution::accepted:
    case Execution::triggered:
      return "NEW";
    case Execution::traded:
      return "TRADE";
    case Execution::cancelled:
      return "CANCELED";
    case Execution::replaced:
      return "REPLACED";
    case Execution::rejected:
      return "REJECTED";
    case Execution::expired:
    case Execution::prevented:
    case Execution::cancel_rejected:
      break;
  }
  return "EXPIRED";
}

// The published list knows these; every other reason is NONE.
std::string_view reject_reason(core::Rejection rejection) {
  switch (rejection) {
    case core::Rejection::insufficient_balance:
    case core::Rejection::budget_exceeded:
      return "INSUFFICIENT_BALANCES";
    case core::Rejection::would_match_immediately:
      return "WOULD_MATCH_IMMEDIATELY";
    case core::Rejection::would_trigger_immediately:
      return "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY";
    default:
      return "NONE";
  }
}

// The client's name for the order, or the exchange's: in the event, or else in the read model unless its bounds made it
// forget the order already.
core::ClientOrderId name_of_order(const engine::Views& views, const OrderEvent& event) {
  if (event.execution == Execution::replaced && !event.cancel_id.empty())
    return event.client_order_id.empty() ? orders::made_client_order_id(event.order) : event.client_order_id;
  if (!event.client_order_id.empty()) return event.client_order_id;
  if (event.order.is_none()) return {};  // rejected, and without a name of its own
  const history::Order* known = views.accounts.order(event.account, event.order);
  return known == nullptr ? orders::made_client_order_id(event.order) : known->client_order_id;
}

Listing listing_in(const engine::Views& views, core::MarketId id) {
  const instruments::Market* market = views.instruments.market(id);
  CHECK(market != nullptr);
  return spot::listing_of(views.instruments, *market);
}

void write_terms(JsonWriter& json, const Listing& listing, const OrderEvent& event, spot::TimeUnit unit) {
  // A market order by amount has no quantity of its own: what it got is its quantity.
  const bool by_quote = event.type == orders::OrderType::market_by_quote;
  json.field("S", spot::name_of(event.side)).field("o", spot::name_of(event.type, event.condition.trigger));
  json.field("f", spot::name_of(event.time_in_force));
  spot::write_quantity(json, "q", listing, by_quote ? event.executed : event.quantity);
  spot::write_price(json, "p", listing, event.price);
  spot::write_price(json, "P", listing, event.condition.price);
  if (event.condition.trailing_bp != 0) {
    json.field("d", std::uint64_t{event.condition.trailing_bp});
    spot::write_working_time(json, "D", spot::trailing_since(event.condition, event.created), unit);
  }
  spot::write_quantity(json, "F", listing, event.peak);
  json.field("g", spot::kNoOrderList);
}

void write_commission(JsonWriter& json, const engine::Views& views, const OrderEvent& event) {
  if (event.execution != Execution::traded) {
    json.field("n", "0").key("N").raw("null");
    return;
  }
  const instruments::Asset* asset = views.instruments.asset(event.fee_asset);
  CHECK(asset != nullptr);
  spot::write_amount(json, "n", *asset, event.fee);
  json.field("N", asset->symbol.view());
}

// Orders that met one of their own account. An order that prevention ended whole has lost all that was open of it; of
// one that was only made smaller the step is in the event.
void write_prevention(JsonWriter& json, const Listing& listing, const OrderEvent& event) {
  const bool by_step = event.execution == Execution::prevented;
  const bool is_counted = event.type != orders::OrderType::market_by_quote;  // in lots
  core::Quantity last;
  if (by_step) {
    last = event.last_quantity;
  } else if (is_counted) {
    last = event.quantity - event.executed - event.prevented;
  }
  const core::Quantity all = by_step ? event.prevented : event.prevented + last;
  json.field("v", event.trade.value());
  spot::write_quantity(json, "A", listing, all);
  spot::write_quantity(json, "B", listing, last);
  json.field("u", kNoTradeGroup).field("U", event.counter_order.value()).field("Cs", listing.market.symbol.view());
  if (!by_step) return;
  spot::write_quantity(json, "pl", listing, event.last_quantity);
  spot::write_price(json, "pL", listing, event.last_price);
  spot::write_amount(json, "pY", listing.quote,
                     core::notional(event.last_price, event.last_quantity, listing.market.tick_lot_units));
}

void write_balance(JsonWriter& json, const engine::Views& views, core::AssetId id, const ledger::Balance& balance) {
  const instruments::Asset* asset = views.instruments.asset(id);
  CHECK(asset != nullptr);
  json.begin_object().field("a", asset->symbol.view());
  spot::write_amount(json, "f", *asset, balance.available);
  spot::write_amount(json, "l", *asset, balance.held);
  json.end_object();
}

void begin(JsonWriter& json, std::string_view type, core::Time sent, spot::TimeUnit unit) {
  json.begin_object().field("e", type).field("E", in_unit(sent, unit));
}

JsonWriter& begin_position(JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event) {
  begin(json, "outboundAccountPosition", context.sent, context.unit);
  return json.field("u", in_unit(event.time, context.unit)).key("B").begin_array();
}

}  // namespace

void write_execution_report(JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event,
                            const OrderEvent& order) {
  const Listing listing = listing_in(context.views, order.market);
  const core::ClientOrderId name = name_of_order(context.views, order);
  const bool is_trade = order.execution == Execution::traded;
  const bool is_cancel = order.execution == Execution::cancelled;
  const bool has_two_names = is_cancel || (order.execution == Execution::replaced && !order.cancel_id.empty());
  const core::ClientOrderId cancel_id =
      is_cancel && order.cancel_id.empty() ? spot::made_cancel_id(event.command) : order.cancel_id;
  begin(json, "executionReport", context.sent, context.unit);
  json.field("s", listing.market.symbol.view()).field("c", has_two_names ? cancel_id.view() : name.view());
  write_terms(json, listing, order, context.unit);
  json.field("C", has_two_names ? name.view() : std::string_view{});
  json.field("x", execution_type(order)).field("X", spot::name_of(order.status));
  json.field("r", reject_reason(order.rejection));
  if (order.order.is_none()) {
    json.field("i", kNoOrder);
  } else {
    json.field("i", order.order.value());
  }
  spot::write_quantity(json, "l", listing, is_trade ? order.last_quantity : core::Quantity{});
  spot::write_quantity(json, "z", listing, order.executed);
  spot::write_price(json, "L", listing, is_trade ? order.last_price : core::Price{});
  write_commission(json, context.views, order);
  json.field("T", in_unit(event.time, context.unit));
  if (is_trade) {
    json.field("t", order.trade.value());
  } else {
    json.field("t", kNoTrade);
  }
  if (is_prevented(order)) write_prevention(json, listing, order);
  json.field("I", event.account_sequence).field("w", !orders::is_closed(order.status) && order.working != core::Time{});
  json.field("m", order.is_maker).field("M", false).field("O", in_unit(order.created, context.unit));
  spot::write_amount(json, "Z", listing.quote, order.executed_quote);
  spot::write_amount(
      json, "Y", listing.quote,
      is_trade ? core::notional(order.last_price, order.last_quantity, listing.market.tick_lot_units) : core::Amount{});
  spot::write_amount(json, "Q", listing.quote, order.quote_quantity);
  if (order.execution != Execution::rejected && order.working != core::Time{})
    json.field("W", in_unit(order.working, context.unit));
  json.field("V", spot::name_of(order.self_trade));
  if (order.status == OrderStatus::expired) json.field("eR", spot::expiry_reason(spot::view_of(order, name.view())));
  json.end_object();
}

void write_account_position(JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event,
                            const OrderEvent& order) {
  const instruments::Market* market = context.views.instruments.market(order.market);
  CHECK(market != nullptr);
  begin_position(json, context, event);
  write_balance(json, context.views, market->base, order.base);
  write_balance(json, context.views, market->quote, order.quote);
  json.end_array().end_object();
}

void write_account_position(JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event,
                            const orders::BalanceEvent& balance) {
  begin_position(json, context, event);
  write_balance(json, context.views, balance.asset, balance.after);
  json.end_array().end_object();
}

void write_balance_update(JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event,
                          const orders::BalanceEvent& balance) {
  const instruments::Asset* asset = context.views.instruments.asset(balance.asset);
  CHECK(asset != nullptr);
  begin(json, "balanceUpdate", context.sent, context.unit);
  json.field("a", asset->symbol.view());
  spot::write_amount(json, "d", *asset, balance.delta);
  json.field("T", in_unit(event.time, context.unit)).end_object();
}

void write_listen_key_expired(JsonWriter& json, core::Time sent, spot::TimeUnit unit, std::string_view key) {
  begin(json, "listenKeyExpired", sent, unit);
  json.field("listenKey", key).end_object();
}

void write_event_stream_terminated(JsonWriter& json, core::Time sent, spot::TimeUnit unit) {
  begin(json, "eventStreamTerminated", sent, unit);
  json.end_object();
}

}  // namespace streams
