// How the accounts fold tells what happened.
#include "services/orders/accounts.h"

namespace orders {

using core::AccountId;
using core::Rejection;

AccountEvent& Accounts::emit(Step& step, AccountId account) {
  AccountEvent& event = step.events.emplace_back();
  event.command = step.command;
  event.index = step.next_index++;
  event.time = step.time;
  if (is_user(account)) event.account_sequence = ++user(account).events;
  return event;
}

OrderEvent& Accounts::emit(Step& step, const OpenOrder& order, Execution execution) {
  const Desk& desk = orders_.desk_of(order);
  OrderEvent& event = *std::get_if<OrderEvent>(&emit(step, desk.account).body);
  event.execution = execution;
  event.status = order.status;
  event.side = order.side;
  event.type = order.type;
  event.time_in_force = order.time_in_force;
  event.self_trade = order.self_trade;
  event.account = desk.account;
  event.market = desk.market;
  event.order = order.id;
  event.price = order.price;
  event.quantity = order.quantity;
  event.working = order.created;
  if (order.extra != 0) [[unlikely]] {
    const Extra& extra = *orders_.find_extra(order);
    event.quote_quantity = extra.quote_quantity;
    event.condition = extra.condition;
    event.peak = extra.peak.size;
    if (extra.condition.is_set()) event.working = extra.triggered;
  }
  event.executed = order.executed;
  event.executed_quote = order.executed_quote;
  event.prevented = order.prevented;
  event.created = order.created;
  event.base = ledger_.balance(desk.base);
  event.quote = ledger_.balance(desk.quote);
  return event;
}

OrderEvent& Accounts::emit_refused(Step& step, const OpenOrder& order, Rejection rejection) {
  OrderEvent& event = emit(step, order, Execution::cancel_rejected);
  event.rejection = rejection;
  event.client_order_id = orders_.text(order);
  return event;
}

void Accounts::emit_rejected(Step& step, const PlaceOrder& command, Rejection rejection) {
  OrderEvent& event = *std::get_if<OrderEvent>(&emit(step, command.account).body);
  event.execution = Execution::rejected;
  event.status = OrderStatus::rejected;
  event.side = command.side;
  event.type = command.type;
  event.time_in_force = command.time_in_force;
  event.self_trade = command.self_trade;
  event.rejection = rejection;
  event.account = command.account;
  event.market = command.market;
  event.price = command.price;
  event.quantity = command.quantity;
  event.quote_quantity = command.quote_quantity;
  event.created = step.time;
  event.client_order_id = command.client_order_id;
  event.condition = command.condition;
  event.peak = command.peak.size;
  const instruments::Market* const market = registry_.market(command.market);
  if (market == nullptr || !is_user(command.account)) return;
  if (const auto slot = ledger_.find(command.account, market->base); slot != 0) event.base = ledger_.balance(slot);
  if (const auto slot = ledger_.find(command.account, market->quote); slot != 0) event.quote = ledger_.balance(slot);
}

void Accounts::emit_command_rejected(Step& step, AccountId account, Rejection rejection) {
  emit(step, account).body.emplace<CommandRejected>(account, rejection);
}

void Accounts::refuse(Step& step, AccountId account, core::MarketId market, const OrderReference& target,
                      Rejection rejection) {
  // An order that is known but not to be changed is shown; of one that is not the account's nothing is told, not even
  // the id that was asked for, so that no reader takes it for an order of this account.
  if (const auto slot = resolve(account, market, target); slot) {
    emit_refused(step, orders_[*slot], rejection);
    return;
  }
  OrderEvent& event = *std::get_if<OrderEvent>(&emit(step, account).body);
  event.execution = Execution::cancel_rejected;
  event.status = OrderStatus::rejected;
  event.rejection = rejection;
  event.account = account;
  event.market = market;
  event.client_order_id = target.client_order_id;
}

}  // namespace orders
