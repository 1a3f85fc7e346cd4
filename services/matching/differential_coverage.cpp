#include "services/matching/differential_coverage.h"

#include <array>
#include <string_view>

namespace matching {
namespace {

using core::Rejection;
using instruments::MarketState;
using Thing = Coverage::Thing;

enum class Group : std::uint8_t { command, event, state, report, ended, rejection, order, prevention, resting, rule };

// Situations that are named by a rule rather than by a kind.
enum class Rule : std::uint8_t { move_that_matched, fill_or_kill_past_own_orders, full_level };

constexpr std::array<std::string_view, 5> kCommands = {"configure", "new", "cancel", "move", "reduce"};
constexpr std::array<std::string_view, 3> kRules = {"a move that matched", "a fill or kill past own orders",
                                                    "an order whose level was full"};
constexpr std::array<unsigned, 3> kResting = {10, 50, 300};

template <class A, class B = int, class C = int>
constexpr Thing thing(Group group, A a, B b = 0, C c = 0) {
  return static_cast<Thing>(group) << 28 | static_cast<Thing>(a) << 12 | static_cast<Thing>(b) << 6 |
         static_cast<Thing>(c);
}

std::string name_of_state(MarketState state) { return state == MarketState::trading ? "trading" : "halted"; }

}  // namespace

std::vector<Thing> Coverage::must_happen() {
  std::vector<Thing> all;
  all.reserve(128);
  for (unsigned command = 0; command < kCommands.size(); ++command) all.push_back(thing(Group::command, command));
  for (int kind = 1; kind <= 4; ++kind) all.push_back(thing(Group::event, kind));
  for (const MarketState state : {MarketState::trading, MarketState::halted}) all.push_back(thing(Group::state, state));
  for (int kind = 1; kind <= 10; ++kind) all.push_back(thing(Group::report, kind));
  for (int reason = 1; reason <= 4; ++reason) all.push_back(thing(Group::ended, reason));
  for (const Rejection rejection : {Rejection::unknown_market, Rejection::market_closed, Rejection::invalid_order,
                                    Rejection::would_match_immediately, Rejection::price_outside_band,
                                    Rejection::book_notional_out_of_range, Rejection::budget_exceeded}) {
    all.push_back(thing(Group::rejection, rejection, ReportKind::rejected));
  }
  for (const Rejection rejection :
       {Rejection::market_closed, Rejection::invalid_order, Rejection::would_match_immediately,
        Rejection::price_outside_band, Rejection::stale_handle}) {
    all.push_back(thing(Group::rejection, rejection, ReportKind::refused));
  }
  for (const TimeInForce time : {TimeInForce::gtc, TimeInForce::ioc, TimeInForce::fok}) {
    for (const OrderType type : {OrderType::limit, OrderType::market, OrderType::market_by_quote}) {
      for (const bool filled : {false, true}) all.push_back(thing(Group::order, type, time, filled));
    }
    all.push_back(thing(Group::order, OrderType::limit_maker, time, false));
  }
  for (const SelfTrade mode :
       {SelfTrade::expire_taker, SelfTrade::expire_maker, SelfTrade::expire_both, SelfTrade::decrement}) {
    for (const OrderType type : {OrderType::limit, OrderType::market, OrderType::market_by_quote})
      all.push_back(thing(Group::prevention, mode, type));
  }
  for (const unsigned resting : kResting) all.push_back(thing(Group::resting, resting));
  for (unsigned rule = 0; rule < kRules.size(); ++rule) all.push_back(thing(Group::rule, rule));
  return all;
}

std::string Coverage::name_of(Thing thing) {
  const unsigned a = thing >> 12 & 0xFFFF, b = thing >> 6 & 0x3F, c = thing & 0x3F;
  switch (static_cast<Group>(thing >> 28)) {
    case Group::command:
      return "command " + std::string(kCommands[a]);
    case Group::event:
      return "event " + name(static_cast<MarketEventKind>(a));
    case Group::state:
      return "state changed to " + name_of_state(static_cast<MarketState>(a));
    case Group::report:
      return "report " + name(static_cast<ReportKind>(a));
    case Group::ended:
      return "ended " + name(static_cast<EndReason>(a));
    case Group::rejection:
      return name(static_cast<ReportKind>(b)) + " " + std::string(core::name(static_cast<Rejection>(a)));
    case Group::order:
      return "order " + name(static_cast<OrderType>(a)) + " " + name(static_cast<TimeInForce>(b)) +
             (c != 0 ? ", filled" : ", not filled");
    case Group::prevention:
      return "self-trade " + name(static_cast<SelfTrade>(a)) + ", taker " + name(static_cast<OrderType>(b));
    case Group::resting:
      return std::to_string(a) + " orders or more";
    case Group::rule:
      return std::string(kRules[a]);
  }
  return "?";
}

void Coverage::see(const AnyCommand& command, const Differential& both) {
  ++counts_[thing(Group::command, command.index())];
  for (const Report& report : both.reports()) see_report(report);
  for (const MarketEvent& event : both.events()) {
    ++counts_[thing(Group::event, event.kind)];
    if (event.kind == MarketEventKind::state_changed) ++counts_[thing(Group::state, event.state)];
  }
  if (const auto* order = std::get_if<NewOrder>(&command)) see_order(*order, both.reports());
  if (std::holds_alternative<MoveOrder>(command) && both.reports().size() > 1)
    ++counts_[thing(Group::rule, Rule::move_that_matched)];
  for (const unsigned resting : kResting) {
    if (both.resting() >= resting) ++counts_[thing(Group::resting, resting)];
  }
}

void Coverage::see_report(const Report& report) {
  ++counts_[thing(Group::report, report.kind)];
  if (report.kind == ReportKind::ended) ++counts_[thing(Group::ended, report.end_reason)];
  if (report.rejection != Rejection::none) ++counts_[thing(Group::rejection, report.rejection, report.kind)];
}

void Coverage::see_order(const NewOrder& order, const std::vector<Report>& reports) {
  if (reports.front().kind != ReportKind::accepted) return;
  bool filled = false, prevented = false, expired = false;
  for (const Report& report : reports) {
    filled |= report.kind == ReportKind::filled;
    prevented |= report.kind == ReportKind::prevented ||
                 (report.kind == ReportKind::ended && report.end_reason == EndReason::self_trade);
    expired |= report.kind == ReportKind::ended && report.end_reason == EndReason::expired;
  }
  ++counts_[thing(Group::order, order.type, order.time_in_force, filled)];
  if (prevented) ++counts_[thing(Group::prevention, order.self_trade, order.type)];
  if (order.type != OrderType::limit) return;
  if (order.time_in_force == TimeInForce::fok && filled && prevented)
    ++counts_[thing(Group::rule, Rule::fill_or_kill_past_own_orders)];
  // Nothing else makes an order that may rest expire.
  if (order.time_in_force == TimeInForce::gtc && expired) ++counts_[thing(Group::rule, Rule::full_level)];
}

std::uint64_t Coverage::of(Thing thing) const {
  const auto found = counts_.find(thing);
  return found == counts_.end() ? 0 : found->second;
}

std::string Coverage::table() const {
  std::string text;
  for (const auto& [thing, count] : counts_) {
    const std::string number = std::to_string(count);
    text += std::string(number.size() < 12 ? 12 - number.size() : 0, ' ') + number + "  " + name_of(thing) + "\n";
  }
  return text;
}

}  // namespace matching
