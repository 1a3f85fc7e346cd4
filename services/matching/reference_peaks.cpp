// The oracle's iceberg orders and how orders come to rest, limit makers that slide, and minimum quantities. An entry's
// `open` is all that is open of it; `hidden` says how much of that is not shown.
#include <algorithm>
#include <limits>

#include "pkg/core/random.h"
#include "services/matching/reference.h"

namespace matching {

using core::int128;
using core::Rejection;

namespace {

bool better(Side side, std::int64_t a, std::int64_t b) { return side == Side::buy ? a > b : a < b; }

bool has(const NewOrder& order, std::uint8_t what) { return (order.special & what) != 0; }

bool peak_means_something(const NewOrder& order) {
  if (order.type == OrderType::limit && order.time_in_force != TimeInForce::gtc) return false;
  if (order.type != OrderType::limit && order.type != OrderType::limit_maker) return false;
  const int128 size = order.peak.size.value(), spread = order.peak.spread.value(), quantity = order.quantity.value();
  const int128 least = size - spread, most = size + spread;
  if (spread < 0 || least < 1 || most > std::numeric_limits<std::int64_t>::max() || size > quantity) return false;
  return (quantity + least - 1) / least <= 100;
}

}  // namespace

Rejection Reference::admit_special(const Market& market, const NewOrder& order) {
  if (has(order, kPeak) && !peak_means_something(order)) return Rejection::invalid_order;
  if (has(order, kMinimum)) {
    if (order.type != OrderType::limit || order.trigger != Trigger::none) return Rejection::invalid_order;
    if (order.time_in_force == TimeInForce::fok) return Rejection::invalid_order;
    if (order.minimum.value() < 1 || order.minimum > order.quantity) return Rejection::invalid_order;
    if (!matches(market.settings.state)) return Rejection::market_closed;
  }
  if (has(order, kSlides) && (order.type != OrderType::limit_maker || order.slide_bound.value() < 1))
    return Rejection::invalid_order;
  return Rejection::none;
}

// The next peak of an entry of which nothing is shown.
void Reference::show_next(Entry& entry) {
  entry.hidden = 0;
  const NewOrder& order = entry.as_sent;
  if (!has(order, kPeak)) return;
  std::int64_t peak = order.peak.size.value();
  if (const std::int64_t spread = order.peak.spread.value(); spread != 0)
    peak = core::Random(order.peak.seed + entry.drawn).between(peak - spread, peak + spread);
  ++entry.drawn;
  entry.hidden = entry.open > peak ? entry.open - peak : 0;
}

bool Reference::insert(Market& market, const Entry& entry) {
  const Side side = entry.as_sent.side;
  const std::int64_t price = entry.as_sent.price.value();
  if (market.whole_at(side, price) + entry.open > std::numeric_limits<std::int64_t>::max()) return false;
  auto& entries = market.side(side);
  auto at = entries.begin();
  while (at != entries.end() && !better(side, price, at->as_sent.price.value())) ++at;
  show_next(*entries.insert(at, entry));
  return true;
}

// The first order of a side has shown all it did: the next peak goes behind all others of its price.
void Reference::refresh_first(std::vector<Entry>& side) { refresh(side, 0); }

// Likewise one that is not the first, at the best price.
void Reference::refresh(std::vector<Entry>& side, std::size_t which) {
  Entry entry = side[which];
  side.erase(side.begin() + static_cast<std::ptrdiff_t>(which));
  show_next(entry);
  auto at = side.begin();
  while (at != side.end() && at->as_sent.price == entry.as_sent.price) ++at;
  side.insert(at, entry);
}

// Lots are taken from all of an entry, from what it hides first.
void Reference::shrink(Entry& entry, std::int64_t by) {
  entry.open -= by;
  entry.hidden = std::max<std::int64_t>(entry.hidden - by, 0);
}

int128 Reference::Market::lots_at(Side which, std::int64_t price) const {
  int128 lots = 0;
  for (const Entry& entry : which == Side::buy ? bids : asks) {
    if (entry.as_sent.price.value() == price) lots += entry.open - entry.hidden;
  }
  return lots;
}

int128 Reference::Market::whole_at(Side which, std::int64_t price) const {
  int128 lots = 0;
  for (const Entry& entry : which == Side::buy ? bids : asks) {
    if (entry.as_sent.price.value() == price) lots += entry.open;
  }
  return lots;
}

// Where a limit maker that would match goes instead; nothing: nowhere.
std::optional<core::Price> Reference::slid(Market& market, const NewOrder& order) {
  if (!has(order, kSlides)) return {};
  const std::int64_t best = market.side(opposite(order.side)).front().as_sent.price.value();
  const bool buys = order.side == Side::buy;
  const std::int64_t bound = order.slide_bound.value();
  if (buys ? best - 1 < bound : best > bound - 1) return {};
  const std::int64_t price = buys ? best - 1 : best + 1;
  if (!in_band(market, order.side, price)) return {};
  return core::Price{price};
}

// What an order has to match at once, or it matches nothing.
std::int64_t Reference::least_of(const NewOrder& order) {
  if (order.type == OrderType::limit && order.time_in_force == TimeInForce::fok) return order.quantity.value();
  return has(order, kMinimum) ? order.minimum.value() : 0;
}

std::array<std::uint64_t, kSeenCount> Reference::seen() const {
  std::array<std::uint64_t, kSeenCount> all{};
  for (const auto& [id, market] : markets_) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += market.seen[i];
  }
  return all;
}

}  // namespace matching
