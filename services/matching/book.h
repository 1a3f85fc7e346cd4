// The books of all markets: what rests, at which price, in which order. Structure only; the rules of trading are in
// taking.h and matching.cpp.
//
// Ownership: Books owns the pools that all books share; a Book is two cache lines of roots and counters, so a market
// without orders costs 128 bytes. Invariants (audited by Books::audit): a level's lots are the sum of what its orders
// show, its queue is linked both ways in order of arrival, `best` is the first level of each side, the sides do not
// cross where orders match (in other states of the market they may).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/hash.h"
#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "services/instruments/types.h"
#include "services/matching/matching.h"
#include "services/matching/order_pool.h"
#include "services/matching/peaks.h"
#include "services/matching/planted.h"
#include "services/matching/price_ladder.h"
#include "services/matching/triggers.h"
#include "services/matching/types.h"

namespace matching {

// Both sides are ladders whose lowest key is the best price: asks are keyed by their price, bids by its complement. So
// one code path serves both sides, and which side an order is on is never a branch to be mispredicted.
[[nodiscard]] constexpr std::uint64_t key_of(Side side, core::Price price) {
  return static_cast<std::uint64_t>(price.value()) ^ (static_cast<std::uint64_t>(side) - 1);
}
[[nodiscard]] constexpr core::Price price_of(Side side, std::uint64_t key) {
  return core::Price{static_cast<std::int64_t>(key ^ (static_cast<std::uint64_t>(side) - 1))};
}
[[nodiscard]] constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

// Prices are at least one tick, so no key is as high as these two.
inline constexpr std::uint64_t kNoKey = UINT64_MAX;       // best of an empty side
inline constexpr std::uint64_t kAnyKey = UINT64_MAX - 1;  // reaches every level, but not an empty side

struct Level {
  Handle head = kNoHandle, tail = kNoHandle;  // queue in order of arrival
  std::int64_t lots = 0;                      // sum of what is shown: what does not fit does not rest
};
static_assert(sizeof(Level) == 16);
using Ladders = PriceLadders<Level>;

// Market ids count up from one; a number beyond this one is not an id but a damaged one.
inline constexpr std::uint32_t kMarketIdMax = 1 << 20;

[[nodiscard]] constexpr bool is_set(const instruments::PriceBand& band) {
  return (band.bid_up_bp | band.bid_down_bp | band.ask_up_bp | band.ask_down_bp) != 0;
}

// The settings of a market that are not looked at by every command.
struct Rules {
  instruments::PriceBand band;
  core::Amount notional_min, notional_max;  // quote ledger units; maximum 0: none
  core::Amount lot_units, tick_lot_units;
  instruments::Allocation allocation;
  instruments::PriceRanges ranges;
  core::Price range_reference;      // of the static range: the last auction's price, or an operator's; zero: none yet
  std::uint32_t state_changes = 0;  // of the last ConfigureMarket that set the state
};

struct alignas(64) Book {
  // First line: all that a command which does not open or empty a page needs.
  std::uint64_t sequence = 0;                            // of the last market event
  std::array<std::uint64_t, 2> best = {kNoKey, kNoKey};  // by side
  std::array<PageIndex, 2> best_page = {0, 0};
  core::TradeId last_trade;
  core::Price reference;  // of the last trade; zero: none yet
  core::MarketId market;  // none: there is no such market
  instruments::MarketState state = instruments::MarketState::trading;
  bool has_band = false;
  bool has_fired = false;     // conditional orders have fired and not gone on yet
  std::uint8_t specials = 0;  // kPeak, ...: of all orders that ever came to rest
  TriggerBook triggers = 0;   // none: there never was a conditional order
  bool has_ranges = false;    // price ranges
  bool is_pro_rata = false;   // how levels are shared out
  // Second line.
  std::array<Ladder, 2> ladders;
  core::TradeId last_prevented;
  bool interrupted = false;  // within a command: a price range has turned the market to an auction, not yet told
};
static_assert(sizeof(Book) == 128);

class Books {
 public:
  // The market's book, or none.
  [[nodiscard]] Book* find(core::MarketId market) {
    return market.value() < books_.size() && !books_[market.value()].market.is_none() ? &books_[market.value()]
                                                                                      : nullptr;
  }
  [[nodiscard]] const Rules& rules(core::MarketId market) const { return rules_[market.value()]; }
  [[nodiscard]] Rules& rules(core::MarketId market) { return rules_[market.value()]; }
  Book& add(core::MarketId market);

  // Sets the order's place and puts it at the end of its price's queue; `key` and `open` are set. Returns the level's
  // lots then, or 0, with nothing done, when the level could not count that many, shown or hidden.
  [[nodiscard]] std::int64_t append(Book& book, Handle handle);
  // Takes the order out of its queue; the slot stays taken. Returns the level's lots then.
  std::int64_t unlink(Book& book, Handle handle);
  // The level of the best price has run empty: takes it off the ladder.
  void drop_best(Book& book, Side side);
  // The order is over and in no queue.
  void release(Handle handle) {
    if (orders[handle].identity.special != 0) [[unlikely]]
      forget(orders[handle]);
    orders.give_back(handle);
  }

  // ---- iceberg orders ----
  [[nodiscard]] bool has_peak(const Order& order) const { return (order.identity.special & kPeak) != 0; }
  [[nodiscard]] std::int64_t hidden(const Order& order) const { return has_peak(order) ? peaks[order.peak].hidden : 0; }
  // All that is open of an order, shown or hidden.
  [[nodiscard]] std::int64_t whole(const Order& order) const {
    if (order.identity.special == 0) [[likely]]
      return order.open;
    return whole_of_special(order);
  }
  // Of an order that is about to come to rest and whose `open` is all of it.
  [[gnu::noinline]] void show_peak(Book& book, Order& order);
  // What an iceberg order that rests hides; its `open` and the level's lots are the caller's.
  void set_hidden(const Order& order, std::int64_t hidden);
  // Its next peak is shown, of `whole` lots that are open; the level's lots are the caller's.
  void refresh_peak(Order& order, std::int64_t whole);
  // All that is open at a level in use.
  [[nodiscard]] std::int64_t whole_at(const Book& book, Ladders::Place at, const Level& level) const {
    return level.lots + ((book.specials & kPeak) != 0 ? peaks.hidden_at(at.page, at.key) : 0);
  }

  [[nodiscard]] core::Result<void> audit() const;
  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);
  [[nodiscard]] std::uint64_t state_hash() const;
  [[nodiscard]] std::size_t bytes_in_use() const {
    return orders.bytes_in_use() + peaks.bytes_in_use() + ladders.bytes_in_use() +
           books_.size() * (sizeof(Book) + sizeof(Rules));
  }
  // As Matching's.
  void for_each_order(const std::function<void(const RestingOrder&)>& visit) const;
  void for_each_waiting(const std::function<void(const WaitingOrder&)>& visit) const;
  // Calls visit(place, level) from the best level to the worst.
  template <class Visit>
  void for_each_level(const Book& book, Side side, Visit visit) const {
    for (auto at = ladders.first(book.ladders[index_of(side)]); at.page != 0; at = ladders.next(at.page, at.key)) {
      visit(at, ladders.level(at.page, at.key));
    }
  }

  OrderPool orders;
  Ladders ladders;
  Triggers triggers;  // orders that wait: their slot in `orders` has no level
  Peaks peaks;

 private:
  // Which order slots a load has come across.
  struct Slots {
    std::vector<bool> seen;
    std::vector<Handle> free;
    bool claim(Handle handle) {
      if (handle == kNoHandle || handle >= seen.size() || seen[handle]) return false;
      seen[handle] = true;
      return true;
    }
  };

  [[nodiscard]] core::Result<void> audit(const Book& book, Side side, std::size_t& resting) const;
  // What is wrong with a level, or null.
  [[nodiscard]] const char* audit_level(const Book& book, Side side, Ladders::Place at, const Level& level,
                                        std::size_t& resting) const;
  [[nodiscard]] core::Result<void> audit_waiting(const Book& book, std::size_t& waiting) const;
  void save_order(Handle handle, core::ByteWriter& out) const;
  void save_waiting(const Book& book, core::ByteWriter& out) const;
  void save_peak(const Order& order, core::ByteWriter& out) const;
  // Of an order whose other fields are loaded. False: it cannot be.
  [[nodiscard]] bool load_peak(Order& order, core::ByteReader& in);
  [[nodiscard]] core::Result<void> load_market(Book& book, core::ByteReader& in, Slots& slots);
  [[nodiscard]] core::Result<void> load_order(Book& book, Side side, Handle handle, core::ByteReader& in);
  [[nodiscard]] core::Result<void> load_waiting(Book& book, Handle handle, core::ByteReader& in);
  void vacate(Book& book, Side side, PageIndex page, std::uint64_t key);
  [[nodiscard, gnu::noinline]] std::int64_t whole_of_special(const Order& order) const;
  [[gnu::noinline]] void forget(const Order& order);
  // Counts what an order hides at the level it joins, whose lots will be `lots`. False: it could not count all of it.
  [[gnu::noinline]] bool join_hidden(const Order& order, PageIndex page, std::int64_t lots);
  [[gnu::noinline]] void leave_hidden(const Order& order);
  void hash_peak(core::Digest& digest, const Order& order) const;

  std::vector<Book> books_;   // by market id; entry 0 and gaps are no markets
  std::vector<Rules> rules_;  // likewise
};

inline void Books::vacate(Book& book, Side side, PageIndex page, std::uint64_t key) {
  const std::size_t s = index_of(side);
  if (book.best[s] == key) {
    const auto following = ladders.next(page, key);
    book.best[s] = following.page != 0 ? following.key : kNoKey;
    if (!PLANTED(best_keeps_page)) book.best_page[s] = following.page;
  }
  ladders.vacate(book.ladders[s], page, key);
}

inline void Books::drop_best(Book& book, Side side) {
  const std::size_t s = index_of(side);
  vacate(book, side, book.best_page[s], book.best[s]);
}

inline std::int64_t Books::append(Book& book, Handle handle) {
  Order& order = orders[handle];
  const std::size_t s = index_of(order.identity.side);
  const std::uint64_t key = order.key;
  const PageIndex page = ladders.page_for(book.ladders[s], key);
  Level& level = ladders.level(page, key);
  std::int64_t lots = 0;
  const bool overflows = __builtin_add_overflow(level.lots, order.open, &lots);
  if (overflows && !PLANTED(level_lots_wrap)) return 0;  // then the level was in use: no page was made
  if (book.specials != 0) [[unlikely]] {
    if (!join_hidden(order, page, lots)) return 0;  // likewise
  }
  order.page = page;
  orders.links(handle) = {.next = kNoHandle, .previous = level.tail};
  if (level.tail != kNoHandle) {
    orders.links(level.tail).next = handle;
  } else {
    level.head = handle;
    ladders.occupy(page, key);
    if (key < book.best[s] && !PLANTED(best_ignores_better)) {
      book.best[s] = key;
      book.best_page[s] = page;
    }
  }
  level.tail = handle;
  level.lots = lots;
  return lots;
}

inline std::int64_t Books::unlink(Book& book, Handle handle) {
  const Order& order = orders[handle];
  Level& level = ladders.level(order.page, order.key);
  if (order.identity.special != 0) [[unlikely]]
    leave_hidden(order);
  const Links links = orders.links(handle);
  (links.previous != kNoHandle ? orders.links(links.previous).next : level.head) = links.next;
  const bool is_last = links.next == kNoHandle || PLANTED(unlink_one_way);
  (is_last ? level.tail : orders.links(links.next).previous) = links.previous;
  level.lots -= PLANTED(unlink_keeps_lots) ? 0 : order.open;
  const std::int64_t lots = level.lots;
  if (lots == 0) vacate(book, order.identity.side, order.page, order.key);
  return lots;
}

}  // namespace matching
