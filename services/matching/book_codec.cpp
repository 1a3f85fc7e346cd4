// Saving and loading of all books, field by field.
//
// Saved: slots ever used; the free ones, first to be used first; per market its settings, counters, its orders of
// either side in order of priority, and its conditional orders by entry and those that have fired in their order, each
// with its slot; an iceberg order with its peak and what it hides. Queues, levels, groups and pages are made again by
// letting the orders rest or wait in turn.

#include <algorithm>
#include <vector>

#include "services/instruments/market_states.h"
#include "services/matching/book.h"
#include "services/matching/planted.h"

namespace matching {
namespace {

std::unexpected<core::Error> corrupt(const char* what) {
  return core::fail(core::ErrorKind::corrupt, what, "saved books",
                    "restore the snapshot from a backup, or start from an older one");
}

template <class Enum>
bool is_between(Enum value, Enum low, Enum high) {
  return value >= low && value <= high;
}

}  // namespace

void Books::save(core::ByteWriter& out) const {
  out.put(orders.used());
  for (Handle handle = orders.first_free(); handle != kNoHandle; handle = orders.links(handle).next) out.put(handle);
  out.put(kNoHandle);
  for (const Book& book : books_) {
    if (book.market.is_none()) continue;
    const Rules& rules = rules_[book.market.value()];
    out.put(book.market);
    out.put(book.state);
    out.put(rules.band.bid_up_bp);
    out.put(rules.band.bid_down_bp);
    out.put(rules.band.ask_up_bp);
    out.put(rules.band.ask_down_bp);
    out.put(rules.notional_min);
    out.put(rules.notional_max);
    out.put(rules.lot_units);
    out.put(rules.tick_lot_units);
    out.put(rules.allocation.kind);
    out.put(static_cast<std::uint8_t>(rules.allocation.top_first));
    out.put(rules.allocation.share_min);
    out.put(rules.ranges.static_bp);
    out.put(rules.ranges.dynamic_bp);
    out.put(rules.ranges.outcome);
    out.put(rules.range_reference);
    out.put(rules.state_changes);
    out.put(book.sequence);
    out.put(book.last_trade);
    out.put(book.last_prevented);
    out.put(book.reference);
    for (const Side side : {Side::buy, Side::sell}) {
      for_each_level(book, side, [&](Ladders::Place, const Level& level) {
        for (Handle handle = level.head; handle != kNoHandle; handle = orders.links(handle).next)
          save_order(handle, out);
      });
      out.put(kNoHandle);
    }
    save_waiting(book, out);
    out.put(kNoHandle);
  }
  out.put(core::MarketId{});
}

void Books::save_waiting(const Book& book, core::ByteWriter& out) const {
  for (const auto [index, extreme] : triggers.waiting(book.triggers)) {
    const Conditional& it = triggers[index];
    const Identity& who = orders[it.handle].identity;
    out.put(it.handle);
    out.put(who.order);
    out.put(who.account);
    out.put(who.account_slot);
    out.put(who.side);
    out.put(who.type);
    out.put(who.self_trade);
    out.put(orders[it.handle].open);
    out.put(it.time_in_force);
    out.put(it.trigger);
    out.put(it.source);
    out.put(it.trailing_bp);
    out.put(it.phase);
    out.put(it.price);
    out.put(it.trigger_price);
    out.put(it.budget);
    out.put(extreme);
    save_peak(orders[it.handle], out);
  }
}

void Books::save_peak(const Order& order, core::ByteWriter& out) const {
  out.put(static_cast<std::uint8_t>(has_peak(order) ? 1 : 0));
  if (!has_peak(order)) return;
  const Peaks::Part& part = peaks[order.peak];
  out.put(part.peak.size);
  out.put(part.peak.spread);
  out.put(part.peak.seed);
  out.put(part.drawn);
  out.put(part.hidden);
}

bool Books::load_peak(Order& order, core::ByteReader& in) {
  const auto has_one = in.get<std::uint8_t>();
  if (has_one == 0 || has_one > 1 || !in.ok()) return has_one == 0 && in.ok();
  Peak peak;
  in.get(peak.size);
  in.get(peak.spread);
  in.get(peak.seed);
  const auto drawn = in.get<std::uint32_t>();
  const auto hidden = in.get<std::int64_t>();
  std::int64_t whole = 0;
  if (!in.ok() || !is_possible(peak) || hidden < 0 || __builtin_add_overflow(hidden, order.open, &whole)) return false;
  order.identity.special = kPeak;
  order.peak = peaks.add(peak, drawn);
  peaks.hide(order.peak, hidden);
  return order.identity.type == OrderType::limit || order.identity.type == OrderType::limit_maker;
}

void Books::save_order(Handle handle, core::ByteWriter& out) const {
  const Order& order = orders[handle];
  out.put(handle);
  out.put(order.identity.order);
  out.put(order.identity.account);
  out.put(order.identity.account_slot);
  out.put(order.identity.type);
  out.put(order.identity.self_trade);
  out.put(price_of(order.identity.side, order.key));
  out.put(order.open);
  save_peak(order, out);
}

core::Result<void> Books::load(core::ByteReader& in) {
  CHECK(books_.empty() && orders.used() == 1);
  const auto used = in.get<std::uint32_t>();
  // Every slot takes at least its number's four bytes, which bounds what a damaged count can make us allocate.
  if (!in.ok() || used == 0 || used - 1 > in.remaining() / sizeof(Handle))
    return corrupt("wrong number of order slots");
  orders.take_all(used);
  Slots slots{.seen = std::vector<bool>(used), .free = {}};
  for (auto handle = in.get<Handle>(); handle != kNoHandle; handle = in.get<Handle>()) {
    if (!slots.claim(handle)) return corrupt("a free order slot is listed twice or out of range");
    slots.free.push_back(handle);
  }
  core::MarketId previous;
  for (auto market = in.get<core::MarketId>(); !market.is_none(); market = in.get<core::MarketId>()) {
    if (market <= previous || market.value() > kMarketIdMax) return corrupt("market ids are out of order");
    previous = market;
    if (auto result = load_market(add(market), in, slots); !result) return result;
  }
  if (!in.ok()) return corrupt("cut short");
  if (!std::all_of(slots.seen.begin() + 1, slots.seen.end(), [](bool seen) { return seen; })) {
    return corrupt("an order slot is neither free nor in a book");
  }
  if (PLANTED(load_reverses_free_slots)) std::reverse(slots.free.begin(), slots.free.end());
  for (auto handle = slots.free.rbegin(); handle != slots.free.rend(); ++handle) orders.give_back(*handle);
  return audit();
}

core::Result<void> Books::load_market(Book& book, core::ByteReader& in, Slots& slots) {
  Rules& rules = rules_[book.market.value()];
  instruments::PriceBand& band = rules.band;
  in.get(book.state);
  in.get(band.bid_up_bp);
  in.get(band.bid_down_bp);
  in.get(band.ask_up_bp);
  in.get(band.ask_down_bp);
  in.get(rules.notional_min);
  in.get(rules.notional_max);
  in.get(rules.lot_units);
  in.get(rules.tick_lot_units);
  in.get(rules.allocation.kind);
  const auto top_first = in.get<std::uint8_t>();
  rules.allocation.top_first = top_first != 0;
  in.get(rules.allocation.share_min);
  book.is_pro_rata = rules.allocation.kind == instruments::AllocationKind::pro_rata;
  if (rules.allocation.kind > instruments::AllocationKind::pro_rata || top_first > 1 ||
      rules.allocation.share_min.value() < 0) {
    return corrupt("a market's allocation is out of range");
  }
  in.get(rules.ranges.static_bp);
  in.get(rules.ranges.dynamic_bp);
  in.get(rules.ranges.outcome);
  in.get(rules.range_reference);
  in.get(rules.state_changes);
  in.get(book.sequence);
  in.get(book.last_trade);
  in.get(book.last_prevented);
  in.get(book.reference);
  if (PLANTED(load_forgets_reference)) book.reference = {};
  book.has_band = is_set(band) && !PLANTED(load_switches_band_off);
  book.has_ranges = rules.ranges.is_set();
  if (rules.ranges.static_bp > instruments::kRangeMax || rules.ranges.dynamic_bp > instruments::kRangeMax ||
      rules.ranges.outcome > instruments::RangeOutcome::auction || rules.range_reference.value() < 0) {
    return corrupt("a market's price ranges are out of range");
  }
  if (!in.ok() || !instruments::is_market_state(book.state) || rules.lot_units.value() <= 0 ||
      rules.tick_lot_units.value() <= 0 || book.reference.value() < 0) {
    return corrupt("a market's settings are out of range");
  }
  for (const Side side : {Side::buy, Side::sell}) {
    for (auto handle = in.get<Handle>(); handle != kNoHandle; handle = in.get<Handle>()) {
      if (!slots.claim(handle)) return corrupt("two orders in one slot, or a slot out of range");
      if (auto result = load_order(book, side, handle, in); !result) return result;
    }
  }
  for (auto handle = in.get<Handle>(); handle != kNoHandle; handle = in.get<Handle>()) {
    if (!slots.claim(handle)) return corrupt("two orders in one slot, or a slot out of range");
    if (auto result = load_waiting(book, handle, in); !result) return result;
  }
  return {};
}

core::Result<void> Books::load_waiting(Book& book, Handle handle, core::ByteReader& in) {
  Order& order = orders[handle];
  Identity& who = order.identity;
  Conditional it;
  it.handle = handle;
  who.market = book.market;
  in.get(who.order);
  in.get(who.account);
  in.get(who.account_slot);
  in.get(who.side);
  in.get(who.type);
  in.get(who.self_trade);
  in.get(order.open);
  in.get(it.time_in_force);
  in.get(it.trigger);
  in.get(it.source);
  in.get(it.trailing_bp);
  in.get(it.phase);
  in.get(it.price);
  in.get(it.trigger_price);
  in.get(it.budget);
  const auto extreme = in.get<core::Price>();
  it.side = who.side;
  const bool is_limit = who.type == OrderType::limit;
  if (!in.ok() || who.order.is_none() || order.open <= 0 || who.side > Side::sell ||
      !is_between(who.type, OrderType::limit, OrderType::market) ||
      !is_between(who.self_trade, SelfTrade::none, SelfTrade::decrement) ||
      !is_between(it.time_in_force, TimeInForce::gtc, TimeInForce::fok) ||
      !is_between(it.trigger, Trigger::stop, Trigger::take_profit) || it.source != TriggerSource::last ||
      it.trailing_bp > kTrailingMax || (is_limit && it.price.value() <= 0) || it.trigger_price.value() < 0 ||
      (it.trigger_price.is_zero() && it.trailing_bp == 0)) {
    return corrupt("a conditional order's fields are out of range");
  }
  const bool tracks = it.phase == Phase::tracking;
  if (!is_between(it.phase, Phase::price, Phase::fired) || (it.phase == Phase::price && it.trigger_price.is_zero()) ||
      (tracks || it.phase == Phase::trade ? it.trailing_bp == 0 : false) ||
      (tracks ? extreme.value() <= 0 : !extreme.is_zero())) {
    return corrupt("a conditional order waits for what it cannot");
  }
  if (!load_peak(order, in) || hidden(order) != 0 || (has_peak(order) && it.time_in_force != TimeInForce::gtc)) {
    return corrupt("a conditional order's peak is none");
  }
  if (book.triggers == 0) book.triggers = triggers.add_book();
  order.conditional = triggers.add(book.triggers, it, extreme);
  book.has_fired = triggers.has_fired(book.triggers);
  return {};
}

core::Result<void> Books::load_order(Book& book, Side side, Handle handle, core::ByteReader& in) {
  Order& order = orders[handle];
  Identity& who = order.identity;
  who.market = book.market;
  who.side = side;
  in.get(who.order);
  in.get(who.account);
  in.get(who.account_slot);
  in.get(who.type);
  in.get(who.self_trade);
  const auto price = in.get<core::Price>();
  in.get(order.open);
  order.key = key_of(side, price);
  if (!in.ok() || who.order.is_none() || price.value() <= 0 || order.open <= 0 ||
      !is_between(who.type, OrderType::limit, OrderType::limit_maker) ||
      !is_between(who.self_trade, SelfTrade::none, SelfTrade::decrement)) {
    return corrupt("an order's fields are out of range");
  }
  if (!load_peak(order, in)) return corrupt("an order's peak is none");
  book.specials |= who.special;
  if (append(book, handle) == 0) return corrupt("a level's lots overflow");
  return {};
}

}  // namespace matching
