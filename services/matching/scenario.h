// Worked examples as short texts: what the tests of single rules are written in.
//
//   Scenario market;
//   market.send({.order = 1, .side = Side::sell, .price = 100, .quantity = 5})  // "accepted 1, resting | ask 100: 5"
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/core/rejection.h"
#include "services/matching/matching.h"

namespace matching {

namespace told {

template <class T>
std::string text(T count) {
  return std::to_string(static_cast<std::int64_t>(count.value()));
}

inline std::string text(EndReason reason) {
  switch (reason) {
    case EndReason::cancelled:
      return "cancelled";
    case EndReason::expired:
      return "expired";
    case EndReason::self_trade:
      return "self-trade";
    case EndReason::completed:
      return "completed";
    case EndReason::not_admitted:
      return "not admitted";
    case EndReason::price_range:
      return "outside the ranges";
  }
  return "?";
}

inline std::string tell_report(const Report& report) {
  const std::string order = text(report.order);
  const std::string left = ", " + text(report.remaining) + " left";
  switch (report.kind) {
    case ReportKind::accepted:
      return "accepted " + order + (report.handle != kNoHandle ? ", resting" : "");
    case ReportKind::triggered:
      return order + " triggered";
    case ReportKind::rejected:
      return "rejected " + order + ": " + std::string(core::name(report.rejection));
    case ReportKind::filled:
      return order + (report.is_maker ? " gives " : " takes ") + text(report.quantity) + " at " + text(report.price) +
             left;
    case ReportKind::rested:
      return order + " rests at " + text(report.price) + left;
    case ReportKind::ended:
      return order + " " + text(report.end_reason) +
             (report.rejection != core::Rejection::none ? " (" + std::string(core::name(report.rejection)) + ")" : "") +
             left;
    case ReportKind::prevented:
      return order + " prevented " + text(report.quantity) + left;
    case ReportKind::moved:
      return order + " moved to " + text(report.price);
    case ReportKind::reduced:
      return order + " reduced by " + text(report.quantity) + left;
    case ReportKind::refused:
      return "refused " + order + ": " + std::string(core::name(report.rejection));
    case ReportKind::reference_price:
      return "reference " + text(report.price);
    case ReportKind::market_state:
      return "to " + std::string(instruments::rules_of(report.state).name);
  }
  return "?";
}

inline std::string tell_event(const MarketEvent& event) {
  switch (event.kind) {
    case MarketEventKind::level_changed:
      return (event.side == Side::buy ? "bid " : "ask ") + text(event.price) + ": " + text(event.quantity);
    case MarketEventKind::traded:
      return {};  // told by the reports
    case MarketEventKind::state_changed:
      return std::string(instruments::rules_of(event.state).name);
    case MarketEventKind::listed:
      return "listed";
    case MarketEventKind::auction_price:
      return "auction " + text(event.quantity) + " at " + text(event.price);
    case MarketEventKind::auction_surplus:
      return (event.side == Side::buy ? "buyers left " : "sellers left ") + text(event.quantity);
  }
  return "?";
}

inline void append(std::string& out, const std::string& item, const char* separator) {
  if (item.empty()) return;
  if (!out.empty()) out += separator;
  out += item;
}

}  // namespace told

// A new order with the defaults most examples want.
struct Example {
  std::uint64_t order = 0;
  std::uint32_t account = 0;  // 0: one of its own
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  TimeInForce time_in_force = TimeInForce::gtc;
  SelfTrade self_trade = SelfTrade::none;
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  std::int64_t quote = 0;
  core::int128 budget = core::kAmountMax.value();
  Trigger trigger = Trigger::none;
  std::int64_t at = 0;  // trigger price
  std::uint16_t trailing_bp = 0;
  std::int64_t peak = 0, spread = 0;
  std::uint64_t seed = 0;
  std::int64_t minimum = 0, slide_bound = 0;
};

// One market, id 1: a lot is one base unit, a tick times a lot one quote unit.
class Scenario {
 public:
  Scenario() { configure(); }

  // Sends and tells: reports, then " | ", then changed levels; separated by "; ".
  std::string send(const Example& example);
  std::string cancel(std::uint64_t order) {
    return tell(CancelOrder{.order = core::OrderId{order}, .market = settings.id, .handle = handles_[order]});
  }
  std::string move(std::uint64_t order, std::int64_t price) {
    return tell(MoveOrder{
        .order = core::OrderId{order}, .market = settings.id, .handle = handles_[order], .price = core::Price{price}});
  }
  std::string reduce(std::uint64_t order, std::int64_t by) {
    return tell(ReduceOrder{
        .order = core::OrderId{order}, .market = settings.id, .handle = handles_[order], .by = core::Quantity{by}});
  }
  std::string configure() { return tell(ConfigureMarket{settings}); }
  std::string change(instruments::MarketState state) {
    settings.state = state;
    return configure();
  }

  // Several resting limit orders, of which nothing is told.
  void rest(const std::vector<Example>& examples) {
    for (const Example& example : examples) send(example);
  }
  // A trade of one lot at that price between two accounts that do nothing else. Tells what it made go on, if anything.
  std::string trade(std::int64_t price);
  // The conditional orders by entry: "1 2 | fired 3".
  [[nodiscard]] std::string waiting() const;
  // The whole book: "bids 99: 1x5 2x3; 98: ... | asks ...", each order as id x open lots, in priority; an iceberg order
  // as 1x2+8, shown and hidden.
  [[nodiscard]] std::string book() const;

  instruments::Market settings = [] {
    instruments::Market market;
    market.id = core::MarketId{1};
    market.lot_units = market.tick_lot_units = core::Amount{1};
    return market;
  }();
  Matching matching;
  std::vector<Report> reports;  // of the last command
  std::vector<MarketEvent> events;

 private:
  template <class Command>
  std::string tell(const Command& command);
  std::map<std::uint64_t, Handle> handles_;
  std::uint64_t helpers_ = 900'000;  // order ids of trade()
};

template <class Command>
std::string Scenario::tell(const Command& command) {
  reports.clear();
  events.clear();
  matching.apply(command, {reports, events});
  std::string happened, changes;
  for (const Report& report : reports) {
    told::append(happened, told::tell_report(report), "; ");
    if (report.handle != kNoHandle) handles_[report.order.value()] = report.handle;
  }
  for (const MarketEvent& event : events) told::append(changes, told::tell_event(event), "; ");
  told::append(happened, changes, " | ");
  return happened;
}

inline std::string Scenario::send(const Example& example) {
  NewOrder order;
  order.order = core::OrderId{example.order};
  order.account =
      core::AccountId{example.account != 0 ? example.account : 1'000'000 + static_cast<std::uint32_t>(example.order)};
  order.market = settings.id;
  order.account_slot = static_cast<std::uint32_t>(example.order);
  order.side = example.side;
  order.type = example.type;
  order.time_in_force = example.time_in_force;
  order.self_trade = example.self_trade;
  order.price = core::Price{example.price};
  order.quantity = core::Quantity{example.quantity};
  order.quote_quantity = core::Amount{example.quote};
  order.budget = core::Amount{example.budget};
  order.trigger = example.trigger;
  order.trigger_price = core::Price{example.at};
  order.trailing_bp = example.trailing_bp;
  order.peak = {core::Quantity{example.peak}, core::Quantity{example.spread}, example.seed};
  order.minimum = core::Quantity{example.minimum};
  order.slide_bound = core::Price{example.slide_bound};
  order.special = static_cast<std::uint8_t>((example.peak != 0 ? kPeak : 0) | (example.minimum != 0 ? kMinimum : 0) |
                                            (example.slide_bound != 0 ? kSlides : 0));
  return tell(order);
}

// REQUIRES that no better order rests than at that price.
inline std::string Scenario::trade(std::int64_t price) {
  send({.order = ++helpers_, .side = Side::sell, .price = price, .quantity = 1});
  const std::string told =
      send({.order = ++helpers_, .side = Side::buy, .time_in_force = TimeInForce::ioc, .price = price, .quantity = 1});
  const std::string reference = "reference " + std::to_string(price);
  const std::string after = told.substr(told.find(reference) + reference.size());
  return after.starts_with("; ") ? after.substr(2, after.find(" | ") - 2) : "";
}

inline std::string Scenario::waiting() const {
  std::string out, fired;
  matching.for_each_waiting([&](const WaitingOrder& order) {
    told::append(order.phase == Phase::fired ? fired : out, told::text(order.order), " ");
  });
  return fired.empty() ? out : out + " | fired " + fired;
}

inline std::string Scenario::book() const {
  std::string out[2];
  core::Price last[2];
  matching.for_each_order([&](const RestingOrder& order) {
    const auto side = static_cast<std::size_t>(order.side);
    if (order.price != last[side]) told::append(out[side], told::text(order.price) + ":", "; ");
    last[side] = order.price;
    out[side] += " " + told::text(order.order) + "x" + told::text(order.open - order.hidden);
    if (!order.hidden.is_zero()) out[side] += "+" + told::text(order.hidden);
  });
  return "bids " + out[0] + " | asks " + out[1];
}

}  // namespace matching
