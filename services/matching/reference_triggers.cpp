// The oracle's conditional orders, every trade looks at every one of them; and the lists of what rests and waits.
#include <algorithm>
#include <limits>

#include "services/matching/reference.h"

namespace matching {

using core::int128;
using core::Rejection;

namespace {

Report about(ReportKind kind, const NewOrder& order, Handle handle) {
  Report report;
  report.kind = kind;
  report.side = order.side;
  report.market = order.market;
  report.order = order.order;
  report.account = order.account;
  report.account_slot = order.account_slot;
  report.handle = handle;
  return report;
}

// Buys wait above for a stop and below for a take-profit, sells the other way round.
bool waits_above(const NewOrder& order) {
  if (order.side == Side::buy) return order.trigger == Trigger::stop;
  return order.trigger == Trigger::take_profit;
}

Report over(const NewOrder& order, EndReason reason, std::int64_t open, Rejection rejection) {
  Report report = about(ReportKind::ended, order, kNoHandle);
  report.end_reason = reason;
  report.remaining = core::Quantity{open};
  report.rejection = rejection;
  return report;
}

}  // namespace

bool Reference::has_reached(const Conditional& order, std::int64_t price) {
  if (order.extreme) {
    const int128 bp = order.as_sent.trailing_bp;
    if (order.as_sent.side == Side::sell) return int128{price} * 10'000 <= *order.extreme * (10'000 - bp);
    return int128{price} * 10'000 >= *order.extreme * (10'000 + bp);
  }
  const std::int64_t at = order.as_sent.trigger_price.value();
  if (at == 0) return true;  // any trade does
  return waits_above(order.as_sent) ? price >= at : price <= at;
}

// In ticks: the first price that reaches it. What a price cannot be is as far away as the last that can.
std::int64_t Reference::trigger_of(const Conditional& order) {
  if (!order.extreme) return order.as_sent.trigger_price.value();
  const int128 bp = order.as_sent.trailing_bp;
  if (order.as_sent.side == Side::sell) return static_cast<std::int64_t>(*order.extreme * (10'000 - bp) / 10'000);
  int128 price = *order.extreme * (10'000 + bp) / 10'000;
  if (price * 10'000 < *order.extreme * (10'000 + bp)) price += 1;
  return static_cast<std::int64_t>(std::min<int128>(price, std::numeric_limits<std::int64_t>::max()));
}

void Reference::observe(Market& market, std::int64_t price) {
  struct Reached {
    bool below;
    std::int64_t distance;  // in the direction the price went
    std::size_t entry;
    Conditional order;
  };
  std::vector<Reached> reached;
  std::vector<Conditional> left;
  for (std::size_t i = 0; i < market.waiting.size(); ++i) {
    Conditional order = market.waiting[i];
    const bool trails = order.as_sent.trailing_bp != 0;
    if (!has_reached(order, price)) {
      if (order.extreme && order.as_sent.side == Side::sell) order.extreme = std::max(*order.extreme, price);
      if (order.extreme && order.as_sent.side == Side::buy) order.extreme = std::min(*order.extreme, price);
      left.push_back(order);
    } else if (trails && !order.extreme) {
      order.extreme = price;  // begins to track
      left.push_back(order);
    } else {
      const bool above = order.extreme ? order.as_sent.side == Side::buy : waits_above(order.as_sent);
      const std::int64_t trigger = trigger_of(order);
      reached.push_back({!above, above ? trigger : -trigger, i, order});
    }
  }
  std::stable_sort(reached.begin(), reached.end(), [](const Reached& a, const Reached& b) {
    if (a.below != b.below) return b.below;
    return a.distance != b.distance ? a.distance < b.distance : a.entry < b.entry;
  });
  for (const Reached& each : reached) market.fired.push_back(each.order);
  market.waiting = left;
}

void Reference::wait(Market& market, const NewOrder& command, Output out) {
  const auto reject = [&](Rejection rejection) {
    Report report = about(ReportKind::rejected, command, kNoHandle);
    report.rejection = rejection;
    out.reports.push_back(report);
  };
  const bool limit = command.type == OrderType::limit;
  bool valid = !command.order.is_none() && command.quantity.value() > 0;
  valid = valid && (limit || command.type == OrderType::market);
  valid = valid && (!limit || command.price.value() > 0);
  valid = valid && command.trailing_bp < 10'000 && command.trigger_price.value() >= 0;
  valid = valid && (command.trigger_price.value() != 0 || command.trailing_bp != 0);
  valid = valid && (command.trigger == Trigger::stop || command.trigger == Trigger::take_profit);
  if (!valid) return reject(Rejection::invalid_order);
  if (market.settings.state != instruments::MarketState::trading) return reject(Rejection::market_closed);
  Conditional order;
  order.as_sent = command;
  if (!limit) order.as_sent.price = {};
  if (command.trailing_bp == 0 && market.reference && has_reached(order, *market.reference)) {
    return reject(Rejection::would_trigger_immediately);
  }
  order.handle = slots_.take();
  market.waiting.push_back(order);
  Report report = about(ReportKind::accepted, command, order.handle);
  report.price = order.as_sent.price;
  report.remaining = command.quantity;
  out.reports.push_back(report);
}

unsigned Reference::begin(core::MarketId market, Output out) {
  const auto found = markets_.find(market.value());
  return found == markets_.end() ? 0 : let_go_on(found->second, kTriggersPerCommand, out);
}

unsigned Reference::let_go_on(Market& market, unsigned allowance, Output out) {
  while (allowance > 0 && !market.fired.empty() && market.settings.state == instruments::MarketState::trading) {
    --allowance;
    const std::size_t before = market.fired.size();
    let_go(market, out);
    cascaded_ += market.fired.size() + 1 - before;
  }
  tell_interruption(market, out);
  return allowance;
}

void Reference::let_go(Market& market, Output out) {
  const Conditional fired = market.fired.front();
  market.fired.erase(market.fired.begin());
  const NewOrder& order = fired.as_sent;
  const std::int64_t whole = order.quantity.value();
  Report report = about(ReportKind::triggered, order, fired.handle);
  report.price = order.price;
  report.remaining = order.quantity;
  out.reports.push_back(report);

  Run taking{.taker = order, .worst_price = worst_price(market, order)};
  taking.left = whole;
  fix_ranges(market, taking);
  const Run dry = dry_run(market, taking);
  const auto end = [&](EndReason reason, std::int64_t open, Rejection rejection) {
    out.reports.push_back(over(order, reason, open, rejection));
    slots_.give_back(fired.handle);
  };
  if (order.type == OrderType::limit) {
    if (!in_band(market, order.side, order.price.value())) {
      return end(EndReason::not_admitted, whole, Rejection::price_outside_band);
    }
    if (order.time_in_force == TimeInForce::fok && dry.lots != whole) {
      return end(EndReason::expired, whole, Rejection::none);
    }
  } else {
    const int128 needed = order.side == Side::buy ? dry.quote_units : dry.lots * market.settings.lot_units.value();
    if (needed > order.budget.value()) return end(EndReason::not_admitted, whole, Rejection::budget_exceeded);
  }
  run(market, slots_, taking, out);
  const auto left = static_cast<std::int64_t>(taking.left);
  const bool stays = order.type == OrderType::limit && order.time_in_force == TimeInForce::gtc;
  const bool called = taking.stopped && interrupt(market, out);
  if (taking.ended || left == 0) {
    slots_.give_back(fired.handle);
  } else if (taking.stopped && !(stays && called)) {
    end(EndReason::price_range, left, Rejection::none);
  } else if (stays && insert(market, {order, left, fired.handle})) {
    Report rested = about(ReportKind::rested, order, fired.handle);
    rested.price = order.price;
    if ((order.special & kPeak) != 0) market.see(Seen::peak_triggered);
    rested.remaining = core::Quantity{left};
    out.reports.push_back(rested);
    emit_level(market, order.side, order.price.value(), out);
  } else {
    end(EndReason::expired, left, Rejection::none);
  }
  if (!taking.traded) return;
  Report price;
  price.kind = ReportKind::reference_price;
  price.market = order.market;
  price.price = core::Price{*market.reference};
  out.reports.push_back(price);
}

bool Reference::waits(const Market& market, core::OrderId order, Handle handle) {
  const auto is_it = [&](const Conditional& it) {
    return it.handle == handle && it.as_sent.order == order && !order.is_none();
  };
  return std::any_of(market.waiting.begin(), market.waiting.end(), is_it) ||
         std::any_of(market.fired.begin(), market.fired.end(), is_it);
}

void Reference::cancel_waiting(Market& market, Handle handle, Output out) {
  for (auto* orders : {&market.waiting, &market.fired}) {
    for (std::size_t i = 0; i < orders->size(); ++i) {
      const Conditional it = (*orders)[i];
      if (it.handle != handle) continue;
      out.reports.push_back(over(it.as_sent, EndReason::cancelled, it.as_sent.quantity.value(), Rejection::none));
      orders->erase(orders->begin() + static_cast<std::ptrdiff_t>(i));
      slots_.give_back(handle);
      return;
    }
  }
}

std::vector<RestingOrder> Reference::resting() const {
  std::vector<RestingOrder> orders;
  for (const auto& [id, market] : markets_) {
    for (const auto* side : {&market.bids, &market.asks}) {
      for (const Entry& entry : *side) {
        const NewOrder& order = entry.as_sent;
        orders.push_back({order.market, order.side, order.price, core::Quantity{entry.open}, order.order, order.account,
                          order.account_slot, entry.handle, core::Quantity{entry.hidden}});
      }
    }
  }
  return orders;
}

std::vector<WaitingOrder> Reference::waiting() const {
  std::vector<WaitingOrder> all;
  for (const auto& [id, market] : markets_) {
    const auto show = [&](const Conditional& it, bool fired) {
      const NewOrder& order = it.as_sent;
      Phase phase = Phase::price;
      if (order.trigger_price.is_zero()) phase = Phase::trade;
      if (it.extreme) phase = Phase::tracking;
      if (fired) phase = Phase::fired;
      all.push_back({order.market, order.side, order.type, order.trigger, phase, order.trailing_bp, order.price,
                     order.trigger_price, core::Price{it.extreme && !fired ? *it.extreme : 0}, order.quantity,
                     order.budget, order.order, order.account, order.account_slot, it.handle,
                     (order.special & kPeak) != 0 ? order.peak : Peak{}});
    };
    for (const Conditional& it : market.waiting) show(it, false);
    for (const Conditional& it : market.fired) show(it, true);
  }
  return all;
}

}  // namespace matching
