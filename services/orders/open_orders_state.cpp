// Hash, save and load of the orders the accounts fold knows.
#include <algorithm>
#include <string>

#include "services/orders/open_orders.h"

namespace orders {

namespace {

template <class... Values>
void add_words(core::Digest& digest, Values... values) {
  (digest.add(static_cast<std::uint64_t>(values)), ...);
}

void hash_condition(core::Digest& digest, const Condition& condition) {
  if (!condition.is_set()) return;
  add_words(digest, condition.trigger, condition.source, condition.trailing_bp);
  digest.add(condition.price);
}

void save_condition(const Condition& condition, core::ByteWriter& out) {
  out.put(condition.trigger);
  out.put(condition.source);
  out.put(condition.trailing_bp);
  out.put(condition.price);
}

void hash_peak(core::Digest& digest, const Peak& peak) {
  if (!peak.is_set()) return;
  digest.add(peak.size).add(peak.spread).add(peak.seed);
}

void save_peak(const Peak& peak, core::ByteWriter& out) {
  out.put(peak.size);
  out.put(peak.spread);
  out.put(peak.seed);
}

void hash_place(core::Digest& digest, const PlaceOrder& place) {
  add_words(digest, place.side, place.type, place.time_in_force, place.self_trade);
  digest.add(place.account).add(place.market).add(place.price).add(place.quantity).add(place.quote_quantity);
  digest.add(place.client_order_id.view());
  hash_condition(digest, place.condition);
  hash_peak(digest, place.peak);
  if (place.slides || place.reduce_only || !place.minimum.is_zero())
    add_words(digest, place.minimum.value(), place.slides, place.reduce_only);
}

void save_place(const PlaceOrder& place, core::ByteWriter& out) {
  out.put(place.account);
  out.put(place.market);
  out.put(place.side);
  out.put(place.type);
  out.put(place.time_in_force);
  out.put(place.self_trade);
  out.put(place.price);
  out.put(place.quantity);
  out.put(place.quote_quantity);
  out.put_text(place.client_order_id.view());
  save_condition(place.condition, out);
  save_peak(place.peak, out);
  out.put(place.minimum);
  out.put(static_cast<std::uint8_t>(place.slides));
  out.put(static_cast<std::uint8_t>(place.reduce_only));
}

template <class Enum>
Enum get_enum(core::ByteReader& in, Enum last) {
  const auto value = in.get<Enum>();
  if (value > last) in.fail();
  return value;
}

core::ClientOrderId get_client_order_id(core::ByteReader& in) {
  const std::string_view text = in.get_text();
  if (text.size() <= core::ClientOrderId::capacity) return core::ClientOrderId{text};
  in.fail();
  return {};
}

Condition load_condition(core::ByteReader& in) {
  Condition condition;
  condition.trigger = get_enum(in, Trigger::take_profit);
  condition.source = get_enum(in, TriggerSource::last);
  in.get(condition.trailing_bp);
  in.get(condition.price);
  return condition;
}

Peak load_peak(core::ByteReader& in) {
  Peak peak;
  in.get(peak.size);
  in.get(peak.spread);
  in.get(peak.seed);
  if (peak != Peak{} && !matching::is_possible(peak)) in.fail();
  return peak;
}

bool get_flag(core::ByteReader& in) {
  const auto byte = in.get<std::uint8_t>();
  if (byte > 1) in.fail();
  return byte == 1;
}

void load_place(PlaceOrder& place, core::ByteReader& in) {
  in.get(place.account);
  in.get(place.market);
  place.side = get_enum(in, Side::sell);
  place.type = get_enum(in, OrderType::limit_maker);
  place.time_in_force = get_enum(in, TimeInForce::fok);
  place.self_trade = get_enum(in, SelfTrade::decrement);
  in.get(place.price);
  in.get(place.quantity);
  in.get(place.quote_quantity);
  place.client_order_id = get_client_order_id(in);
  place.condition = load_condition(in);
  place.peak = load_peak(in);
  in.get(place.minimum);
  place.slides = get_flag(in);
  place.reduce_only = get_flag(in);
}

}  // namespace

void OpenOrders::hash(core::Digest& digest, const ledger::Ledger& ledger) const {
  std::vector<OrderSlot> slots;
  for (OrderSlot slot = 1; slot < orders_.used(); ++slot) {
    if (!orders_[slot].id.is_none()) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(), [this](OrderSlot a, OrderSlot b) { return orders_[a].id < orders_[b].id; });
  digest.add(slots.size());
  for (const OrderSlot slot : slots) {
    const OpenOrder& order = orders_[slot];
    add_words(digest, order.side, order.type, order.time_in_force, order.self_trade, order.status, order.asked,
              order.cancel_wanted);
    digest.add(order.id).add(desk_of(order).account).add(desk_of(order).market);
    digest.add(order.price).add(order.quantity).add(order.executed).add(order.prevented).add(order.executed_quote);
    add_words(digest, order.created.ns);
    digest.add(order.hold == 0 ? core::Amount{} : ledger.remaining(order.hold)).add(text(order).view());
    const Extra* const extra = find_extra(order);
    if (extra == nullptr) continue;
    hash_condition(digest, extra->condition);
    hash_peak(digest, extra->peak);
    // Whether, not when: that depends on when the answer came, and is told by the events.
    if (extra->condition.is_set()) add_words(digest, extra->triggered != core::Time{});
    digest.add(extra->quote_quantity).add(extra->held_price).add(extra->cancel_id.view()).add(extra->new_id.view());
    if (extra->replacement == 0) continue;
    add_words(digest, replacement(*extra).mode);
    hash_place(digest, replacement(*extra).place);
  }
}

void OpenOrders::save(core::ByteWriter& out) const {
  out.put(desks_.used());
  for (std::uint32_t at = 1; at < desks_.used(); ++at) {
    out.put(desks_[at].account);
    out.put(desks_[at].market);
    out.put(desks_[at].base);
    out.put(desks_[at].quote);
  }
  orders_.save_slots(out);
  for (OrderSlot slot = 1; slot < orders_.used(); ++slot) {
    if (!orders_[slot].id.is_none()) save_order(orders_[slot], out);
  }
}

void OpenOrders::save_order(const OpenOrder& order, core::ByteWriter& out) const {
  out.put(order.id);
  out.put(order.desk);
  out.put(Side{order.side});
  out.put(OrderType{order.type});
  out.put(TimeInForce{order.time_in_force});
  out.put(SelfTrade{order.self_trade});
  out.put(OrderStatus{order.status});
  out.put(Asked{order.asked});
  out.put(static_cast<std::uint8_t>(order.cancel_wanted));
  out.put(order.price);
  out.put(order.quantity);
  out.put(order.executed);
  out.put(order.prevented);
  out.put(order.created);
  out.put(order.executed_quote);
  out.put(order.handle);
  out.put(order.hold);
  out.put_text(text(order).view());
  const Extra* const extra = find_extra(order);
  const bool replaces = extra != nullptr && extra->replacement != 0;
  out.put(static_cast<std::uint8_t>(extra == nullptr ? 0 : replaces ? 2 : 1));
  if (extra == nullptr) return;
  save_condition(extra->condition, out);
  save_peak(extra->peak, out);
  out.put(extra->triggered);
  out.put(extra->quote_quantity);
  out.put(extra->held_price);
  out.put_text(extra->cancel_id.view());
  out.put_text(extra->new_id.view());
  if (!replaces) return;
  out.put(replacement(*extra).mode);
  save_place(replacement(*extra).place, out);
}

bool OpenOrders::load_order(OrderSlot slot, core::ByteReader& in) {
  OpenOrder& order = orders_[slot];
  in.get(order.id);
  in.get(order.desk);
  order.side = get_enum(in, Side::sell);
  order.type = get_enum(in, OrderType::limit_maker);
  order.time_in_force = get_enum(in, TimeInForce::fok);
  order.self_trade = get_enum(in, SelfTrade::decrement);
  order.status = get_enum(in, OrderStatus::expired_in_match);
  order.asked = get_enum(in, Asked::reducing);
  order.cancel_wanted = in.get<std::uint8_t>() != 0;
  in.get(order.price);
  in.get(order.quantity);
  in.get(order.executed);
  in.get(order.prevented);
  in.get(order.created);
  in.get(order.executed_quote);
  in.get(order.handle);
  in.get(order.hold);
  const core::ClientOrderId text = get_client_order_id(in);
  if (!in.ok() || order.id.is_none() || !desks_.holds(order.desk)) return false;
  if (!text.empty()) {
    order.text = texts_.take();
    texts_[order.text].text = text;
  }
  return load_extra(order, in);
}

bool OpenOrders::load_extra(OpenOrder& order, core::ByteReader& in) {
  const auto extras = in.get<std::uint8_t>();
  if (extras > 2) return false;
  if (extras >= 1) {
    Extra& extra = this->extra(order);
    extra.condition = load_condition(in);
    extra.peak = load_peak(in);
    in.get(extra.triggered);
    in.get(extra.quote_quantity);
    in.get(extra.held_price);
    extra.cancel_id = get_client_order_id(in);
    extra.new_id = get_client_order_id(in);
  }
  if (extras == 2) {
    const auto mode = get_enum(in, ReplaceMode::allow_failure);
    PlaceOrder place;
    load_place(place, in);
    set_replacement(order, place, mode);
  }
  return in.ok();
}

core::Result<void> OpenOrders::load(core::ByteReader& in) {
  const auto damaged = [](const char* what) { return core::fail(core::ErrorKind::corrupt, what); };
  CHECK(orders_.used() == 1 && desks_.used() == 1);
  const auto desks = in.get<std::uint32_t>();
  for (std::uint32_t at = 1; at < desks && in.ok(); ++at) {
    const auto account = in.get<core::AccountId>();
    const auto market = in.get<core::MarketId>();
    const auto base = in.get<ledger::BalanceSlot>();
    const auto quote = in.get<ledger::BalanceSlot>();
    if (find_desk(account, market) != 0) return damaged("an account has two lists of orders in one market");
    (void)add_desk(account, market, base, quote);
  }
  const auto is_free = orders_.load_slots(in);
  if (!is_free) return std::unexpected(is_free.error());
  std::vector<OrderSlot> slots;
  for (OrderSlot slot = 1; slot < orders_.used(); ++slot) {
    if ((*is_free)[slot]) continue;
    if (!load_order(slot, in)) return damaged("an order in the snapshot is not one");
    if (!is_closed(orders_[slot].status)) slots.push_back(slot);
  }
  const auto by_id = [this](OrderSlot a, OrderSlot b) { return orders_[a].id < orders_[b].id; };
  std::sort(slots.begin(), slots.end(), by_id);
  const auto same = [this](OrderSlot a, OrderSlot b) { return orders_[a].id == orders_[b].id; };
  if (std::adjacent_find(slots.begin(), slots.end(), same) != slots.end()) return damaged("an order is there twice");
  for (const OrderSlot slot : slots) {
    if (const OpenOrder& order = orders_[slot];
        order.text != 0 && find_given(desk_of(order).account, text(order).view()) != 0) {
      return damaged("two open orders have one client order id");
    }
    index(slot);
  }
  return {};
}

}  // namespace orders
