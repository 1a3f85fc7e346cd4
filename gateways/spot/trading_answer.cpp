// From a command's events to the answer.
#include "gateways/spot/shapes.h"
#include "gateways/spot/trading.h"
#include "services/orders/client_order_id.h"

namespace spot {
namespace {

using orders::AccountEvent;
using orders::Execution;
using orders::OrderEvent;

// The order event in `event` if it is one of that account.
const OrderEvent* order_event(const AccountEvent& event, core::AccountId account) {
  const auto* order = std::get_if<OrderEvent>(&event.body);
  return order != nullptr && order->account == account ? order : nullptr;
}

// The rejection of a command that was not about one order.
core::Rejection command_rejection(const gateways::Reply& reply) {
  for (const AccountEvent& event : reply.events) {
    if (const auto* refused = std::get_if<orders::CommandRejected>(&event.body)) return refused->rejection;
  }
  return core::Rejection::none;
}

std::unexpected<ApiError> unexplained() {
  return std::unexpected(
      ApiError{.status = 500,
               .code = -1006,
               .message = "An unexpected response was received from the message bus. Execution status unknown.",
               .retry_after_s = 0,
               .retry_at = {},
               .data = {}});
}

void write_fills(JsonWriter& json, const gateways::Reply& reply, const engine::Views& views, const Listing& listing,
                 const OrderEvent& accepted) {
  json.key("fills").begin_array();
  for (const AccountEvent& each : reply.events) {
    const OrderEvent* event = order_event(each, accepted.account);
    if (event == nullptr || event->order != accepted.order || event->execution != Execution::traded) continue;
    const instruments::Asset* fee_asset = views.instruments.asset(event->fee_asset);
    CHECK(fee_asset != nullptr);
    json.begin_object();
    write_price(json, "price", listing, event->last_price);
    write_quantity(json, "qty", listing, event->last_quantity);
    write_amount(json, "commission", *fee_asset, event->fee);
    json.field("commissionAsset", fee_asset->symbol.view()).field("tradeId", event->trade.value()).end_object();
  }
  json.end_array();
}

// What the events say of the placed order: how it began, how it stands, whether self-trade prevention took from it.
struct Placed {
  const OrderEvent* first = nullptr;  // accepted or rejected
  const OrderEvent* last = nullptr;
  core::TradeId prevented_match;
};

Placed placed_in(const gateways::Reply& reply, core::AccountId account) {
  Placed placed;
  for (const AccountEvent& each : reply.events) {
    const OrderEvent* event = order_event(each, account);
    if (event == nullptr) continue;
    if (placed.first == nullptr && (event->execution == Execution::accepted || event->execution == Execution::rejected))
      placed.first = event;
    if (placed.first == nullptr || event->order != placed.first->order) continue;
    placed.last = event;
    if (event->execution == Execution::prevented) placed.prevented_match = event->trade;
  }
  return placed;
}

std::expected<void, ApiError> write_placed(const Pending& pending, const gateways::Reply& reply,
                                           const engine::Views& views, JsonWriter& json) {
  const Placed placed = placed_in(reply, pending.account);
  if (placed.first == nullptr) {
    const core::Rejection rejection = command_rejection(reply);
    if (rejection == core::Rejection::none) return unexplained();
    return std::unexpected(rejected(rejection, Asked::place));
  }
  if (placed.first->execution == Execution::rejected)
    return std::unexpected(rejected(placed.first->rejection, Asked::place));
  const instruments::Market* market = views.instruments.market(pending.market);
  CHECK(market != nullptr);
  const Listing listing = listing_of(views.instruments, *market);
  const core::ClientOrderId client_order_id = placed.first->client_order_id.empty()
                                                  ? orders::made_client_order_id(placed.first->order)
                                                  : placed.first->client_order_id;
  const OrderView order = view_of(*placed.last, client_order_id.view());
  json.begin_object()
      .field("symbol", market->symbol.view())
      .field("orderId", order.id.value())
      .field("orderListId", kNoOrderList);
  json.field("clientOrderId", order.client_order_id).field("transactTime", in_unit(reply.time, pending.time_unit));
  if (pending.response != ResponseType::ack) {
    write_terms(json, listing, order);
    write_working_time(json, "workingTime", order.working, pending.time_unit);
    if (pending.strategy_id != 0) json.field("strategyId", pending.strategy_id);
    if (pending.strategy_type != 0) json.field("strategyType", pending.strategy_type);
    json.field("selfTradePreventionMode", name_of(order.self_trade));
    write_condition(json, listing, order, pending.time_unit, false);
    write_conditional(json, listing, order, placed.prevented_match);
    if (pending.response == ResponseType::full) write_fills(json, reply, views, listing, *placed.first);
  }
  json.end_object();
  return {};
}

void write_cancelled(JsonWriter& json, const Pending& pending, const gateways::Reply& reply, const engine::Views& views,
                     const OrderEvent& event) {
  const instruments::Market* market = views.instruments.market(event.market);
  CHECK(market != nullptr);
  const Listing listing = listing_of(views.instruments, *market);
  // The read model has the order's name, unless its bounds made it forget the order already.
  const history::Order* known = views.accounts.order(event.account, event.order);
  const core::ClientOrderId name =
      known == nullptr ? orders::made_client_order_id(event.order) : known->client_order_id;
  const core::ClientOrderId cancel_id = pending.cancel_id.empty() ? made_cancel_id(reply.sequence) : pending.cancel_id;
  const OrderView order = view_of(event, name.view());
  json.begin_object().field("symbol", market->symbol.view()).field("origClientOrderId", order.client_order_id);
  json.field("orderId", order.id.value()).field("orderListId", kNoOrderList).field("clientOrderId", cancel_id.view());
  json.field("transactTime", in_unit(reply.time, pending.time_unit));
  write_terms(json, listing, order);
  json.field("selfTradePreventionMode", name_of(order.self_trade));
  write_condition(json, listing, order, pending.time_unit, false);
  write_conditional(json, listing, order, {});
  json.end_object();
}

std::expected<void, ApiError> write_cancels(const Pending& pending, const gateways::Reply& reply,
                                            const engine::Views& views, JsonWriter& json) {
  const bool many = pending.change == Change::cancel_all;
  core::Rejection rejection = command_rejection(reply);
  std::size_t cancelled = 0;
  if (many) json.begin_array();
  for (const AccountEvent& each : reply.events) {
    const OrderEvent* event = order_event(each, pending.account);
    if (event == nullptr) continue;
    if (event->execution == Execution::cancelled) {
      write_cancelled(json, pending, reply, views, *event);
      ++cancelled;
    } else if (rejection == core::Rejection::none && event->execution == Execution::cancel_rejected) {
      rejection = event->rejection;  // other steps are those of conditional orders that this command let go on
    }
    if (!many && cancelled == 1) break;
  }
  if (many) json.end_array();
  if (cancelled > 0) return {};
  if (rejection == core::Rejection::none) return unexplained();
  return std::unexpected(rejected(rejection, Asked::cancel));
}

// Of a cancel and the new order behind it, what became of each.
struct Replaced {
  const OrderEvent* cancelled = nullptr;
  core::Rejection cancel_rejection = core::Rejection::none;
  Placed placed;
};

Replaced replaced_in(const gateways::Reply& reply, core::AccountId account) {
  Replaced replaced{.cancelled = nullptr, .cancel_rejection = {}, .placed = placed_in(reply, account)};
  for (const AccountEvent& each : reply.events) {
    const OrderEvent* event = order_event(each, account);
    if (event == nullptr) continue;
    if (event->execution == Execution::cancelled) {
      replaced.cancelled = event;
    } else if (event->execution == Execution::cancel_rejected) {
      replaced.cancel_rejection = event->rejection;
    } else if (event->execution != Execution::accepted && event->execution != Execution::rejected) {
      continue;  // of a conditional order that this command let go on
    }
    break;  // the cancel comes first
  }
  return replaced;
}

std::expected<void, ApiError> write_replaced(const Pending& pending, const gateways::Reply& reply,
                                             const engine::Views& views, const limits::Profile& limits,
                                             JsonWriter& json) {
  const Replaced replaced = replaced_in(reply, pending.account);
  const bool cancel_failed = replaced.cancelled == nullptr;
  if (cancel_failed && replaced.cancel_rejection == core::Rejection::none)  // it was refused before anything was tried
    return write_placed(pending, reply, views, json);
  const bool over_limit = pending.over_limit != limits::Finding::allowed;
  const bool attempted = !cancel_failed || pending.mode == orders::ReplaceMode::allow_failure;
  const auto name = [](bool failed) { return failed ? "FAILURE" : "SUCCESS"; };

  std::string placed;
  std::expected<void, ApiError> placing;
  JsonWriter placed_json(placed);
  if (!attempted)
    placed_json.raw("null");
  else if (over_limit)
    placing = std::unexpected(spot::limited({.finding = pending.over_limit}, limits));
  else
    placing = write_placed(pending, reply, views, placed_json);
  if (!placing) {
    placed.clear();
    JsonWriter error_json(placed);
    write(error_json, placing.error());
  }

  std::string both;
  JsonWriter out(both);
  out.begin_object().field("cancelResult", name(cancel_failed));
  out.field("newOrderResult", attempted ? name(!placing) : "NOT_ATTEMPTED");
  out.key("cancelResponse");
  if (cancel_failed)
    write(out, rejected(replaced.cancel_rejection, Asked::cancel));
  else
    write_cancelled(out, pending, reply, views, *replaced.cancelled);
  out.key("newOrderResponse").raw(placed).end_object();

  if (cancel_failed && !attempted) return std::unexpected(replace_failed(std::move(both), over_limit ? 429 : 400));
  if (cancel_failed && !placing) return std::unexpected(replace_failed(std::move(both)));
  if (cancel_failed || !placing) return std::unexpected(replaced_partly(std::move(both)));
  json.raw(both);
  return {};
}

void write_amended(JsonWriter& json, const Pending& pending, const gateways::Reply& reply, const engine::Views& views,
                   const AccountEvent& where, const OrderEvent& event) {
  const instruments::Market* market = views.instruments.market(event.market);
  CHECK(market != nullptr);
  const Listing listing = listing_of(views.instruments, *market);
  const history::Order* known = views.accounts.order(event.account, event.order);
  core::ClientOrderId before = known == nullptr ? orders::made_client_order_id(event.order) : known->client_order_id;
  core::ClientOrderId after = before;
  if (!event.cancel_id.empty()) {
    after = event.cancel_id;
    // On a reduction the read model has the new name already; on one to nothing it keeps the old one.
    if (event.execution == Execution::replaced)
      before = event.client_order_id.empty() ? orders::made_client_order_id(event.order) : event.client_order_id;
  }
  json.begin_object().field("transactTime", in_unit(reply.time, pending.time_unit));
  json.field("executionId", where.account_sequence);
  json.key("amendedOrder").begin_object().field("symbol", market->symbol.view());
  json.field("orderId", event.order.value()).field("orderListId", kNoOrderList);
  json.field("origClientOrderId", before.view()).field("clientOrderId", after.view());
  write_price(json, "price", listing, event.price);
  write_quantity(json, "qty", listing, event.quantity);
  write_quantity(json, "executedQty", listing, event.executed);
  write_quantity(json, "preventedQty", listing, event.prevented);
  write_amount(json, "quoteOrderQty", listing.quote, event.quote_quantity);
  write_amount(json, "cumulativeQuoteQty", listing.quote, event.executed_quote);
  json.field("status", name_of(event.status)).field("timeInForce", name_of(event.time_in_force));
  json.field("type", name_of(event.type, event.condition.trigger)).field("side", name_of(event.side));
  write_working_time(json, "workingTime", event.working, pending.time_unit);
  if (!event.peak.is_zero()) write_quantity(json, "icebergQty", listing, event.peak);
  json.field("selfTradePreventionMode", name_of(event.self_trade)).end_object().end_object();
}

std::expected<void, ApiError> write_amendment(const Pending& pending, const gateways::Reply& reply,
                                              const engine::Views& views, JsonWriter& json) {
  for (const AccountEvent& each : reply.events) {
    const OrderEvent* event = order_event(each, pending.account);
    if (event == nullptr) continue;
    if (event->execution == Execution::cancel_rejected)
      return std::unexpected(rejected(event->rejection, Asked::amend));
    const bool is_answer = event->execution == Execution::replaced || event->execution == Execution::cancelled;
    if (!is_answer) continue;  // of a conditional order that this command let go on
    write_amended(json, pending, reply, views, each, *event);
    return {};
  }
  return unexplained();
}

}  // namespace

std::expected<void, ApiError> write_answer(const Pending& pending, const gateways::Reply& reply,
                                           const engine::Views& views, const limits::Profile& limits,
                                           JsonWriter& json) {
  switch (pending.change) {
    case Change::place:
      return write_placed(pending, reply, views, json);
    case Change::cancel:
    case Change::cancel_all:
      return write_cancels(pending, reply, views, json);
    case Change::replace:
      return write_replaced(pending, reply, views, limits, json);
    case Change::amend:
      return write_amendment(pending, reply, views, json);
  }
  return unexplained();
}

}  // namespace spot
