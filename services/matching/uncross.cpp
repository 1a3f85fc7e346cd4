#include "services/matching/uncross.h"

#include <algorithm>

#include "pkg/core/check.h"
#include "services/matching/planted.h"

namespace matching {
namespace {

using core::int128;
using core::Price;

// Prices of which the one nearest to the reference is wanted, or the highest when there is none.
class Nearest {
 public:
  explicit Nearest(Price reference) : reference_(reference) {}
  void consider(Price price) {
    if (best_.is_zero() || is_better(price)) best_ = price;
  }
  [[nodiscard]] Price best() const { return best_; }

 private:
  [[nodiscard]] int128 distance(Price price) const {
    const int128 difference = int128{price.value()} - reference_.value();
    return difference < 0 ? -difference : difference;
  }
  [[nodiscard]] bool is_better(Price price) const {
    const int128 here = reference_.is_zero() ? 0 : distance(price), there = reference_.is_zero() ? 0 : distance(best_);
    return here != there ? here < there : (price > best_) != PLANTED(auction_takes_lowest);
  }
  Price reference_, best_;
};

// From the last ask paired to the last bid paired, where the greatest number of lots trades.
bool trades_all(const Pairing& pairing, Price price) {
  return price >= pairing.sells.last && (pairing.buys.last.is_zero() || price <= pairing.buys.last);
}

// Buyers are left over at every price: fewest at the highest.
Uncross with_buyers_left(const Pairing& pairing, Price reference) {
  const PairedSide& buys = pairing.buys;
  Price price = buys.last;
  if (price.is_zero()) price = std::max({buys.next.price, pairing.sells.last, reference});
  if (price.is_zero()) return {{}, 0, buys.left, Side::buy};
  const std::int64_t joining = price == buys.next.price ? buys.next.lots : 0;
  return {price, pairing.paired, buys.left + joining, Side::buy};
}

// Sellers are left over at every price: fewest at the lowest.
Uncross with_sellers_left(const Pairing& pairing, Price reference) {
  const PairedSide& sells = pairing.sells;
  Price price = sells.last;
  if (price.is_zero()) {
    for (const Price candidate : {sells.next.price, pairing.buys.last, reference}) {
      if (!candidate.is_zero() && (price.is_zero() || candidate < price)) price = candidate;
    }
  }
  if (price.is_zero()) return {{}, 0, sells.left, Side::sell};
  const std::int64_t joining = price == sells.next.price ? sells.next.lots : 0;
  return {price, pairing.paired, sells.left + joining, Side::sell};
}

// Nothing is left over between the next bid and the next ask, but no candidate lies there: one of these two joins, and
// is left over. Those behind them would be left over as well.
Uncross with_next_level_left(const Pairing& pairing, Price reference) {
  const PairedSide &buys = pairing.buys, &sells = pairing.sells;
  const bool has_below = !buys.next.price.is_zero(), has_above = !sells.next.price.is_zero();
  if (!has_below && !has_above) return {};  // market orders and nothing to price them by
  const bool below = has_below && (!has_above || buys.next.lots <= sells.next.lots);
  const bool above = has_above && (!has_below || sells.next.lots <= buys.next.lots);
  if (below != above) {
    return below != PLANTED(auction_pressure_turned)
               ? Uncross{buys.next.price, pairing.paired, buys.next.lots, Side::buy}
               : Uncross{sells.next.price, pairing.paired, sells.next.lots, Side::sell};
  }
  // As many on either side: no pressure.
  const auto is_below = [&](Price price) { return price <= buys.next.price && price > buys.after.price; };
  const auto is_above = [&](Price price) {
    return price >= sells.next.price && (sells.after.price.is_zero() || price < sells.after.price);
  };
  Nearest nearest(reference);
  nearest.consider(buys.next.price);
  nearest.consider(sells.next.price);
  for (const Price price : {sells.last, buys.last, reference}) {
    if (!price.is_zero() && trades_all(pairing, price) && (is_below(price) || is_above(price))) nearest.consider(price);
  }
  const Side side = nearest.best() <= buys.next.price ? Side::buy : Side::sell;
  return {nearest.best(), pairing.paired, buys.next.lots, side};
}

}  // namespace

Uncross choose_price(const Pairing& pairing, Price reference) {
  const PairedSide &buys = pairing.buys, &sells = pairing.sells;
  CHECK(pairing.paired == 0 || buys.left == 0 || sells.left == 0);
  if (pairing.paired == 0) {
    // At most one side has anything in front of it: market orders without a counterpart.
    const Side side = sells.left > 0 ? Side::sell : Side::buy;
    return {{}, 0, side == Side::buy ? buys.left : sells.left, side};
  }
  if (buys.left > 0) return with_buyers_left(pairing, reference);
  if (sells.left > 0) return with_sellers_left(pairing, reference);

  Nearest nearest(reference);
  for (const Price price : {sells.last, buys.last, reference}) {
    const bool leaves_nothing =
        price > buys.next.price && (sells.next.price.is_zero() || price < sells.next.price) && !price.is_zero();
    if (leaves_nothing && trades_all(pairing, price)) nearest.consider(price);
  }
  if (!nearest.best().is_zero()) return {nearest.best(), pairing.paired, 0, Side::buy};
  return with_next_level_left(pairing, reference);
}

}  // namespace matching
