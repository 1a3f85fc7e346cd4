// Price ranges: between which prices an aggressor may trade, and what becomes of it when the book offers no other.
//
// Two ranges around two references: the static one around the price of the market's last auction (or the one an
// operator has set), the dynamic one around the last trade. Both are fixed when an order begins to take and hold until
// it is done, however far its own trades move the last price. A price on the bound is inside. Without its reference a
// range is off. They bound trades, not orders: what rests may be at any price, and an auction's price is what it is.
#pragma once

#include <cstdint>

#include "services/matching/book.h"
#include "services/matching/matching.h"

namespace matching {

// The last key of the makers' side that may be reached by an order that goes up to `limit`; 0, before every key, when
// already the best price is outside: it cannot be passed over. REQUIRES ranges.
[[nodiscard]] std::uint64_t within_ranges(const Book& book, const instruments::PriceRanges& ranges, core::Price center,
                                          Side makers, std::uint64_t limit);
// Where an order that goes up to `limit` may take.
[[nodiscard]] inline std::uint64_t reach_of(const Books& books, const Book& book, Side makers, std::uint64_t limit) {
  if (!book.has_ranges) [[likely]]
    return limit;
  const Rules& rules = books.rules(book.market);
  return within_ranges(book, rules.ranges, rules.range_reference, makers, limit);
}
// Of an order that is not done: whether only the ranges keep it from going on.
[[nodiscard]] inline bool is_stopped(const Book& book, Side makers, std::uint64_t reach, std::uint64_t limit) {
  const std::uint64_t best = book.best[index_of(makers)];
  return best <= limit && best > reach && !PLANTED(range_stop_unnoticed);
}

// An order was stopped. Whether the market goes to a volatility auction, which it then has: the state is told to the
// public at once, so that the book is in a call before it crosses.
[[nodiscard]] bool calls_auction(const Books& books, Book& book, Output out);
// Of a stopped order with `open` lots left: whether that ends it, which has then been told. An auction may have been
// called either way.
[[nodiscard]] bool ends_at_range(const Books& books, Book& book, const Identity& who, bool may_rest, std::int64_t open,
                                 Output out);
// How an order that may not rest ends when it is not done, and the same with it.
[[nodiscard]] inline EndReason end_of_rest(const Books& books, Book& book, Side makers, std::uint64_t reach,
                                           std::uint64_t limit, Output out) {
  if (!is_stopped(book, makers, reach, limit)) [[likely]]
    return EndReason::expired;
  (void)calls_auction(books, book, out);
  return EndReason::price_range;
}
// The last thing a command does that called an auction: tells accounts, and the public the call's first figures.
void tell_interruption(const Books& books, Book& book, Output out);

}  // namespace matching
