#include "services/matching/book.h"

#include <string>

#include "pkg/core/hash.h"
#include "services/instruments/market_states.h"
#include "services/matching/planted.h"

namespace matching {
namespace {

template <class... Values>
void add_words(core::Digest& digest, Values... values) {
  (digest.add(static_cast<std::uint64_t>(values)), ...);
}

std::unexpected<core::Error> wrong(const Book& book, const char* what) {
  return core::fail(core::ErrorKind::corrupt, what, "book of market " + std::to_string(book.market.value()));
}

}  // namespace

Book& Books::add(core::MarketId market) {
  CHECK(!market.is_none() && market.value() <= kMarketIdMax);
  if (market.value() >= books_.size()) {
    books_.resize(market.value() + 1);
    rules_.resize(market.value() + 1);
  }
  Book& book = books_[market.value()];
  book.market = market;
  return book;
}

// ---- audit ----

core::Result<void> Books::audit() const {
  std::size_t resting = 0, waiting = 0;
  for (const Book& book : books_) {
    for (const Side side : {Side::buy, Side::sell}) {
      if (auto result = audit(book, side, resting); !result) return result;
    }
    if (auto result = audit_waiting(book, waiting); !result) return result;
    const bool two_sided = book.best[0] != kNoKey && book.best[1] != kNoKey;
    if (two_sided && instruments::is_continuous(book.state) &&
        price_of(Side::buy, book.best[0]) >= price_of(Side::sell, book.best[1])) {
      return wrong(book, "the sides cross");
    }
    if (book.interrupted) return wrong(book, "an auction was called and not told");
  }
  std::size_t free = 0;
  for (Handle handle = orders.first_free(); handle != kNoHandle; handle = orders.links(handle).next) {
    if (++free >= orders.used() || !orders[handle].identity.order.is_none()) {
      return core::fail(core::ErrorKind::corrupt, "the list of free order slots is broken");
    }
  }
  if (resting + waiting != orders.in_use() || resting + waiting + free + 1 != orders.used()) {
    return core::fail(core::ErrorKind::corrupt, "order slots are neither free nor in a book");
  }
  if (waiting != triggers.count()) return core::fail(core::ErrorKind::corrupt, "conditional orders are in no book");
  std::uint32_t with_peak = 0;
  for (Handle handle = 1; handle < orders.used(); ++handle) {
    const Order& order = orders[handle];
    with_peak += !order.identity.order.is_none() && has_peak(order) ? 1 : 0;
  }
  if (with_peak != peaks.count()) return core::fail(core::ErrorKind::corrupt, "a peak belongs to no order");
  return {};
}

core::Result<void> Books::audit_waiting(const Book& book, std::size_t& waiting) const {
  if (book.triggers == 0) return {};
  if (const char* const problem = triggers.audit(book.triggers)) return wrong(book, problem);
  if (book.has_fired != triggers.has_fired(book.triggers)) return wrong(book, "fired orders are forgotten");
  for (const auto [index, extreme] : triggers.waiting(book.triggers)) {
    const Conditional& conditional = triggers[index];
    const Order& order = orders[conditional.handle];
    ++waiting;
    if (order.conditional != index || order.identity.order.is_none() || order.open <= 0 || hidden(order) != 0 ||
        order.identity.market != book.market || order.identity.side != conditional.side) {
      return wrong(book, "a conditional order's slot is not its own");
    }
  }
  return {};
}

core::Result<void> Books::audit(const Book& book, Side side, std::size_t& resting) const {
  const std::size_t s = index_of(side);
  if (!ladders.consistent(book.ladders[s])) return wrong(book, "the ladder contradicts its bitmaps");
  const auto first = ladders.first(book.ladders[s]);
  if (book.best_page[s] != first.page || book.best[s] != (first.page != 0 ? first.key : kNoKey)) {
    return wrong(book, "the best price is not the first");
  }
  const char* problem = nullptr;
  for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
    if (ladders.find_page(book.ladders[s], at.key) != at.page) problem = "a level cannot be found by its price";
    if (problem == nullptr) problem = audit_level(book, side, at, level, resting);
  });
  if (problem != nullptr) return wrong(book, problem);
  return {};
}

const char* Books::audit_level(const Book& book, Side side, Ladders::Place at, const Level& level,
                               std::size_t& resting) const {
  if (level.head == kNoHandle || at.key == kNoKey) return "an empty level is in use";
  std::int64_t lots = 0, hidden_lots = 0, whole_lots = 0;
  Handle previous = kNoHandle;
  for (Handle handle = level.head; handle != kNoHandle; previous = handle, handle = orders.links(handle).next) {
    const Order& order = orders[handle];
    if (++resting > orders.in_use()) return "a queue runs in a circle";
    if (orders.links(handle).previous != previous) return "a queue's links contradict each other";
    if (order.conditional != 0) return "a conditional order rests";
    if (order.page != at.page || order.key != at.key) return "an order is at another price than it says";
    if (order.identity.side != side || order.identity.market != book.market)
      return "an order is in another book than it says";
    if (order.identity.order.is_none() || order.open <= 0) return "an order without open quantity rests";
    if (hidden(order) < 0 || (has_peak(order) && (book.specials & kPeak) == 0)) return "a peak is out of place";
    if (__builtin_add_overflow(lots, order.open, &lots) ||
        __builtin_add_overflow(hidden_lots, hidden(order), &hidden_lots) ||
        __builtin_add_overflow(lots, hidden_lots, &whole_lots)) {
      return "a level's lots overflow";
    }
  }
  if (hidden_lots != peaks.hidden_at(at.page, at.key)) return "a level's hidden lots are wrong";
  return previous != level.tail || lots != level.lots ? "a level's lots or its last order are wrong" : nullptr;
}

// ---- looking at all orders ----

void Books::for_each_order(const std::function<void(const RestingOrder&)>& visit) const {
  for (const Book& book : books_) {
    for (const Side side : {Side::buy, Side::sell}) {
      for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
        for (Handle handle = level.head; handle != kNoHandle; handle = orders.links(handle).next) {
          const Order& order = orders[handle];
          const Identity& who = order.identity;
          visit({book.market, side, price_of(side, at.key), core::Quantity{whole(order)}, who.order, who.account,
                 who.account_slot, handle, core::Quantity{hidden(order)}});
        }
      });
    }
  }
}

void Books::for_each_waiting(const std::function<void(const WaitingOrder&)>& visit) const {
  for (const Book& book : books_) {
    for (const auto [index, extreme] : triggers.waiting(book.triggers)) {
      const Conditional& it = triggers[index];
      const Order& order = orders[it.handle];
      const Identity& who = order.identity;
      visit({book.market, who.side, who.type, it.trigger, it.phase, it.trailing_bp, it.price, it.trigger_price, extreme,
             core::Quantity{order.open}, it.budget, who.order, who.account, who.account_slot, it.handle,
             has_peak(order) ? peaks[order.peak].peak : Peak{}});
    }
  }
}

// ---- iceberg orders ----

std::int64_t Books::whole_of_special(const Order& order) const { return order.open + hidden(order); }

void Books::show_peak(Book& book, Order& order) {
  book.specials |= order.identity.special;
  if (has_peak(order)) order.open = peaks.show(order.peak, order.open);
}

bool Books::join_hidden(const Order& order, PageIndex page, std::int64_t lots) {
  const std::int64_t more = hidden(order), there = peaks.hidden_at(page, order.key);
  std::int64_t all = 0;
  const bool overflows = __builtin_add_overflow(lots, there, &all) || __builtin_add_overflow(all, more, &all);
  if (overflows && !PLANTED(hidden_lots_are_boundless)) return false;
  peaks.change_hidden_at(page, order.key, more);
  return true;
}

void Books::leave_hidden(const Order& order) { peaks.change_hidden_at(order.page, order.key, -hidden(order)); }

void Books::set_hidden(const Order& order, std::int64_t lots) {
  peaks.change_hidden_at(order.page, order.key, lots - hidden(order));
  peaks.hide(order.peak, lots);
}

void Books::refresh_peak(Order& order, std::int64_t whole) {
  const std::int64_t before = hidden(order);
  order.open = peaks.show(order.peak, whole);
  peaks.change_hidden_at(order.page, order.key, hidden(order) - before);
}

void Books::forget(const Order& order) {
  if (has_peak(order)) peaks.remove(order.peak);
}

// ---- hash: content only, whatever slots and pages it is in ----

void Books::hash_peak(core::Digest& digest, const Order& order) const {
  const Peaks::Part& part = peaks[order.peak];
  digest.add(part.peak.size).add(part.peak.spread).add(part.peak.seed);
  digest.add(static_cast<std::uint64_t>(PLANTED(hash_ignores_hidden) ? 0 : part.hidden), part.drawn);
}

std::uint64_t Books::state_hash() const {
  core::Digest digest;
  for (const Book& book : books_) {
    if (book.market.is_none()) continue;
    const Rules& rules = rules_[book.market.value()];
    digest.add(book.market).add(static_cast<std::uint64_t>(book.state)).add(book.sequence, book.last_trade.value());
    digest.add(book.last_prevented).add(PLANTED(hash_ignores_reference) ? core::Price{} : book.reference);
    digest.add(rules.band.bid_up_bp, rules.band.bid_down_bp).add(rules.band.ask_up_bp, rules.band.ask_down_bp);
    digest.add(rules.notional_min).add(rules.notional_max).add(rules.lot_units).add(rules.tick_lot_units);
    add_words(digest, rules.allocation.kind, rules.allocation.top_first, rules.allocation.share_min.value());
    add_words(digest, rules.ranges.static_bp, rules.ranges.dynamic_bp, rules.ranges.outcome, rules.state_changes);
    digest.add(rules.range_reference);
    for (const Side side : {Side::buy, Side::sell}) {
      for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
        digest.add(static_cast<std::uint64_t>(side) + 1, at.key);
        for (Handle handle = level.head; handle != kNoHandle; handle = orders.links(handle).next) {
          const Order& order = orders[handle];
          const Identity& who = order.identity;
          const SelfTrade self_trade = PLANTED(hash_ignores_self_trade) ? SelfTrade::none : who.self_trade;
          digest.add(who.order.value(), static_cast<std::uint64_t>(order.open));
          digest.add(std::uint64_t{who.account.value()} << 32 | who.account_slot,
                     static_cast<std::uint64_t>(who.type) << 8 | static_cast<std::uint64_t>(self_trade));
          if (has_peak(order)) hash_peak(digest, order);
        }
      });
    }
    for (const auto [index, extreme] : triggers.waiting(book.triggers)) {
      const Conditional& it = triggers[index];
      const Order& order = orders[it.handle];
      const Identity& who = order.identity;
      digest.add(who.order.value(), static_cast<std::uint64_t>(order.open));
      digest.add(std::uint64_t{who.account.value()} << 32 | who.account_slot);
      add_words(digest, who.side, who.type, who.self_trade, it.time_in_force, it.trigger, it.source, it.trailing_bp,
                it.phase);
      digest.add(it.price).add(it.trigger_price).add(it.budget).add(extreme);
      if (has_peak(order)) hash_peak(digest, order);
    }
  }
  return digest.value();
}

}  // namespace matching
