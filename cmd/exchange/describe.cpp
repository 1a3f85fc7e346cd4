#include "cmd/exchange/describe.h"

#include <array>
#include <string_view>
#include <type_traits>

#include "pkg/core/decimal.h"
#include "services/instruments/market_states.h"

namespace exchange {
namespace {

std::string text(core::Amount amount) { return core::format_decimal(amount.value(), 0, 0); }

std::string_view name(orders::Side side) { return side == orders::Side::buy ? "buy" : "sell"; }
std::string_view name(orders::OrderType type) {
  constexpr std::array<std::string_view, 5> kNames{"?", "limit", "market", "market_by_quote", "limit_maker"};
  return kNames[static_cast<std::size_t>(type) % kNames.size()];
}
std::string_view name(orders::TimeInForce time_in_force) {
  constexpr std::array<std::string_view, 4> kNames{"?", "gtc", "ioc", "fok"};
  return kNames[static_cast<std::size_t>(time_in_force) % kNames.size()];
}
std::string_view name(orders::Execution execution) {
  constexpr std::array<std::string_view, 10> kNames{
      "?",        "accepted", "traded",    "cancelled",       "expired",
      "rejected", "replaced", "prevented", "cancel_rejected", "triggered"};
  return kNames[static_cast<std::size_t>(execution) % kNames.size()];
}
std::string_view name(orders::OrderStatus status) {
  constexpr std::array<std::string_view, 8> kNames{"pending_new", "open",     "partially_filled", "filled",
                                                   "cancelled",   "rejected", "expired",          "expired_in_match"};
  return kNames[static_cast<std::size_t>(status) % kNames.size()];
}
std::string_view name(instruments::MarketState state) { return instruments::rules_of(state).name; }

void put_condition(json::object& out, const orders::Condition& condition) {
  if (!condition.is_set()) return;
  out["trigger"] = condition.trigger == orders::Trigger::stop ? "stop" : "take_profit";
  if (!condition.price.is_zero()) out["trigger_price_ticks"] = condition.price.value();
  if (condition.trailing_bp != 0) out["trailing_basis_points"] = condition.trailing_bp;
}

void put_peak(json::object& out, core::Quantity size) {
  if (!size.is_zero()) out["peak_lots"] = size.value();
}

void put_target(json::object& out, const orders::OrderReference& target) {
  if (!target.order.is_none()) out["order"] = target.order.value();
  if (!target.client_order_id.empty()) out["client_order_id"] = target.client_order_id.view();
}

// The fields of each command, in the order of its record.
struct CommandFields {
  json::object& out;

  void operator()(const engine::Checkpoint& c) const { out["output_digest"] = hex(c.output_digest); }
  void operator()(const engine::Started& c) const { out["epoch"] = c.epoch.value(); }
  void operator()(const instruments::AddAsset& c) const {
    out["asset"] = c.symbol.view();
    out["ledger_decimals"] = c.ledger_decimals;
    out["supply_max_units"] = text(c.supply_max);
  }
  void operator()(const instruments::AddMarket& c) const {
    out["symbol"] = c.market.symbol.view();
    out["base_asset"] = c.market.base.value();
    out["quote_asset"] = c.market.quote.value();
    out["tick"] = core::format_decimal(c.market.tick_mantissa, c.market.price_decimals, c.market.price_decimals);
    out["lot"] = core::format_decimal(c.market.lot_mantissa, c.market.quantity_decimals, c.market.quantity_decimals);
  }
  void operator()(const instruments::SetMarketState& c) const {
    out["market"] = c.market.value();
    out["state"] = name(c.state);
  }
  void operator()(const instruments::SetMarketAuctions& c) const {
    out["market"] = c.market.value();
    out["resumes_by_auction"] = c.resumes_by_auction;
  }
  void operator()(const instruments::SetMarketAllocation& c) const {
    out["market"] = c.market.value();
    out["allocation"] = c.allocation.kind == instruments::AllocationKind::pro_rata ? "pro_rata" : "price_time";
    out["top_first"] = c.allocation.top_first;
    out["share_min_lots"] = c.allocation.share_min.value();
  }
  void operator()(const instruments::SetMarketRanges& c) const {
    out["market"] = c.market.value();
    out["static_basis_points"] = c.ranges.static_bp;
    out["dynamic_basis_points"] = c.ranges.dynamic_bp;
    out["outcome"] = c.ranges.outcome == instruments::RangeOutcome::auction ? "auction" : "expire";
    if (!c.reference.is_zero()) out["reference_price_ticks"] = c.reference.value();
  }
  void operator()(const ledger::OpenAccount& c) const { out["name"] = c.name.view(); }
  void operator()(const ledger::Deposit& c) const {
    out["account"] = c.account.value();
    out["asset"] = c.asset.value();
    out["amount_units"] = text(c.amount);
    if (!c.reference.empty()) out["reference"] = c.reference.view();
  }
  void operator()(const fees::SetAccountFees& c) const { out["account"] = c.account.value(); }
  void operator()(const orders::PlaceOrder& c) const {
    out["account"] = c.account.value();
    out["market"] = c.market.value();
    out["side"] = name(c.side);
    out["type"] = name(c.type);
    out["time_in_force"] = name(c.time_in_force);
    out["self_trade"] = static_cast<int>(c.self_trade);
    out["price_ticks"] = c.price.value();
    out["quantity_lots"] = c.quantity.value();
    if (!c.quote_quantity.is_zero()) out["quote_quantity_units"] = text(c.quote_quantity);
    if (!c.client_order_id.empty()) out["client_order_id"] = c.client_order_id.view();
    put_condition(out, c.condition);
    put_peak(out, c.peak.size);
    if (!c.peak.spread.is_zero()) out["peak_spread_lots"] = c.peak.spread.value();
    if (c.peak.seed != 0) out["peak_seed"] = c.peak.seed;
    if (!c.minimum.is_zero()) out["minimum_lots"] = c.minimum.value();
    if (c.slides) out["slides"] = true;
    if (c.reduce_only) out["reduce_only"] = true;
  }
  void operator()(const orders::CancelOrder& c) const {
    out["account"] = c.account.value();
    out["market"] = c.market.value();
    put_target(out, c.target);
  }
  void operator()(const orders::CancelAll& c) const {
    out["account"] = c.account.value();
    out["market"] = c.market.value();
  }
  void operator()(const orders::CancelReplace& c) const {
    (*this)(c.cancel);
    json::object place;
    CommandFields{place}(c.place);
    out["place"] = std::move(place);
  }
  void operator()(const orders::MoveOrder& c) const {
    out["account"] = c.account.value();
    out["market"] = c.market.value();
    put_target(out, c.target);
    out["price_ticks"] = c.price.value();
  }
  void operator()(const orders::ReduceOrder& c) const {
    out["account"] = c.account.value();
    out["market"] = c.market.value();
    put_target(out, c.target);
    if (!c.by.is_zero()) out["by_lots"] = c.by.value();
    if (!c.to.is_zero()) out["to_lots"] = c.to.value();
    if (!c.new_client_order_id.empty()) out["new_client_order_id"] = c.new_client_order_id.view();
  }
};

void put_order_event(json::object& out, const orders::OrderEvent& e) {
  out["event"] = std::string("order_") + std::string(name(e.execution));
  out["account"] = e.account.value();
  out["market"] = e.market.value();
  out["order"] = e.order.value();
  out["status"] = name(e.status);
  out["side"] = name(e.side);
  out["type"] = name(e.type);
  out["price_ticks"] = e.price.value();
  out["quantity_lots"] = e.quantity.value();
  out["executed_lots"] = e.executed.value();
  if (e.rejection != core::Rejection::none) out["rejection"] = core::name(e.rejection);
  if (e.execution == orders::Execution::traded) {
    out["trade"] = e.trade.value();
    out["last_price_ticks"] = e.last_price.value();
    out["last_quantity_lots"] = e.last_quantity.value();
    out["is_maker"] = e.is_maker;
    out["fee_units"] = text(e.fee);
    out["fee_asset"] = e.fee_asset.value();
  }
  out["base_available_units"] = text(e.base.available);
  out["base_held_units"] = text(e.base.held);
  out["quote_available_units"] = text(e.quote.available);
  out["quote_held_units"] = text(e.quote.held);
  if (!e.client_order_id.empty()) out["client_order_id"] = e.client_order_id.view();
  put_condition(out, e.condition);
  put_peak(out, e.peak);
}

struct EventFields {
  json::object& out;

  void operator()(const orders::OrderEvent& e) const { put_order_event(out, e); }
  void operator()(const orders::BalanceEvent& e) const {
    out["event"] = "balance_changed";
    out["account"] = e.account.value();
    out["asset"] = e.asset.value();
    out["delta_units"] = text(e.delta);
    out["available_units"] = text(e.after.available);
    out["held_units"] = text(e.after.held);
  }
  void operator()(const orders::AccountOpened& e) const {
    out["event"] = "account_opened";
    out["account"] = e.account.value();
    out["name"] = e.name.view();
  }
  void operator()(const orders::FeesChanged& e) const {
    out["event"] = "fees_changed";
    out["account"] = e.account.value();
  }
  void operator()(const orders::CommandRejected& e) const {
    out["event"] = "command_rejected";
    out["rejection"] = core::name(e.rejection);
  }
  void operator()(const orders::AssetListed& e) const {
    out["event"] = "asset_listed";
    out["asset"] = e.asset.id.value();
    out["symbol"] = e.asset.symbol.view();
  }
  void operator()(const orders::MarketListed& e) const {
    out["event"] = "market_listed";
    out["market"] = e.market.id.value();
    out["symbol"] = e.market.symbol.view();
    out["state"] = name(e.market.state);
  }
};

template <class T>
concept HasAccount = requires(const T& value) {
  { value.account } -> std::convertible_to<core::AccountId>;
};
template <class T>
concept HasTarget = requires(const T& value) {
  { value.target } -> std::convertible_to<orders::OrderReference>;
};

}  // namespace

json::object describe(const core::RecordHeader& header, const engine::Command& command) {
  json::object out{{"sequence", header.sequence.value()},
                   {"time_ns", header.time.ns},
                   {"epoch", header.epoch.value()},
                   {"command", engine::name(engine::type_of(command))}};
  std::visit(CommandFields{out}, command);
  return out;
}

json::object describe(const orders::AccountEvent& event) {
  json::object out{
      {"sequence", event.command.value()}, {"index", event.index}, {"account_sequence", event.account_sequence}};
  std::visit(EventFields{out}, event.body);
  return out;
}

json::object describe(const matching::MarketEvent& event) {
  using enum matching::MarketEventKind;
  constexpr std::array<std::string_view, 7> kNames{"?",      "level_changed", "traded",         "state_changed",
                                                   "listed", "auction_price", "auction_surplus"};
  json::object out{{"market_event", kNames[static_cast<std::size_t>(event.kind) % kNames.size()]},
                   {"market", event.market.value()},
                   {"market_sequence", event.sequence}};
  if (event.kind == state_changed) out["state"] = name(event.state);
  if (event.kind == state_changed || event.kind == listed) return out;
  if (event.kind != auction_price) out["side"] = name(event.side);
  if (event.kind != auction_surplus) out["price_ticks"] = event.price.value();
  out["quantity_lots"] = event.quantity.value();
  if (event.kind == traded) out["trade"] = event.trade.value();
  return out;
}

std::optional<core::AccountId> account_of(const engine::Command& command) {
  return std::visit(
      [](const auto& c) -> std::optional<core::AccountId> {
        using C = std::decay_t<decltype(c)>;
        if constexpr (std::is_same_v<C, orders::CancelReplace>)
          return c.cancel.account;
        else if constexpr (HasAccount<C>)
          return c.account;
        else
          return std::nullopt;
      },
      command);
}

std::optional<core::OrderId> order_of(const engine::Command& command) {
  const auto order = std::visit(
      [](const auto& c) -> core::OrderId {
        using C = std::decay_t<decltype(c)>;
        if constexpr (std::is_same_v<C, orders::CancelReplace>)
          return c.cancel.target.order;
        else if constexpr (HasTarget<C>)
          return c.target.order;
        else
          return {};
      },
      command);
  return order.is_none() ? std::nullopt : std::optional(order);
}

std::optional<core::AccountId> account_of(const orders::AccountEvent& event) {
  const auto account = std::visit(
      [](const auto& e) -> core::AccountId {
        if constexpr (HasAccount<std::decay_t<decltype(e)>>)
          return e.account;
        else
          return {};
      },
      event.body);
  return account.is_none() ? std::nullopt : std::optional(account);
}

std::optional<core::OrderId> order_of(const orders::AccountEvent& event) {
  const auto* order = std::get_if<orders::OrderEvent>(&event.body);
  return order && !order->order.is_none() ? std::optional(order->order) : std::nullopt;
}

std::string as_text_line(const json::object& object) {
  std::string out;
  for (const auto& [key, value] : object) {
    if (!out.empty()) out += ' ';
    out += key;
    out += '=';
    if (value.is_string())
      out += value.get_string();
    else
      out += json::serialize(value);
  }
  return out;
}

}  // namespace exchange
