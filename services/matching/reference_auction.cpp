// The naive fold's auction: every candidate price is tried against every order.
#include <algorithm>
#include <set>

#include "services/matching/reference.h"

namespace matching {

using core::int128;
using instruments::MarketState;

namespace {

Report filled(const NewOrder& order, const NewOrder& counter, std::int64_t price, std::int64_t lots, std::int64_t left,
              std::uint64_t trade) {
  Report report;
  report.kind = ReportKind::filled;
  report.side = order.side;
  report.is_maker = order.order < counter.order;
  report.market = order.market;
  report.order = order.order;
  report.account = order.account;
  report.account_slot = order.account_slot;
  report.price = core::Price{price};
  report.quantity = core::Quantity{lots};
  report.remaining = core::Quantity{left};
  report.trade = core::TradeId{trade};
  report.counter_order = counter.order;
  return report;
}

int128 distance(int128 a, int128 b) { return a < b ? b - a : a - b; }

}  // namespace

bool Reference::lets_in(MarketState state, const NewOrder& order) {
  const bool may_rest = order.time_in_force == TimeInForce::gtc;
  switch (state) {
    case MarketState::trading:
      return true;
    case MarketState::pre_open:
    case MarketState::auction:
    case MarketState::auction_frozen:
      return order.type == OrderType::limit && may_rest;
    case MarketState::post_only:
      return order.type == OrderType::limit_maker;
    case MarketState::limit_only:
      return order.type == OrderType::limit || order.type == OrderType::limit_maker;
    case MarketState::halted:
    case MarketState::cancel_only:
    case MarketState::closed:
      return false;
  }
  return false;
}

bool Reference::lets_change(MarketState state) {
  return state != MarketState::halted && state != MarketState::closed && state != MarketState::auction_frozen;
}

bool Reference::matches(MarketState state) {
  return state == MarketState::trading || state == MarketState::post_only || state == MarketState::limit_only;
}

bool Reference::calls(MarketState state) {
  return state == MarketState::auction || state == MarketState::auction_frozen;
}

// One rule after the other, each leaving those candidates that do best by it.
Reference::Figures Reference::auction(const Market& market) const {
  std::set<std::int64_t> prices;
  for (const auto* side : {&market.bids, &market.asks}) {
    for (const Entry& entry : *side) prices.insert(entry.as_sent.price.value());
  }
  if (market.reference) prices.insert(*market.reference);
  std::vector<Figures> left;
  for (const std::int64_t price : prices) {
    int128 demand = 0, supply = 0;
    for (const Entry& bid : market.bids) demand += bid.as_sent.price.value() >= price ? bid.open : 0;
    for (const Entry& ask : market.asks) supply += ask.as_sent.price.value() <= price ? ask.open : 0;
    left.push_back({price, std::min(demand, supply), demand - supply});
  }
  const auto keep_least = [&left](auto penalty) {
    if (left.empty()) return;
    int128 least = penalty(left.front());
    for (const Figures& one : left) least = std::min<int128>(least, penalty(one));
    std::erase_if(left, [&](const Figures& one) { return penalty(one) != least; });
  };
  keep_least([](const Figures& one) { return -one.lots; });
  if (left.empty() || left.front().lots == 0) return {};
  keep_least([](const Figures& one) { return distance(one.surplus, 0); });
  const bool all_buy = std::ranges::all_of(left, [](const Figures& one) { return one.surplus > 0; });
  const bool all_sell = std::ranges::all_of(left, [](const Figures& one) { return one.surplus < 0; });
  if (all_buy) return left.back();
  if (all_sell) return left.front();
  if (market.reference) keep_least([&](const Figures& one) { return distance(one.price, *market.reference); });
  return left.back();
}

void Reference::uncross(Market& market, Output out) {
  const Figures found = auction(market);
  if (found.lots == 0) return;
  int128 to_trade = found.lots;
  bool bid_touched = false, ask_touched = false;
  std::int64_t bid_price = 0, ask_price = 0;
  market.reference = market.center = found.price;
  observe(market, found.price);
  while (to_trade > 0) {
    Entry &bid = market.bids.front(), &ask = market.asks.front();
    const std::int64_t lots = std::min(bid.open, ask.open);
    to_trade -= lots;
    bid.open -= lots;
    ask.open -= lots;
    bid_price = bid.as_sent.price.value();
    ask_price = ask.as_sent.price.value();
    const NewOrder buyer = bid.as_sent, seller = ask.as_sent;
    ++market.trades;
    const bool buyer_is_later = buyer.order > seller.order;
    out.reports.push_back(filled(buyer, seller, found.price, lots, bid.open, market.trades));
    out.reports.push_back(filled(seller, buyer, found.price, lots, ask.open, market.trades));
    if (!buyer_is_later) std::swap(out.reports.back(), *(out.reports.end() - 2));  // the taker's first
    MarketEvent event;
    event.kind = MarketEventKind::traded;
    event.side = buyer_is_later ? Side::buy : Side::sell;
    event.state = market.settings.state;
    event.market = market.settings.id;
    event.sequence = ++market.sequence;
    event.price = core::Price{found.price};
    event.quantity = core::Quantity{lots};
    event.trade = core::TradeId{market.trades};
    event.maker_order = std::min(buyer.order, seller.order);
    event.taker_order = std::max(buyer.order, seller.order);
    out.events.push_back(event);
    // The buyer's slot is free before the seller's.
    for (auto* side : {&market.bids, &market.asks}) {
      if (side->front().open != 0) continue;
      slots_.give_back(side->front().handle);
      side->erase(side->begin());
    }
    bid_touched = market.whole_at(Side::buy, bid_price) != 0;
    ask_touched = market.whole_at(Side::sell, ask_price) != 0;
    if (!bid_touched) emit_level(market, Side::buy, bid_price, out);
    if (!ask_touched) emit_level(market, Side::sell, ask_price, out);
  }
  for (auto* side : {&market.bids, &market.asks}) {
    if (side->empty() || side->front().hidden == 0 || side->front().open > side->front().hidden) continue;
    market.see(Seen::refreshed_by_auction);
    refresh_first(*side);
  }
  if (bid_touched) emit_level(market, Side::buy, bid_price, out);
  if (ask_touched) emit_level(market, Side::sell, ask_price, out);
  Report report;
  report.kind = ReportKind::reference_price;
  report.market = market.settings.id;
  report.price = core::Price{found.price};
  out.reports.push_back(report);
}

void Reference::publish_figures(Market& market, Output out) {
  if (!calls(market.settings.state)) {
    market.published = {};
    return;
  }
  const Figures now = auction(market);
  if (now == market.published) return;
  market.published = now;
  constexpr int128 kMost = (int128{1} << 63) - 1;
  MarketEvent event;
  event.kind = MarketEventKind::auction_price;
  event.state = market.settings.state;
  event.market = market.settings.id;
  event.sequence = ++market.sequence;
  event.price = core::Price{now.price};
  event.quantity = core::Quantity{static_cast<std::int64_t>(std::min(now.lots, kMost))};
  out.events.push_back(event);
  event.kind = MarketEventKind::auction_surplus;
  event.side = now.surplus < 0 ? Side::sell : Side::buy;
  event.sequence = ++market.sequence;
  event.price = {};
  event.quantity = core::Quantity{static_cast<std::int64_t>(std::min(distance(now.surplus, 0), kMost))};
  out.events.push_back(event);
}

}  // namespace matching
