// Taking in a market that allocates pro rata, level by level. The rule, with the reasons, is in README.md:
//
// The first kSharers orders of a level, oldest first, share what comes. The taker's own ones among them are dealt with
// before anything trades. If the taker has as much as the others together, all of them fill. Otherwise the oldest fills
// first where the market gives it priority; of what is left then each gets its part in proportion to its size, rounded
// down, nothing where that is below the market's minimum; what rounding and the minimum leave goes to the oldest, then
// the next. One trade an order, in order of time. Those behind kSharers are next when the others are gone.
//
// Work: each order is looked at three times at most, and of a level at most kSharers that do not trade. What fills is
// always the oldest, but for own orders that prevention ends, so the queue loses its head.
#include <algorithm>

#include "services/matching/taking.h"

namespace matching {

using core::int128;

// Of a level: how many orders of others come first, up to kSharers, and what they have.
struct Taking::Sharers {
  unsigned count = 0;
  std::int64_t lots = 0;
};

// Takes the order out of its level's queue, and its slot back.
void Taking::remove(Level& level, Handle handle) {
  const Links links = books_.orders.links(handle);
  (links.previous != kNoHandle ? books_.orders.links(links.previous).next : level.head) = links.next;
  (links.next != kNoHandle ? books_.orders.links(links.next).previous : level.tail) = links.previous;
  books_.orders.give_back(handle);
}

std::int64_t Taking::take_level_pro_rata(std::int64_t open, bool shown) {
  const std::size_t s = index_of(side_);
  const std::uint64_t key = book_.best[s];
  const core::Price price = price_of(side_, key);
  Level& level = books_.ladders.level(book_.best_page[s], key);
  const std::int64_t lots_before = level.lots;
  const core::TradeId trade_before = book_.last_trade;
  while (open > 0 && !ended_ && level.head != kNoHandle) {
    const Sharers sharers = meet_sharers(level, price, open, shown);
    if (open > 0 && !ended_) open = share_out(level, price, open, shown, sharers);
  }
  const std::int64_t lots_after = level.lots;
  if (level.head == kNoHandle) books_.drop_best(book_, side_);
  if (lots_after != lots_before) announce_.level_changed(side_, key, lots_after);
  if (book_.triggers != 0 && book_.last_trade != trade_before)
    book_.has_fired = books_.triggers.observe(book_.triggers, price);
  return open;
}

// Prevention with the own orders among the first, which leaves those of others in front.
Taking::Sharers Taking::meet_sharers(Level& level, core::Price price, std::int64_t& open, bool shown) {
  Sharers sharers;
  Handle handle = level.head;
  for (unsigned seen = 0; seen < kSharers && handle != kNoHandle && open > 0 && !ended_; ++seen) {
    Order& maker = books_.orders[handle];
    const Handle next = books_.orders.links(handle).next;
    if (is_own(maker)) {
      const std::int64_t before = maker.open;
      prevent(maker, price, open, shown);
      level.lots -= before - maker.open;
      if (maker.open == 0) remove(level, handle);
    } else {
      ++sharers.count;
      sharers.lots += maker.open;
    }
    handle = next;
  }
  return sharers;
}

std::int64_t Taking::share_out(Level& level, core::Price price, std::int64_t open, bool shown, Sharers sharers) {
  const instruments::Allocation& rule = books_.rules(book_.market).allocation;
  const bool all = open >= sharers.lots;
  const bool top_first = rule.top_first && !PLANTED(pro_rata_without_top);
  // What goes to the oldest first, what is shared, and among how much.
  const std::int64_t oldest = top_first && sharers.count > 0 ? books_.orders[level.head].open : 0;
  const std::int64_t top = std::min(open, oldest);
  const std::int64_t shared = open - top, among = sharers.lots - oldest;
  const auto share = [&](std::int64_t lots) -> std::int64_t {
    const auto part = static_cast<std::int64_t>(static_cast<int128>(lots) * shared / among);
    return part < rule.share_min.value() && !PLANTED(pro_rata_without_minimum) ? 0 : part;
  };
  const auto due = [&](unsigned position, std::int64_t lots) {
    if (all) return lots;
    if (position == 0 && top_first) return top;
    return shared > 0 ? share(lots) : 0;
  };
  std::int64_t rest = open;  // of the taker's, when everybody has got what is due
  Handle handle = level.head;
  for (unsigned i = 0; i < sharers.count; ++i, handle = books_.orders.links(handle).next)
    rest -= due(i, books_.orders[handle].open);
  if (all) rest = 0;

  handle = level.head;
  for (unsigned i = 0; i < sharers.count && open > 0; ++i) {
    Order& maker = books_.orders[handle];
    const Handle next = books_.orders.links(handle).next;
    const std::int64_t first = due(i, maker.open);
    const std::int64_t more =
        PLANTED(pro_rata_rest_to_second) && i == 0 && sharers.count > 1 ? 0 : std::min(rest, maker.open - first);
    const std::int64_t lots = first + more;
    rest -= more;
    if (lots > 0) {
      open -= lots;
      level.lots -= lots;
      trade(maker, price, lots, shown ? open : 0);
      if (maker.open == 0) remove(level, handle);
    }
    handle = next;
  }
  return open;
}

Taking::LevelPlan Taking::plan_level_pro_rata(const Level& level, std::int64_t open) const {
  LevelPlan plan;
  Handle handle = level.head;
  while (handle != kNoHandle && open > 0) {
    std::int64_t others = 0;
    for (unsigned seen = 0; seen < kSharers && handle != kNoHandle; ++seen, handle = books_.orders.links(handle).next) {
      const Order& maker = books_.orders[handle];
      if (!is_own(maker)) {
        others += maker.open;
        continue;
      }
      if (taker_.self_trade == SelfTrade::expire_maker) continue;
      plan.stopped = true;  // unless it is passed
      if (taker_.self_trade != SelfTrade::decrement) return plan;
      const std::int64_t lots = std::min(open, maker.open);
      plan.prevented += lots;
      open -= lots;
      if (lots < maker.open) return plan;
      plan.stopped = others > 0 || books_.orders.links(handle).next != kNoHandle;
      if (open == 0) return plan;
    }
    const std::int64_t lots = std::min(open, others);
    plan.traded += lots;
    open -= lots;
    plan.stopped = lots < others;
    if (plan.stopped) return plan;
  }
  plan.stopped = handle != kNoHandle;
  return plan;
}

}  // namespace matching
