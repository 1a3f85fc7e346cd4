#include "services/matching/book.h"

#include <string>

#include "pkg/core/hash.h"

namespace matching {
namespace {

// Market ids count up from one; a number beyond this one is not an id but a damaged one.
constexpr std::uint32_t kMarketIdMax = 1 << 20;

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
  std::size_t resting = 0;
  for (const Book& book : books_) {
    for (const Side side : {Side::buy, Side::sell}) {
      if (auto result = audit(book, side, resting); !result) return result;
    }
    if (book.best[0] != kNoKey && book.best[1] != kNoKey && price_of(Side::buy, book.best[0]) >= price_of(Side::sell, book.best[1])) {
      return wrong(book, "the sides cross");
    }
  }
  std::size_t free = 0;
  for (Handle handle = orders.first_free(); handle != kNoHandle; handle = orders[handle].next) {
    if (++free >= orders.used() || !orders[handle].identity.order.is_none()) {
      return core::fail(core::ErrorKind::corrupt, "the list of free order slots is broken");
    }
  }
  if (resting != orders.in_use() || resting + free + 1 != orders.used()) {
    return core::fail(core::ErrorKind::corrupt, "order slots are neither free nor in a book");
  }
  return {};
}

core::Result<void> Books::audit(const Book& book, Side side, std::size_t& resting) const {
  const std::size_t s = index_of(side);
  const auto first = ladders.first(book.ladders[s]);
  if (!ladders.consistent(book.ladders[s])) return wrong(book, "the ladder contradicts its bitmaps");
  if (book.best_page[s] != first.page || book.best[s] != (first.page != 0 ? first.key : kNoKey)) return wrong(book, "the best price is not the first");
  const char* problem = nullptr;
  std::uint64_t key_before = 0;
  for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
    if (level.head == kNoHandle || at.key == kNoKey || (at.page != first.page && at.key <= key_before)) problem = "levels out of order";
    if (ladders.find_page(book.ladders[s], at.key) != at.page) problem = "a level cannot be found by its price";
    key_before = at.key;
    std::int64_t lots = 0;
    Handle previous = kNoHandle;
    for (Handle handle = level.head; handle != kNoHandle; previous = handle, handle = orders[handle].next) {
      const Order& order = orders[handle];
      if (++resting > orders.in_use()) problem = "a queue runs in a circle";
      if (problem != nullptr) return;
      if (order.previous != previous) problem = "a queue's links contradict each other";
      if (order.identity.side != side || order.identity.market != book.market || order.page != at.page || order.key != at.key) {
        problem = "an order is in another place than it says";
      }
      if (order.identity.order.is_none() || order.open <= 0) problem = "an order without open quantity rests";
      lots += order.open;
    }
    if (previous != level.tail || lots != level.lots) problem = "a level's lots or last order are wrong";
  });
  if (problem != nullptr) return wrong(book, problem);
  return {};
}

// ---- hash: content only, whatever slots and pages it is in ----

std::uint64_t Books::state_hash() const {
  core::Digest digest;
  for (const Book& book : books_) {
    if (book.market.is_none()) continue;
    const Rules& rules = rules_[book.market.value()];
    digest.add(book.market).add(static_cast<std::uint64_t>(book.state)).add(book.sequence, book.last_trade.value());
    digest.add(book.last_prevented).add(book.reference);
    digest.add(rules.band.bid_up_bp, rules.band.bid_down_bp).add(rules.band.ask_up_bp, rules.band.ask_down_bp);
    digest.add(rules.notional_min).add(rules.notional_max).add(rules.lot_units).add(rules.tick_lot_units);
    for (const Side side : {Side::buy, Side::sell}) {
      for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
        digest.add(static_cast<std::uint64_t>(side) + 1, at.key);
        for (Handle handle = level.head; handle != kNoHandle; handle = orders[handle].next) {
          const Order& order = orders[handle];
          const Identity& who = order.identity;
          digest.add(who.order.value(), static_cast<std::uint64_t>(order.open));
          digest.add(std::uint64_t{who.account.value()} << 32 | who.account_slot,
                     static_cast<std::uint64_t>(who.type) << 8 | static_cast<std::uint64_t>(who.self_trade));
        }
      });
    }
  }
  return digest.value();
}

// ---- save and load ----
//
// Saved: slots ever used; the free ones, first to be used first; per market its settings, counters and its orders of either
// side in order of priority, each with its slot. Queues, levels and pages are made again by letting the orders rest in turn.

void Books::save(core::ByteWriter& out) const {
  out.put(orders.used());
  for (Handle handle = orders.first_free(); handle != kNoHandle; handle = orders[handle].next) out.put(handle);
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
    out.put(book.sequence);
    out.put(book.last_trade);
    out.put(book.last_prevented);
    out.put(book.reference);
    for (const Side side : {Side::buy, Side::sell}) {
      for_each_level(book, side, [&](Ladders::Place, const Level& level) {
        for (Handle handle = level.head; handle != kNoHandle; handle = orders[handle].next) save_order(handle, out);
      });
      out.put(kNoHandle);
    }
  }
  out.put(core::MarketId{});
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
}

core::Result<void> Books::load(core::ByteReader& in) {
  const auto corrupt = [](const char* what) { return core::fail(core::ErrorKind::corrupt, what, "saved books"); };
  const auto used = in.get<std::uint32_t>();
  // Every slot takes at least its number's four bytes, which bounds what a damaged count can make us allocate.
  if (!in.ok() || used == 0 || used - 1 > in.remaining() / sizeof(Handle)) return corrupt("the number of order slots is wrong");
  std::vector<Handle> free;
  while (const auto handle = in.get<Handle>()) free.push_back(handle);
  orders.take_all(used);
  std::vector<bool> seen(used);
  const auto claim = [&](Handle handle) {
    if (handle == kNoHandle || handle >= used || seen[handle]) return false;
    seen[handle] = true;
    return true;
  };
  for (const Handle handle : free) {
    if (!claim(handle)) return corrupt("a free order slot is listed twice or out of range");
  }
  core::MarketId previous;
  while (const auto market = in.get<core::MarketId>(), !market.is_none()) {
    if (market <= previous || market.value() > kMarketIdMax) return corrupt("market ids are out of order");
    previous = market;
    if (auto result = load_market(add(market), in, claim); !result) return result;
  }
  if (!in.ok()) return corrupt("the saved books are cut short");
  for (Handle handle = 1; handle < used; ++handle) {
    if (!seen[handle]) return corrupt("an order slot is neither free nor in a book");
  }
  for (auto handle = free.rbegin(); handle != free.rend(); ++handle) orders.give_back(*handle);
  return audit();
}
}  // namespace matching
