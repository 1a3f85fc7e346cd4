// Audit, hash, save and load of the accounts fold.
#include <algorithm>
#include <string>

#include "services/orders/accounts.h"

namespace orders {

using core::Amount;
using instruments::Market;

namespace {

std::unexpected<core::Error> wrong(std::string what, const OpenOrder& order) {
  return core::fail(core::ErrorKind::corrupt, std::move(what), "order " + std::to_string(order.id.value()));
}

// Within the bounds under which the arithmetic on it cannot overflow.
bool has_sound_numbers(const OpenOrder& order, const Extra* extra, const Market& market) {
  const core::Quantity quantity_max = std::max(market.quantity_max, market.market_quantity_max);
  const auto within = [](auto value, auto max) { return value.value() >= 0 && value <= max; };
  if (!within(order.price, market.price_max) || !within(order.executed_quote, core::kAmountMax)) return false;
  if (order.type == OrderType::market_by_quote) {  // its lots are not bounded by a quantity
    constexpr core::Quantity kLotsMax{INT64_MAX / 4};
    return extra != nullptr && order.quantity.is_zero() && within(order.executed, kLotsMax) &&
           within(order.prevented, kLotsMax);
  }
  if (!within(order.quantity, quantity_max) || !within(order.executed, order.quantity) ||
      !within(order.prevented, order.quantity - order.executed)) {
    return false;
  }
  const bool moves = order.asked == Asked::moving && order.side == Side::buy && !is_closed(order.status);
  return !moves || (extra != nullptr && extra->held_price >= order.price && extra->held_price <= market.price_max);
}

}  // namespace

core::Result<void> Accounts::audit() const {
  if (auto result = ledger_.audit(); !result) return result;
  if (auto result = orders_.audit(); !result) return result;
  std::uint32_t holds = 0;
  for (OrderSlot slot = 1; slot < orders_.slots_end(); ++slot) {
    const OpenOrder& order = orders_[slot];
    if (order.id.is_none()) continue;
    if (auto result = audit_order(order); !result) return result;
    holds += order.hold != 0;
  }
  if (holds != ledger_.holds()) return core::fail(core::ErrorKind::corrupt, "a hold belongs to no order");
  return {};
}

core::Result<void> Accounts::audit_order(const OpenOrder& order) const {
  const Desk& desk = orders_.desk_of(order);
  if (order.id.value() >= next_order_) return wrong("an order has an id that was never given", order);
  if (is_closed(order.status)) {
    const bool waits = order.asked != Asked::nothing && order.asked != Asked::placing;
    return waits && order.hold == 0 ? core::Result<void>{} : wrong("a closed order is kept for nothing", order);
  }
  if (order.hold == 0) return wrong("an open order holds nothing", order);
  if (ledger_.balance_of(order.hold) != (order.side == Side::buy ? desk.quote : desk.base)) {
    return wrong("a hold is of another balance", order);
  }
  if (order.status == OrderStatus::pending_new && order.asked != Asked::placing)
    return wrong("an order was not sent", order);
  if (order.type == OrderType::market || order.type == OrderType::market_by_quote) return {};
  if (order.remaining().value() <= 0) return wrong("an open order has nothing open", order);
  if (ledger_.remaining(order.hold) != hold_of(order, order.remaining())) {
    return wrong("what is held is not what the order needs", order);
  }
  return {};
}

std::uint64_t Accounts::state_hash() const {
  core::Digest digest;
  digest.add(registry_.hash()).add(next_order_);
  ledger_.hash(digest);
  fees_.hash(digest);
  for (std::size_t i = 0; i < users_.size(); ++i) digest.add(names_[i].view()).add(users_[i].events);
  for (const MarketMoney& money : money_) digest.add(money.reference).add(std::uint64_t{money.state_changes});
  orders_.hash(digest, ledger_);
  return digest.value();
}

void Accounts::save(core::ByteWriter& out) const {
  registry_.save(out);
  ledger_.save(out);
  out.put(static_cast<std::uint32_t>(users_.size()));
  for (std::size_t i = 0; i < users_.size(); ++i) {
    out.put_text(names_[i].view());
    out.put(users_[i].events);
  }
  fees_.save(out);
  for (const MarketMoney& money : money_) {
    out.put(money.reference);
    out.put(money.state_changes);
  }
  orders_.save(out);
  out.put(next_order_);
}

core::Result<void> Accounts::load(core::ByteReader& in) {
  CHECK(users_.empty() && money_.empty());
  if (auto result = registry_.load(in); !result) return result;
  if (auto result = ledger_.load(in); !result) return result;
  const auto users = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < users && in.ok(); ++i) {
    const std::string_view name = in.get_text();
    const auto events = in.get<std::uint64_t>();
    if (name.empty() || name.size() > ledger::AccountName::capacity || is_name_taken(name)) {
      return core::fail(core::ErrorKind::corrupt, "an account's name in the snapshot is not one");
    }
    add_user(ledger::AccountName{name}, events);
  }
  const core::AccountId end{static_cast<std::uint32_t>(core::kFirstUserAccount.value() + users_.size())};
  if (auto result = fees_.load(in, end); !result) return result;
  for (const Market& market : registry_.markets()) {
    add_money(market);
    in.get(money_.back().reference);
    in.get(money_.back().state_changes);
  }
  if (auto result = orders_.load(in); !result) return result;
  in.get(next_order_);
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the snapshot of the accounts is cut short");
  return check_slots();
}

// That every slot named by an order or a desk is one: what an array access relies on from here on.
core::Result<void> Accounts::check_slots() const {
  for (OrderSlot slot = 1; slot < orders_.slots_end(); ++slot) {
    const OpenOrder& order = orders_[slot];
    if (order.id.is_none()) continue;
    const Desk& desk = orders_.desk_of(order);
    const Market* const market = registry_.market(desk.market);
    if (!is_user(desk.account) || market == nullptr || ledger_.find(desk.account, market->base) != desk.base ||
        ledger_.find(desk.account, market->quote) != desk.quote) {
      return wrong("an order is of no known account and market", order);
    }
    if (!has_sound_numbers(order, orders_.find_extra(order), *market))
      return wrong("an order's numbers are not possible", order);
    if (order.hold != 0 && !ledger_.is_hold(order.hold)) return wrong("an order's hold does not exist", order);
    if (is_closed(order.status) != (order.hold == 0)) return wrong("an order's status and hold disagree", order);
  }
  return {};
}

}  // namespace orders
