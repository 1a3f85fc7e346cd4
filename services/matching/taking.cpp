#include "services/matching/taking.h"

#include <algorithm>
#include <limits>

namespace matching {

// First what is shown, in order of arrival, then what is hidden behind it, in which nobody is met that was not met
// before: an own order that is passed is gone whole.
Taking::LevelPlan Taking::plan_level(Ladders::Place at, std::int64_t open) const {
  const Level& level = books_.ladders.level(at.page, at.key);
  const std::int64_t all = PLANTED(plan_ignores_hidden) ? level.lots : books_.whole_at(book_, at, level);
  if (taker_.self_trade == SelfTrade::none || PLANTED(plan_ignores_own_orders)) {
    return {.traded = std::min(open, all), .prevented = 0, .stopped = open < all};
  }
  if (book_.is_pro_rata) return plan_level_pro_rata(at, open);
  LevelPlan plan;
  std::int64_t hidden = all - level.lots;  // of others
  Handle handle = level.head;
  while (handle != kNoHandle && open > 0) {
    const Order& maker = books_.orders[handle];
    const bool own = is_own(maker);
    if (own) hidden -= books_.hidden(maker);
    if (own && taker_.self_trade != SelfTrade::decrement) {
      if (taker_.self_trade != SelfTrade::expire_maker && !PLANTED(plan_passes_own_orders)) break;
    } else {
      const std::int64_t there = own ? books_.whole(maker) : maker.open, lots = std::min(open, there);
      (own ? plan.prevented : plan.traded) += lots;
      open -= lots;
      if (lots < there) break;
    }
    handle = books_.orders.links(handle).next;
  }
  if (handle == kNoHandle) {
    const std::int64_t lots = std::min(open, hidden);
    plan.traded += lots;
    hidden -= lots;
  }
  plan.stopped = handle != kNoHandle || hidden != 0;
  return plan;
}

Plan Taking::plan(std::uint64_t limit, std::int64_t open) const {
  Plan plan;
  Ladders::Place at{book_.best[index_of(side_)], book_.best_page[index_of(side_)]};
  while (open > 0 && at.page != 0 && (at.key <= limit || PLANTED(plan_ignores_limit))) {
    const LevelPlan level = plan_level(at, open);
    open -= level.traded + level.prevented;
    plan.lots += level.traded + (PLANTED(plan_counts_prevented) ? level.prevented : 0);
    plan.tick_lots += static_cast<core::int128>(price_of(side_, at.key).value()) * level.traded;
    if (level.stopped) break;
    at = books_.ladders.next(at.page, at.key);
  }
  return plan;
}

Plan Taking::plan_by_quote(std::uint64_t limit, core::Amount quote) const {
  Plan plan;
  Ladders::Place at{book_.best[index_of(side_)], book_.best_page[index_of(side_)]};
  while (at.page != 0 && at.key <= limit) {
    const core::Price price = price_of(side_, at.key);
    const std::int64_t open = affordable(quote, price);
    if (open == 0) break;
    const LevelPlan level = plan_level(at, open);
    quote -= cost(price, level.traded + (PLANTED(quote_plan_forgets_prevented) ? 0 : level.prevented));
    plan.lots += level.traded;
    plan.tick_lots += static_cast<core::int128>(price.value()) * level.traded;
    if (level.stopped) break;
    at = books_.ladders.next(at.page, at.key);
  }
  return plan;
}

std::int64_t Taking::affordable(core::Amount quote, core::Price price) const {
  const core::int128 lots = quote.value() / cost(price, 1).value();
  return static_cast<std::int64_t>(std::min<core::int128>(lots, std::numeric_limits<std::int64_t>::max()));
}

core::Amount Taking::cost(core::Price price, std::int64_t lots) const {
  return core::notional(price, core::Quantity{lots}, books_.rules(book_.market).tick_lot_units);
}

std::int64_t Taking::take(std::uint64_t limit, std::int64_t open) {
  CHECK(limit <= kAnyKey);
  while (open > 0 && !ended_ && reaches(limit)) open = take_level(open, true);
  return open;
}

EndReason Taking::take_by_quote(std::uint64_t limit, core::Amount quote) {
  CHECK(limit <= kAnyKey);
  EndReason reason = EndReason::expired;
  while (!ended_ && reaches(limit)) {
    const core::Price price = price_of(side_, book_.best[index_of(side_)]);
    const std::int64_t open = affordable(quote, price);
    if (open == 0) {
      if (traded_) reason = EndReason::completed;
      break;
    }
    quote -= cost(price, open - take_level(open, false));
  }
  // The book, or what of it can be reached, has run out: not short of anything unless one more lot could have been had.
  if (traded_ && quote < cost(book_.reference, PLANTED(quote_completes_early) ? 2 : 1)) reason = EndReason::completed;
  return reason;
}

std::int64_t Taking::take_level(std::int64_t open, bool shown) {
  if (book_.is_pro_rata && !PLANTED(pro_rata_by_time)) [[unlikely]]
    return take_level_pro_rata(open, shown);
  const std::size_t s = index_of(side_);
  const std::uint64_t key = book_.best[s];
  const core::Price price = price_of(side_, key);
  Level& level =
      books_.ladders.level(book_.best_page[s], key);  // nothing is added while taking: the pages stay where they are
  const std::int64_t lots_before = level.lots;
  const core::TradeId trade_before = book_.last_trade;
  Handle handle = PLANTED(takes_newest_first) ? level.tail : level.head;
  while (handle != kNoHandle && open > 0) {
    Order& maker = books_.orders[handle];
    if (maker.identity.special != 0) [[unlikely]] {
      const Met met = meet_special(level, handle, price, open, shown);
      handle = met.first;
      open = met.open;
      if (ended_) break;
      continue;
    }
    const std::int64_t maker_before = maker.open;
    if (is_own(maker)) {
      prevent(maker, price, open, shown);
    } else {
      const std::int64_t lots = std::min(open, maker.open);
      open -= lots;
      trade(maker, price, lots, shown ? open : 0);
    }
    level.lots -= PLANTED(taken_level_keeps_lots) ? 0 : maker_before - maker.open;
    if (maker.open != 0) break;  // either the taker is at its end, or this maker is
    const Handle next = books_.orders.links(handle).next;
    books_.orders.give_back(handle);
    handle = next;
    if (ended_) break;
  }
  level.head = handle;
  if (handle != kNoHandle) {
    if (!PLANTED(taken_level_keeps_link)) books_.orders.links(handle).previous = kNoHandle;
  } else if (!PLANTED(taken_level_keeps_tail)) {
    level.tail = kNoHandle;
  }
  const std::int64_t lots_after = level.lots;
  if (handle == kNoHandle) books_.drop_best(book_, side_);
  if (lots_after != lots_before && (lots_after != 0 || !PLANTED(emptied_level_unannounced)))
    announce_.level_changed(side_, key, lots_after);
  if (book_.triggers != 0 && book_.last_trade != trade_before) [[unlikely]]
    book_.has_fired = books_.triggers.observe(book_.triggers, price);
  return open;
}

// An iceberg order is met with what it shows and told of with all it has. When what it shows is gone, its next peak
// goes to the back of the queue. What self-trade prevention takes is taken from all of it, what is hidden first.
Taking::Met Taking::meet_special(Level& level, Handle handle, core::Price price, std::int64_t open, bool shown) {
  Order& maker = books_.orders[handle];
  const std::int64_t before = maker.open, whole = books_.whole(maker);
  const bool own = is_own(maker);
  maker.open = whole;
  if (own) {
    prevent(maker, price, open, shown);
  } else {
    const std::int64_t lots = std::min(open, PLANTED(hidden_trades_in_front) ? whole : before);
    open -= lots;
    trade(maker, price, lots, shown ? open : 0);
  }
  const std::int64_t left = maker.open;
  const Handle next = books_.orders.links(handle).next;
  level.lots -= before;
  if (left == 0) {
    if (books_.has_peak(maker)) books_.set_hidden(maker, 0);
    books_.release(handle);
    return {next, open};
  }
  const bool shown_first = !own || PLANTED(prevention_takes_what_is_shown);
  maker.open = shown_first ? std::max<std::int64_t>(before - (whole - left), 0) : std::min(before, left);
  const bool refreshes = maker.open == 0;
  if (refreshes) {
    books_.refresh_peak(maker, left);
  } else if (books_.has_peak(maker)) {
    books_.set_hidden(maker, left - maker.open);
  }
  level.lots += maker.open;
  if (!refreshes || next == kNoHandle || PLANTED(refresh_keeps_priority)) return {handle, open};
  books_.orders.links(level.tail).next = handle;
  books_.orders.links(handle) = {.next = kNoHandle, .previous = level.tail};
  level.tail = handle;
  return {next, open};
}

[[gnu::always_inline]] inline void Taking::trade(Order& maker, core::Price price, std::int64_t lots,
                                                 std::int64_t taker_left) {
  traded_ = true;
  maker.open -= lots;
  book_.last_trade = book_.last_trade.next();
  if (!PLANTED(reference_keeps_first) || book_.reference.is_zero()) book_.reference = price;
  const auto fill = [&](const Identity& who, core::OrderId counter, std::int64_t left, bool is_maker) {
    Report& report = announce_.report(ReportKind::filled, who);
    report.is_maker = is_maker;
    report.price = price;
    report.quantity = core::Quantity{lots};
    report.remaining = core::Quantity{left};
    report.trade = book_.last_trade;
    report.counter_order = counter;
  };
  fill(taker_, maker.identity.order, taker_left, false);
  fill(maker.identity, taker_.order, PLANTED(maker_fill_shows_taker_left) ? taker_left : maker.open, true);
  MarketEvent& event = announce_.event(MarketEventKind::traded);
  event.side = PLANTED(trade_event_has_maker_side) ? side_ : taker_.side;
  event.price = price;
  event.quantity = core::Quantity{lots};
  event.trade = book_.last_trade;
  event.maker_order = maker.identity.order;
  event.taker_order = taker_.order;
}

void Taking::trade_apart(Order& maker, core::Price price, std::int64_t lots, std::int64_t taker_left) {
  trade(maker, price, lots, taker_left);
}

void Taking::prevent(Order& maker, core::Price price, std::int64_t& open, bool shown) {
  if (!PLANTED(prevented_ids_repeat)) book_.last_prevented = book_.last_prevented.next();
  if (taker_.self_trade != SelfTrade::decrement) {
    if (taker_.self_trade != SelfTrade::expire_maker) end_taker(maker, shown ? open : 0);
    if (taker_.self_trade != SelfTrade::expire_taker && !(ended_ && PLANTED(expire_both_spares_maker))) {
      end_maker(maker);
      maker.open = 0;
    }
    return;
  }
  const std::int64_t lots = std::min(open, maker.open);
  open -= lots;
  maker.open -= PLANTED(decrement_spares_maker) ? 0 : lots;
  const auto take_away = [&](const Identity& who, core::OrderId counter, std::int64_t left, bool is_maker) {
    Report& report = announce_.report(ReportKind::prevented, who);
    report.is_maker = is_maker;
    report.price = price;
    report.quantity = core::Quantity{lots};
    report.remaining = core::Quantity{left};
    report.trade = book_.last_prevented;
    report.counter_order = counter;
  };
  take_away(taker_, maker.identity.order, shown ? open : 0, false);
  take_away(maker.identity, taker_.order, maker.open, true);
}

void Taking::end_maker(const Order& maker) {
  Report& report = announce_.ended(maker.identity, EndReason::self_trade, maker.open);
  report.is_maker = true;
  report.trade = book_.last_prevented;
  report.counter_order = taker_.order;
}

void Taking::end_taker(const Order& maker, std::int64_t open) {
  ended_ = true;
  Report& report = announce_.ended(taker_, EndReason::self_trade, open);
  report.trade = book_.last_prevented;
  report.counter_order = maker.identity.order;
}

}  // namespace matching
