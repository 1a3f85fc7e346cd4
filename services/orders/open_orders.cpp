#include "services/orders/open_orders.h"

#include <algorithm>
#include <string>

#include "services/orders/client_order_id.h"

namespace orders {

using core::AccountId;
using core::ClientOrderId;
using core::MarketId;
using core::OrderId;

std::uint32_t OpenOrders::find_desk(AccountId account, MarketId market) const {
  return by_desk_.find(desk_hash(account, market), [&](std::uint32_t desk) {
    return desks_[desk].account == account && desks_[desk].market == market;
  });
}

std::uint32_t OpenOrders::add_desk(AccountId account, MarketId market, ledger::BalanceSlot base,
                                   ledger::BalanceSlot quote) {
  CHECK(find_desk(account, market) == 0);
  const std::uint32_t desk = desks_.take();
  desks_[desk] = Desk{.account = account, .market = market, .base = base, .quote = quote};
  by_desk_.insert(desk_hash(account, market), desk,
                  [this](std::uint32_t other) { return desk_hash(desks_[other].account, desks_[other].market); });
  return desk;
}

OrderSlot OpenOrders::add(OrderId id, std::uint32_t desk, const ClientOrderId& text) {
  const OrderSlot slot = orders_.take();
  OpenOrder& order = orders_[slot];
  order.id = id;
  order.desk = desk;
  if (!text.empty()) {
    order.text = texts_.take();
    texts_[order.text].text = text;
  }
  index(slot);
  return slot;
}

void OpenOrders::index(OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  Desk& desk = desks_[order.desk];
  order.previous = desk.last;
  order.next = 0;
  if (desk.last != 0) {
    CHECK(orders_[desk.last].id < order.id);
    orders_[desk.last].next = slot;
  } else {
    desk.first = slot;
  }
  desk.last = slot;
  ++desk.open;
  by_id_.insert(id_hash(order.id), slot, [this](OrderSlot other) { return id_hash_of(other); });
  if (order.text == 0) return;
  by_text_.insert(text_hash_of(slot), slot, [this](OrderSlot other) { return text_hash_of(other); });
}

void OpenOrders::close(OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  Desk& desk = desks_[order.desk];
  (order.previous != 0 ? orders_[order.previous].next : desk.first) = order.next;
  (order.next != 0 ? orders_[order.next].previous : desk.last) = order.previous;
  order.previous = order.next = 0;
  CHECK(desk.open > 0);
  --desk.open;
  by_id_.erase(id_hash(order.id), slot, [this](OrderSlot other) { return id_hash_of(other); });
  if (order.text == 0) return;
  by_text_.erase(text_hash_of(slot), slot, [this](OrderSlot other) { return text_hash_of(other); });
}

void OpenOrders::free(OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  CHECK(order.hold == 0);
  drop_extra(order);
  if (order.text != 0) texts_.give_back(order.text);
  orders_.give_back(slot);
}

OrderSlot OpenOrders::find(OrderId id) const {
  return by_id_.find(id_hash(id), [&](OrderSlot slot) { return orders_[slot].id == id; });
}

OrderSlot OpenOrders::find_given(AccountId account, std::string_view text) const {
  return by_text_.find(text_hash(account, text), [&](OrderSlot slot) {
    const OpenOrder& order = orders_[slot];
    return desk_of(order).account == account && this->text(order).view() == text;
  });
}

OrderSlot OpenOrders::find(AccountId account, std::string_view client_order_id) const {
  if (const OrderSlot given = find_given(account, client_order_id); given != 0) return given;
  const auto id = order_of_made_id(client_order_id);
  const OrderSlot made = id ? find(*id) : 0;
  const bool is_it = made != 0 && orders_[made].text == 0 && desk_of(orders_[made]).account == account;
  return is_it ? made : 0;
}

void OpenOrders::rename(OrderSlot slot, const ClientOrderId& text) {
  OpenOrder& order = orders_[slot];
  CHECK(!text.empty() && find_given(desk_of(order).account, text.view()) == 0);
  const auto hash_of = [this](OrderSlot other) { return text_hash_of(other); };
  if (order.text == 0)
    order.text = texts_.take();
  else
    by_text_.erase(text_hash_of(slot), slot, hash_of);
  texts_[order.text].text = text;
  by_text_.insert(text_hash_of(slot), slot, hash_of);
}

Extra& OpenOrders::extra(OpenOrder& order) {
  if (order.extra == 0) order.extra = extras_.take();
  return extras_[order.extra];
}

void OpenOrders::drop_extra(OpenOrder& order) {
  if (order.extra == 0) return;
  if (const std::uint32_t replacement = extras_[order.extra].replacement; replacement != 0) {
    replacements_.give_back(replacement);
  }
  extras_.give_back(order.extra);
  order.extra = 0;
}

void OpenOrders::drop_asked(OpenOrder& order) {
  if (order.extra == 0) return;
  const Extra before = extras_[order.extra];
  drop_extra(order);
  if (!before.lasts()) return;
  Extra& extra = this->extra(order);
  extra.condition = before.condition;
  extra.peak = before.peak;
  extra.triggered = before.triggered;
}

std::uint32_t OpenOrders::conditional_count(std::uint32_t desk) const {
  std::uint32_t count = 0;
  for (OrderSlot slot = desks_[desk].first; slot != 0; slot = orders_[slot].next) {
    count += condition(orders_[slot]).is_set();
  }
  return count;
}

void OpenOrders::set_replacement(OpenOrder& order, const PlaceOrder& place, ReplaceMode mode) {
  Extra& extra = this->extra(order);
  CHECK(extra.replacement == 0);
  extra.replacement = replacements_.take();
  replacements_[extra.replacement].place = place;
  replacements_[extra.replacement].mode = mode;
}

core::Result<void> OpenOrders::audit() const {
  const auto wrong = [](std::string what, OrderId order) {
    return core::fail(core::ErrorKind::corrupt, std::move(what), "order " + std::to_string(order.value()));
  };
  std::uint32_t open = 0, known = 0;
  for (OrderSlot slot = 1; slot < orders_.used(); ++slot) {
    const OpenOrder& order = orders_[slot];
    if (order.id.is_none()) continue;
    ++known;
    if (is_closed(order.status)) continue;
    ++open;
    if (find(order.id) != slot) return wrong("the index does not know an open order", order.id);
    if (order.text != 0 && find_given(desk_of(order).account, text(order).view()) != slot) {
      return wrong("the index does not know an open order's client id", order.id);
    }
  }
  std::uint32_t listed = 0;
  for (std::uint32_t at = 1; at < desks_.used(); ++at) {
    const Desk& desk = desks_[at];
    std::uint32_t count = 0;
    OrderSlot before = 0;
    for (OrderSlot slot = desk.first; slot != 0; before = slot, slot = orders_[slot].next) {
      const OpenOrder& order = orders_[slot];
      if (order.desk != at || order.previous != before) return wrong("an open order is in a wrong list", order.id);
      if (before != 0 && orders_[before].id >= order.id) return wrong("a list is out of order", order.id);
      if (++count > open) return wrong("a list has no end", order.id);
    }
    if (count != desk.open || desk.last != before) return wrong("a list's count or end is wrong", {});
    listed += count;
  }
  if (known != count() || open != open_count() || open != listed) return wrong("the counts of orders disagree", {});
  return {};
}

}  // namespace orders
