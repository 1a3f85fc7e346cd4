#include "services/matching/price_ranges.h"

#include <algorithm>
#include <limits>

#include "services/matching/announcer.h"
#include "services/matching/auction.h"
#include "services/matching/planted.h"

namespace matching {
namespace {

using core::int128;

constexpr int128 kBasisPoints = 10'000;
constexpr int128 kPriceMax = std::numeric_limits<std::int64_t>::max();

// Prices from low to high.
struct Range {
  int128 low = 1, high = kPriceMax;

  // Whole ticks inside: fractions of one are outside.
  void narrow(core::Price reference, std::uint16_t bp) {
    if (bp == 0 || reference.is_zero()) return;
    const int128 up = int128{reference.value()} * (kBasisPoints + bp);
    const int128 down = int128{reference.value()} * (kBasisPoints - bp);
    high = std::min(high, up / kBasisPoints);
    low = std::max(low, (down + (PLANTED(range_rounds_down) ? 0 : kBasisPoints - 1)) / kBasisPoints);
  }
};

core::Price price(int128 ticks) { return core::Price{static_cast<std::int64_t>(ticks)}; }

}  // namespace

std::uint64_t within_ranges(const Book& book, const instruments::PriceRanges& ranges, core::Price center, Side makers,
                            std::uint64_t limit) {
  Range range;
  if (!PLANTED(static_range_ignored)) range.narrow(center, ranges.static_bp);
  range.narrow(book.reference, ranges.dynamic_bp);
  const std::uint64_t low = key_of(makers, price(range.low)), high = key_of(makers, price(range.high));
  const std::uint64_t nearest = makers == Side::sell ? low : high, farthest = makers == Side::sell ? high : low;
  if (book.best[index_of(makers)] < nearest && !PLANTED(range_has_one_bound)) return 0;
  return std::min(limit, farthest);
}

bool calls_auction(const Books& books, Book& book, Output out) {
  if (books.rules(book.market).ranges.outcome != instruments::RangeOutcome::auction) return false;
  book.state = instruments::MarketState::auction;
  book.interrupted = true;
  Announcer(book, out).event(MarketEventKind::state_changed);
  return true;
}

bool ends_at_range(const Books& books, Book& book, const Identity& who, bool may_rest, std::int64_t open, Output out) {
  if (calls_auction(books, book, out) && may_rest) return false;
  Announcer(book, out).ended(who, EndReason::price_range, open);
  return true;
}

void tell_interruption(const Books& books, Book& book, Output out) {
  book.interrupted = false;
  Report& report = out.reports.emplace_back();
  report.kind = ReportKind::market_state;
  report.market = book.market;
  report.state = book.state;
  report.state_changes = books.rules(book.market).state_changes;
  CallFigures(books, book, out).begin();
}

}  // namespace matching
