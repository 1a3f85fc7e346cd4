// Cancels, moves, reductions, and cancel-replace as a saga of two steps.
#include "services/orders/accounts.h"
#include "services/orders/client_order_id.h"

namespace orders {

using core::AccountId;
using core::Amount;
using core::MarketId;
using core::Rejection;
using instruments::Action;
using instruments::Market;

std::expected<OrderSlot, Rejection> Accounts::resolve(AccountId account, MarketId market,
                                                      const OrderReference& target) const {
  if (!is_user(account)) return std::unexpected(Rejection::unknown_account);
  if (registry_.market(market) == nullptr) return std::unexpected(Rejection::unknown_market);
  const std::string_view text = target.client_order_id.view();
  const bool by_id = !target.order.is_none();
  const OrderSlot slot = by_id ? orders_.find(target.order) : text.empty() ? 0 : orders_.find(account, text);
  if (slot == 0) return std::unexpected(Rejection::unknown_order);
  const Desk& desk = orders_.desk_of(orders_[slot]);
  if (desk.account != account || desk.market != market) return std::unexpected(Rejection::unknown_order);
  if (by_id && !text.empty() && orders_.find(account, text) != slot) return std::unexpected(Rejection::unknown_order);
  return slot;
}

std::expected<OrderSlot, Rejection> Accounts::resolve_cancel(const CancelOrder& command) const {
  const auto slot = resolve(command.account, command.market, command.target);
  if (!slot) return slot;
  const OpenOrder& order = orders_[*slot];
  if (!instruments::accepts(market_of(order).state, Action::cancel)) return std::unexpected(Rejection::market_closed);
  const bool is_new = order.status == OrderStatus::pending_new || order.status == OrderStatus::open;
  if ((command.restriction == CancelRestriction::only_new && !is_new) ||
      (command.restriction == CancelRestriction::only_partially_filled && is_new)) {
    return std::unexpected(Rejection::cancel_restricted);
  }
  if (order.cancel_wanted || order.asked == Asked::cancelling) return std::unexpected(Rejection::order_pending);
  return slot;
}

void Accounts::apply(Step& step, const CancelOrder& command) {
  const auto slot = resolve_cancel(command);
  if (!slot) return refuse(step, command.account, command.market, command.target, slot.error());
  if (!command.cancel_id.empty()) orders_.extra(orders_[*slot]).cancel_id = command.cancel_id;
  want_cancel(step, *slot);
}

void Accounts::apply(Step& step, const CancelAll& command) {
  const Market* const market = registry_.market(command.market);
  if (market != nullptr && is_user(command.account) && !instruments::accepts(market->state, Action::cancel)) {
    return refuse(step, command.account, command.market, {}, Rejection::market_closed);
  }
  const std::uint32_t desk = is_user(command.account) ? orders_.find_desk(command.account, command.market) : 0;
  bool any = false;
  for (OrderSlot slot = desk == 0 ? 0 : orders_.desk(desk).first; slot != 0; slot = orders_[slot].next) {
    const OpenOrder& order = orders_[slot];
    if (order.cancel_wanted || order.asked == Asked::cancelling) continue;
    want_cancel(step, slot);
    any = true;
  }
  if (any) return;
  const Rejection rejection = !is_user(command.account) ? Rejection::unknown_account
                              : market == nullptr       ? Rejection::unknown_market
                                                        : Rejection::unknown_order;
  refuse(step, command.account, command.market, {}, rejection);
}

// A new order that could never be accepted is rejected before anything is cancelled; what depends on the account's
// other orders and money is looked at once the cancel has freed them.
void Accounts::apply(Step& step, const CancelReplace& command) {
  const bool together =
      command.place.account == command.cancel.account && command.place.market == command.cancel.market;
  const Rejection bad = together ? check_terms(command.place) : Rejection::invalid_order;
  if (bad != Rejection::none) return emit_rejected(step, command.place, bad);
  const auto slot = resolve_cancel(command.cancel);
  if (slot) {
    OpenOrder& order = orders_[*slot];
    orders_.extra(order).cancel_id = command.cancel.cancel_id;
    orders_.set_replacement(order, command.place, command.mode);
    return want_cancel(step, *slot);
  }
  refuse(step, command.cancel.account, command.cancel.market, command.cancel.target, slot.error());
  if (command.mode == ReplaceMode::allow_failure) place(step, command.place);
}

void Accounts::want_cancel(Step& step, OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  order.cancel_wanted = true;
  if (order.asked == Asked::nothing) send_cancel(step, slot);
}

// REQUIRES that nothing else is asked and that the order rests, as far as accounts knows.
void Accounts::send_cancel(Step& step, OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  CHECK(order.cancel_wanted && order.asked == Asked::nothing && order.handle != matching::kNoHandle);
  order.cancel_wanted = false;
  order.asked = Asked::cancelling;
  step.messages.emplace_back(matching::CancelOrder{order.id, orders_.desk_of(order).market, order.handle, slot});
}

// A cancel that was wanted or asked came too late, or matching refused it. The slot of a closed order ends here.
void Accounts::cancel_failed(Step& step, OrderSlot slot, Rejection rejection) {
  OpenOrder& order = orders_[slot];
  order.cancel_wanted = false;
  order.asked = Asked::nothing;
  emit_refused(step, order, rejection);
  const Extra* const extra = orders_.find_extra(order);
  const bool places =
      extra != nullptr && extra->replacement != 0 && orders_.replacement(*extra).mode == ReplaceMode::allow_failure;
  const PlaceOrder next = places ? orders_.replacement(*extra).place : PlaceOrder{};
  if (is_closed(order.status)) {
    orders_.free(slot);
  } else {
    orders_.drop_asked(order);
  }
  if (places) place(step, next);
}

Rejection Accounts::check_move(const OpenOrder& order, const MoveOrder& command) const {
  const Market& market = market_of(order);
  if (!instruments::accepts(market.state, Action::move)) return Rejection::market_closed;
  if (order.asked != Asked::nothing || order.cancel_wanted) return Rejection::order_pending;
  if (orders_.waits(order)) return Rejection::order_not_working;
  if (command.price < market.price_min || command.price > market.price_max) return Rejection::price_out_of_range;
  if (command.price == order.price) return Rejection::nothing_to_do;
  const Amount notional = core::notional(command.price, order.quantity, market.tick_lot_units);
  if (notional < market.notional_min || notional > market.notional_max) return Rejection::notional_out_of_range;
  if (order.side != Side::buy || command.price < order.price) return Rejection::none;
  const Amount more = core::notional(command.price - order.price, order.remaining(), market.tick_lot_units);
  const bool enough = more <= ledger_.balance(orders_.desk_of(order).quote).available;
  return enough ? Rejection::none : Rejection::insufficient_balance;
}

void Accounts::apply(Step& step, const MoveOrder& command) {
  const auto slot = resolve(command.account, command.market, command.target);
  const Rejection bad = slot ? check_move(orders_[*slot], command) : slot.error();
  if (bad != Rejection::none) return refuse(step, command.account, command.market, command.target, bad);
  OpenOrder& order = orders_[*slot];
  // Until the book has answered, either price may turn out to be the order's: the hold covers the dearer one.
  if (order.side == Side::buy) {
    orders_.extra(order).held_price = std::max(order.price, command.price);
    if (command.price > order.price) {
      ledger_.extend(order.hold,
                     core::notional(command.price - order.price, order.remaining(), market_of(order).tick_lot_units));
    }
  }
  order.asked = Asked::moving;
  step.messages.emplace_back(matching::MoveOrder{order.id, command.market, order.handle, *slot, command.price});
}

Rejection Accounts::check_new_id(OrderSlot slot, const core::ClientOrderId& text) const {
  if (text.empty()) return Rejection::none;
  if (!is_valid_client_order_id(text.view())) return Rejection::invalid_order;
  const OrderSlot known = orders_.find(orders_.desk_of(orders_[slot]).account, text.view());
  return known == 0 || known == slot ? Rejection::none : Rejection::duplicate_client_order_id;
}

std::expected<core::Quantity, Rejection> Accounts::check_reduce(OrderSlot slot, const ReduceOrder& command) const {
  const OpenOrder& order = orders_[slot];
  const Market& market = market_of(order);
  if (!instruments::accepts(market.state, Action::reduce)) return std::unexpected(Rejection::market_closed);
  if (order.asked != Asked::nothing || order.cancel_wanted) return std::unexpected(Rejection::order_pending);
  if (orders_.waits(order)) return std::unexpected(Rejection::order_not_working);
  const bool is_absolute = !command.to.is_zero();
  if (is_absolute ? command.to.value() < 0 || !command.by.is_zero() : command.by.value() <= 0)
    return std::unexpected(Rejection::invalid_order);
  if (is_absolute && command.to == order.quantity) return std::unexpected(Rejection::nothing_to_do);
  if (is_absolute && command.to > order.quantity) return std::unexpected(Rejection::not_a_reduction);
  if (const Rejection bad = check_new_id(slot, command.new_client_order_id); bad != Rejection::none)
    return std::unexpected(bad);
  const core::Quantity by = is_absolute ? order.quantity - command.to : command.by;
  if (by >= order.remaining()) return order.remaining();  // nothing is left: a cancel
  const core::Quantity quantity = order.quantity - by;
  if (quantity < market.quantity_min) return std::unexpected(Rejection::quantity_out_of_range);
  const Amount notional = core::notional(order.price, quantity, market.tick_lot_units);
  if (notional < market.notional_min) return std::unexpected(Rejection::notional_out_of_range);
  return by;
}

void Accounts::apply(Step& step, const ReduceOrder& command) {
  const auto slot = resolve(command.account, command.market, command.target);
  const auto by = slot ? check_reduce(*slot, command) : std::unexpected(slot.error());
  if (!by) return refuse(step, command.account, command.market, command.target, by.error());
  OpenOrder& order = orders_[*slot];
  order.asked = Asked::reducing;
  if (!command.new_client_order_id.empty()) orders_.extra(order).new_id = command.new_client_order_id;
  step.messages.emplace_back(matching::ReduceOrder{order.id, command.market, order.handle, *slot, *by});
}

}  // namespace orders
