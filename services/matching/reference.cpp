#include "services/matching/reference.h"

#include <algorithm>
#include <limits>

namespace matching {

using core::int128;
using core::Rejection;

namespace {

constexpr std::int64_t kLotsMax = std::numeric_limits<std::int64_t>::max();

Report about(ReportKind kind, const NewOrder& order) {
  Report report;
  report.kind = kind;
  report.side = order.side;
  report.market = order.market;
  report.order = order.order;
  report.account = order.account;
  report.account_slot = order.account_slot;
  return report;
}

Report placed(ReportKind kind, const NewOrder& order, std::int64_t open, Handle handle) {
  Report report = about(kind, order);
  report.price = order.price;
  report.remaining = core::Quantity{open};
  report.handle = handle;
  return report;
}

Report ended(const NewOrder& order, EndReason reason, std::int64_t open) {
  Report report = about(ReportKind::ended, order);
  report.end_reason = reason;
  report.remaining = core::Quantity{open};
  return report;
}

Report rejected(const NewOrder& order, Rejection rejection) {
  Report report = about(ReportKind::rejected, order);
  report.rejection = rejection;
  return report;
}

template <class Command>
Report refused(const Command& command, Rejection rejection) {
  Report report;
  report.kind = ReportKind::refused;
  report.rejection = rejection;
  report.market = command.market;
  report.order = command.order;
  report.account_slot = command.account_slot;
  return report;
}

Report reference_price(core::MarketId market, std::int64_t price) {
  Report report;
  report.kind = ReportKind::reference_price;
  report.market = market;
  report.price = core::Price{price};
  return report;
}

bool by_quote(const NewOrder& order) { return order.type == OrderType::market_by_quote; }
bool priced(const NewOrder& order) { return order.type == OrderType::limit || order.type == OrderType::limit_maker; }

// What one side of a trade or a prevention of `lots` is told.
Report step(ReportKind kind, const NewOrder& who, const NewOrder& counter, bool is_maker, std::int64_t price,
            std::int64_t lots, std::int64_t left, std::uint64_t id) {
  Report report = about(kind, who);
  report.is_maker = is_maker;
  report.price = core::Price{price};
  report.quantity = core::Quantity{lots};
  report.remaining = core::Quantity{by_quote(who) ? 0 : left};
  report.trade = core::TradeId{id};
  report.counter_order = counter.order;
  return report;
}

}  // namespace

Handle Reference::Slots::take() {
  if (free.empty()) return next++;
  const Handle handle = free.back();
  free.pop_back();
  return handle;
}

int128 Reference::unit_cost(const Market& market, std::int64_t price) {
  return price * market.settings.tick_lot_units.value();
}

bool Reference::crosses(Market& market, Side side, std::int64_t price) {
  if (!matches(market.settings.state)) return false;  // there it does not matter
  const auto& others = market.side(opposite(side));
  if (others.empty()) return false;
  const std::int64_t best = others.front().as_sent.price.value();
  return side == Side::buy ? best <= price : best >= price;
}

Rejection Reference::admit(const Market& market, const NewOrder& command) const {
  if (command.order.is_none()) return Rejection::invalid_order;
  if (by_quote(command) ? command.quote_quantity.value() <= 0 : command.quantity.value() <= 0)
    return Rejection::invalid_order;
  if (priced(command) && command.price.value() <= 0) return Rejection::invalid_order;
  if (!lets_in(market.settings.state, command)) return Rejection::market_closed;
  if (priced(command)) {
    return in_band(market, command.side, command.price.value()) ? Rejection::none : Rejection::price_outside_band;
  }
  int128 notional = command.quote_quantity.value();
  if (!by_quote(command)) {
    if (!market.reference) return Rejection::none;
    notional = command.quantity.value() * unit_cost(market, *market.reference);
  }
  const int128 max = market.settings.notional_max.value();
  const bool fits = notional >= market.settings.notional_min.value() && (max == 0 || notional <= max);
  return fits ? Rejection::none : Rejection::book_notional_out_of_range;
}

void Reference::apply(const ConfigureMarket& command, Output out) {
  const bool known = markets_.contains(command.market.id.value());
  Market& market = markets_[command.market.id.value()];
  const instruments::MarketState from = market.settings.state;
  const instruments::MarketState to = known && command.keeps_state ? from : command.market.state;
  const bool silent = known && from == to;
  const bool ends_closing_call = calls(from) && to == instruments::MarketState::closed;
  if (known && ((!matches(from) && matches(to)) || ends_closing_call)) uncross(market, out);
  market.settings = command.market;
  market.settings.state = to;
  market.state_changes = command.state_changes;
  if (!command.range_reference.is_zero()) market.center = command.range_reference.value();
  if (!silent) {
    MarketEvent event;
    event.kind = known ? MarketEventKind::state_changed : MarketEventKind::listed;
    event.state = to;
    event.market = command.market.id;
    event.sequence = ++market.sequence;
    out.events.push_back(event);
  }
  if (!silent) publish_figures(market, out);
  let_go_on(market, kTriggersPerCommand, out);
}

void Reference::emit_level(Market& market, Side side, std::int64_t price, Output out) const {
  MarketEvent event;
  event.kind = MarketEventKind::level_changed;
  event.side = side;
  event.state = market.settings.state;
  event.market = market.settings.id;
  event.sequence = ++market.sequence;
  event.price = core::Price{price};
  event.quantity = core::Quantity{static_cast<std::int64_t>(market.lots_at(side, price))};
  out.events.push_back(event);
}

// ---- matching ----

void Reference::run(Market& market, Slots& slots, Run& run, Output out) const {
  const Side other = opposite(run.taker.side);
  run.any_lot_left = false;
  while (!run.ended && run.left > 0 && crosses(market, run.taker.side, run.worst_price)) {
    const std::int64_t price = market.side(other).front().as_sent.price.value();
    run.stopped = !is_inside(run, price);
    if (run.stopped) break;
    int128 open = run.left;
    if (by_quote(run.taker)) open = run.left / unit_cost(market, price);
    if (open == 0) return;
    const int128 before = market.lots_at(other, price);
    run_level(market, slots, run, static_cast<std::int64_t>(std::min<int128>(open, kLotsMax)), out);
    if (market.lots_at(other, price) != before) emit_level(market, other, price, out);
  }
  run.any_lot_left =
      run.left > 0 && (!by_quote(run.taker) || !run.traded || run.left >= unit_cost(market, *market.reference));
}

void Reference::run_level(Market& market, Slots& slots, Run& run, std::int64_t open, Output out) const {
  if (market.settings.allocation.kind == instruments::AllocationKind::pro_rata)
    return run_level_shared(market, slots, run, open, out);
  auto& makers = market.side(opposite(run.taker.side));
  const std::int64_t price = makers.front().as_sent.price.value();
  while (open > 0 && !run.ended && !makers.empty() && makers.front().as_sent.price.value() == price) {
    Entry& maker = makers.front();
    const std::int64_t before = open;
    if (run.taker.self_trade != SelfTrade::none && maker.as_sent.account == run.taker.account) {
      meet_own(market, run, maker, open, out);
    } else {
      trade(market, run, maker, open, out);
    }
    run.left -= by_quote(run.taker) ? (before - open) * unit_cost(market, price) : before - open;
    if (maker.open == 0) {
      slots.give_back(maker.handle);
      makers.erase(makers.begin());
    } else if (maker.open == maker.hidden) {
      market.see(makers.size() == 1 ? Seen::refreshed_alone : Seen::refreshed);
      if (maker.as_sent.peak.spread.value() != 0) market.see(Seen::random_peak);
      refresh_first(makers);
    }
  }
}

void Reference::trade(Market& market, Run& run, Entry& maker, std::int64_t& open, Output out) const {
  const std::int64_t price = maker.as_sent.price.value();
  const std::int64_t lots = std::min(open, maker.open - maker.hidden);
  open -= lots;
  maker.open -= lots;
  run.traded = true;
  run.lots += lots;
  run.quote_units += lots * unit_cost(market, price);
  market.reference = price;
  observe(market, price);
  ++market.trades;
  const auto left = static_cast<std::int64_t>(by_quote(run.taker) ? 0 : run.left - lots);
  out.reports.push_back(step(ReportKind::filled, run.taker, maker.as_sent, false, price, lots, left, market.trades));
  out.reports.push_back(
      step(ReportKind::filled, maker.as_sent, run.taker, true, price, lots, maker.open, market.trades));
  MarketEvent event;
  event.kind = MarketEventKind::traded;
  event.side = run.taker.side;
  event.state = market.settings.state;
  event.market = market.settings.id;
  event.sequence = ++market.sequence;
  event.price = core::Price{price};
  event.quantity = core::Quantity{lots};
  event.trade = core::TradeId{market.trades};
  event.maker_order = maker.as_sent.order;
  event.taker_order = run.taker.order;
  out.events.push_back(event);
}

void Reference::meet_own(Market& market, Run& run, Entry& maker, std::int64_t& open, Output out) const {
  const SelfTrade mode = run.taker.self_trade;
  const std::uint64_t id = ++market.preventions;
  if (mode == SelfTrade::decrement) {
    const std::int64_t price = maker.as_sent.price.value();
    const std::int64_t lots = std::min(open, maker.open);
    open -= lots;
    if (maker.hidden != 0) market.see(Seen::hidden_prevented);
    shrink(maker, lots);
    const auto left = static_cast<std::int64_t>(by_quote(run.taker) ? 0 : run.left - lots);
    out.reports.push_back(step(ReportKind::prevented, run.taker, maker.as_sent, false, price, lots, left, id));
    out.reports.push_back(step(ReportKind::prevented, maker.as_sent, run.taker, true, price, lots, maker.open, id));
    return;
  }
  if (mode == SelfTrade::expire_taker || mode == SelfTrade::expire_both) {
    Report report =
        ended(run.taker, EndReason::self_trade, by_quote(run.taker) ? 0 : static_cast<std::int64_t>(run.left));
    report.trade = core::TradeId{id};
    report.counter_order = maker.as_sent.order;
    out.reports.push_back(report);
    run.ended = true;
  }
  if (mode == SelfTrade::expire_maker || mode == SelfTrade::expire_both) {
    Report report = ended(maker.as_sent, EndReason::self_trade, maker.open);
    report.is_maker = true;
    report.trade = core::TradeId{id};
    report.counter_order = run.taker.order;
    out.reports.push_back(report);
    maker.open = 0;
  }
}

Reference::Run Reference::dry_run(const Market& market, const Run& planned) const {
  Market copy = market;
  Slots slots;
  Run copied = planned;
  std::vector<Report> reports;
  std::vector<MarketEvent> events;
  run(copy, slots, copied, {reports, events});
  return copied;
}

void Reference::carry_out(const NewOrder& command, Output out) {
  const unsigned allowance = begin(command.market, out);
  const auto found = markets_.find(command.market.value());
  if (found == markets_.end()) return out.reports.push_back(rejected(command, Rejection::unknown_market));
  Market& market = found->second;
  if (const Rejection bad = admit_special(market, command); bad != Rejection::none) {
    out.reports.push_back(rejected(command, bad));
  } else if (command.trigger != Trigger::none) {
    wait(market, command, out);
  } else {
    place(market, command, out);
  }
  let_go_on(market, allowance, out);
}

void Reference::place(Market& market, const NewOrder& command, Output out) {
  const Rejection rejection = admit(market, command);
  if (rejection != Rejection::none) return out.reports.push_back(rejected(command, rejection));
  if (command.type == OrderType::limit_maker && crosses(market, command.side, command.price.value())) {
    if (const auto price = slid(market, command)) {
      NewOrder elsewhere = command;
      elsewhere.price = *price;
      market.see(Seen::slid);
      return take(market, elsewhere, out);
    }
    if ((command.special & kSlides) != 0) market.see(Seen::not_slid);
    return out.reports.push_back(rejected(command, Rejection::would_match_immediately));
  }
  if (!priced(command)) {
    Run planned{.taker = command, .worst_price = worst_price(market, command)};
    planned.left = by_quote(command) ? command.quote_quantity.value() : command.quantity.value();
    fix_ranges(market, planned);
    const Run dry = dry_run(market, planned);
    const int128 needed = command.side == Side::buy ? dry.quote_units : dry.lots * market.settings.lot_units.value();
    if (needed > command.budget.value()) return out.reports.push_back(rejected(command, Rejection::budget_exceeded));
  }
  take(market, command, out);
}

void Reference::take(Market& market, const NewOrder& command, Output out) {
  Run taking{.taker = command, .worst_price = worst_price(market, command)};
  taking.left = by_quote(command) ? command.quote_quantity.value() : command.quantity.value();
  fix_ranges(market, taking);
  const auto whole = static_cast<std::int64_t>(by_quote(command) ? 0 : command.quantity.value());
  const bool stays = command.type == OrderType::limit_maker ||
                     (command.type == OrderType::limit && command.time_in_force == TimeInForce::gtc);
  NewOrder shown = command;
  if (!priced(command)) shown.price = {};

  if (!crosses(market, command.side, taking.worst_price) && stays) {
    const Handle handle = slots_.take();
    if (insert(market, {command, whole, handle})) {
      out.reports.push_back(placed(ReportKind::accepted, shown, whole, handle));
      return emit_level(market, command.side, command.price.value(), out);
    }
    slots_.give_back(handle);
  }
  out.reports.push_back(placed(ReportKind::accepted, shown, whole, kNoHandle));
  const std::int64_t least = least_of(command);
  const bool is_partial = least != 0 && least < whole;
  if (least != 0 && dry_run(market, taking).lots < least) {
    if (is_partial && crosses(market, command.side, taking.worst_price)) market.see(Seen::minimum_missed);
    return out.reports.push_back(ended(command, EndReason::expired, whole));
  }
  if (is_partial) market.see(Seen::minimum_met);
  const std::uint64_t refreshed = market.seen[0];
  run(market, slots_, taking, out);
  if (command.time_in_force == TimeInForce::fok && market.seen[0] != refreshed) market.see(Seen::killed_past_peaks);
  if (by_quote(command)) {
    const bool complete = taking.traded && !taking.any_lot_left;
    EndReason reason = complete ? EndReason::completed : EndReason::expired;
    if (!complete && taking.stopped) {
      interrupt(market, out);
      reason = EndReason::price_range;
    }
    if (!taking.ended) out.reports.push_back(ended(command, reason, 0));
  } else if (!taking.ended && taking.left > 0) {
    const auto left = static_cast<std::int64_t>(taking.left);
    const bool rests = stays && (!taking.stopped || interrupt(market, out));
    const Handle handle = rests ? slots_.take() : kNoHandle;
    if (taking.stopped && !rests) {
      if (!stays) interrupt(market, out);
      out.reports.push_back(ended(command, EndReason::price_range, left));
    } else if (rests && insert(market, {command, left, handle})) {
      out.reports.push_back(placed(ReportKind::rested, command, left, handle));
      emit_level(market, command.side, command.price.value(), out);
    } else {
      if (rests) slots_.give_back(handle);
      out.reports.push_back(ended(command, EndReason::expired, left));
    }
  }
  if (taking.traded) out.reports.push_back(reference_price(command.market, *market.reference));
}

// ---- orders that rest ----

Reference::Entry* Reference::find(Market& market, core::OrderId order, Handle handle) {
  for (auto* side : {&market.bids, &market.asks}) {
    for (Entry& entry : *side) {
      if (entry.handle == handle && entry.as_sent.order == order && !order.is_none()) return &entry;
    }
  }
  return nullptr;
}

void Reference::erase(Market& market, Side side, core::OrderId order, Handle handle) {
  std::erase_if(market.side(side),
                [&](const Entry& entry) { return entry.handle == handle && entry.as_sent.order == order; });
}

void Reference::carry_out(const CancelOrder& command, Output out) {
  begin(command.market, out);
  cancel(command, out);
}

void Reference::cancel(const CancelOrder& command, Output out) {
  const auto found = markets_.find(command.market.value());
  if (found != markets_.end() && waits(found->second, command.order, command.handle)) {
    if (found->second.settings.state == instruments::MarketState::auction_frozen)
      return out.reports.push_back(refused(command, Rejection::market_closed));
    return cancel_waiting(found->second, command.handle, out);
  }
  const Entry* entry = found == markets_.end() ? nullptr : find(found->second, command.order, command.handle);
  if (entry == nullptr) return out.reports.push_back(refused(command, Rejection::stale_handle));
  if (found->second.settings.state == instruments::MarketState::auction_frozen)
    return out.reports.push_back(refused(command, Rejection::market_closed));
  const NewOrder order = entry->as_sent;
  out.reports.push_back(ended(order, EndReason::cancelled, entry->open));
  erase(found->second, order.side, order.order, command.handle);
  slots_.give_back(command.handle);
  emit_level(found->second, order.side, order.price.value(), out);
}

void Reference::carry_out(const ReduceOrder& command, Output out) {
  begin(command.market, out);
  const auto found = markets_.find(command.market.value());
  if (found != markets_.end() && waits(found->second, command.order, command.handle)) {
    const bool closed = !lets_change(found->second.settings.state);
    return out.reports.push_back(refused(command, command.by.value() <= 0 ? Rejection::invalid_order
                                                  : closed                ? Rejection::market_closed
                                                                          : Rejection::order_not_working));
  }
  Entry* entry = found == markets_.end() ? nullptr : find(found->second, command.order, command.handle);
  if (entry == nullptr) return out.reports.push_back(refused(command, Rejection::stale_handle));
  if (command.by.value() <= 0) return out.reports.push_back(refused(command, Rejection::invalid_order));
  if (!lets_change(found->second.settings.state))
    return out.reports.push_back(refused(command, Rejection::market_closed));
  if (entry->open <= command.by.value()) {
    return cancel(CancelOrder{command.order, command.market, command.handle, command.account_slot}, out);
  }
  const int128 lots_before = found->second.lots_at(entry->as_sent.side, entry->as_sent.price.value());
  if (entry->hidden != 0)
    found->second.see(entry->hidden >= command.by.value() ? Seen::hidden_reduced : Seen::shown_reduced);
  shrink(*entry, command.by.value());
  Report report = about(ReportKind::reduced, entry->as_sent);
  report.quantity = command.by;
  report.remaining = core::Quantity{entry->open};
  out.reports.push_back(report);
  if (found->second.lots_at(entry->as_sent.side, entry->as_sent.price.value()) == lots_before) return;
  emit_level(found->second, entry->as_sent.side, entry->as_sent.price.value(), out);
}

void Reference::carry_out(const MoveOrder& command, Output out) {
  const unsigned allowance = begin(command.market, out);
  move(command, out);
  if (const auto found = markets_.find(command.market.value()); found != markets_.end()) {
    let_go_on(found->second, allowance, out);
  }
}

void Reference::move(const MoveOrder& command, Output out) {
  const auto found = markets_.find(command.market.value());
  if (found != markets_.end() && waits(found->second, command.order, command.handle)) {
    const instruments::MarketState state = found->second.settings.state;
    const bool closed = !lets_change(state) || state == instruments::MarketState::cancel_only;
    return out.reports.push_back(refused(command, command.price.value() <= 0 ? Rejection::invalid_order
                                                  : closed                   ? Rejection::market_closed
                                                                             : Rejection::order_not_working));
  }
  const Entry* entry = found == markets_.end() ? nullptr : find(found->second, command.order, command.handle);
  if (entry == nullptr) return out.reports.push_back(refused(command, Rejection::stale_handle));
  Market& market = found->second;
  Entry moved = *entry;
  const Side side = moved.as_sent.side;
  const auto refuse = [&](Rejection rejection) { out.reports.push_back(refused(command, rejection)); };
  if (command.price.value() <= 0) return refuse(Rejection::invalid_order);
  if (!lets_change(market.settings.state) || market.settings.state == instruments::MarketState::cancel_only)
    return refuse(Rejection::market_closed);
  if (!in_band(market, side, command.price.value())) return refuse(Rejection::price_outside_band);
  const bool crossing = crosses(market, side, command.price.value());
  const bool post_only =
      moved.as_sent.type == OrderType::limit_maker || market.settings.state == instruments::MarketState::post_only;
  if (crossing && post_only) return refuse(Rejection::would_match_immediately);

  const std::int64_t from = moved.as_sent.price.value();
  const int128 lots_before = market.lots_at(side, from);
  if (moved.hidden != 0) market.see(Seen::peak_moved);
  moved.as_sent.price = command.price;
  erase(market, side, command.order, command.handle);
  out.reports.push_back(placed(ReportKind::moved, moved.as_sent, moved.open, moved.handle));
  if (from != command.price.value()) emit_level(market, side, from, out);
  Run taking{.taker = moved.as_sent, .worst_price = command.price.value(), .left = moved.open};
  fix_ranges(market, taking);
  run(market, slots_, taking, out);
  moved.open = static_cast<std::int64_t>(taking.left);
  if (taking.stopped && !interrupt(market, out)) {
    out.reports.push_back(ended(moved.as_sent, EndReason::price_range, moved.open));
    slots_.give_back(moved.handle);
  } else if (taking.ended || moved.open == 0) {
    slots_.give_back(moved.handle);
  } else if (insert(market, moved)) {
    if (crossing) out.reports.push_back(placed(ReportKind::rested, moved.as_sent, moved.open, moved.handle));
    if (from != command.price.value() || market.lots_at(side, from) != lots_before)
      emit_level(market, side, command.price.value(), out);
  } else {
    out.reports.push_back(ended(moved.as_sent, EndReason::expired, moved.open));
    slots_.give_back(moved.handle);
  }
  if (taking.traded) out.reports.push_back(reference_price(command.market, *market.reference));
}

}  // namespace matching
