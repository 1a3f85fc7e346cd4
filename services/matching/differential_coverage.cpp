#include "services/matching/differential_coverage.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "pkg/core/check.h"
#include "services/instruments/market_states.h"

namespace matching {
namespace {

using core::Rejection;
using instruments::MarketState;
using Thing = Coverage::Thing;

enum class Group : std::uint8_t {
  command,
  event,
  state,
  taken,
  report,
  ended,
  rejection,
  order,
  waits,
  prevention,
  resting,
  rule,
  special
};

// Situations that are named by a rule rather than by a kind.
enum class Rule : std::uint8_t {
  move_that_matched,
  fill_or_kill_past_own_orders,
  full_level,
  several_triggered,
  triggered_and_filled,
  cascade_cut,
  triggered_later,
  fired_each_other,
  uncrossed,
  uncrossed_several,
  range_stopped_limit,
  range_stopped_at_once,
  range_called_auction,
  range_called_by_move,
  range_called_by_cascade,
  shared_out,
  shared_out_past_own,
};
enum class Trails : std::uint8_t { no, from_a_trade, from_a_price };

constexpr std::array<std::string_view, 5> kCommands = {"configure", "new", "cancel", "move", "reduce"};
constexpr std::array<std::string_view, 17> kRules = {"a move that matched",
                                                     "a fill or kill past own orders",
                                                     "an order whose level was full",
                                                     "several conditional orders triggered",
                                                     "triggered and filled",
                                                     "as many triggered as one command may",
                                                     "triggered by an earlier command",
                                                     "fired by a conditional order's trade",
                                                     "an auction that traded",
                                                     "an auction of three trades or more",
                                                     "a limit order that a price range ended",
                                                     "an order that a price range let nothing trade of",
                                                     "an order that turned a market to an auction",
                                                     "a move that turned a market to an auction",
                                                     "a conditional order that turned a market to an auction",
                                                     "a level shared out among several",
                                                     "a level shared out past own orders"};
constexpr std::array<std::string_view, kSeenCount> kSeen = {"a peak refreshed behind others",
                                                            "a peak refreshed by an auction",
                                                            "a peak refreshed alone at its price",
                                                            "an iceberg order decremented",
                                                            "an iceberg order reduced by what it hides",
                                                            "an iceberg order reduced by what it shows",
                                                            "an iceberg order moved",
                                                            "an iceberg order triggered and rested",
                                                            "a random peak refreshed",
                                                            "a fill or kill that took hidden lots",
                                                            "a limit maker that slid",
                                                            "a limit maker that had nowhere to slide",
                                                            "a minimum that was met",
                                                            "a minimum that was missed"};
constexpr std::array<std::string_view, 3> kTrails = {"", ", trailing", ", trailing from a price"};
constexpr std::array<unsigned, 3> kResting = {10, 50, 300};

template <class A, class B = int, class C = int>
constexpr Thing thing(Group group, A a, B b = 0, C c = 0) {
  return static_cast<Thing>(group) << 28 | static_cast<Thing>(a) << 12 | static_cast<Thing>(b) << 6 |
         static_cast<Thing>(c);
}

std::string name_of_state(MarketState state) { return std::string(instruments::rules_of(state).name); }

// What commands find in a state, in the order of AnyCommand: new orders find either where some kinds are taken.
void expect_answers(MarketState state, std::vector<Thing>& all) {
  using enum instruments::Action;
  std::size_t placing = 0;
  for (const auto action : {limit, immediate, limit_maker, market})
    placing += instruments::accepts(state, action) ? 1 : 0;
  const auto one = [&](int command, bool taken) { all.push_back(thing(Group::taken, state, command, taken)); };
  if (placing > 0) one(1, true);
  if (placing < 4) one(1, false);
  one(2, instruments::accepts(state, cancel));
  one(3, instruments::accepts(state, move));
  one(4, instruments::accepts(state, reduce));
}

}  // namespace

std::vector<Thing> Coverage::must_happen() {
  std::vector<Thing> all;
  all.reserve(128);
  for (unsigned command = 0; command < kCommands.size(); ++command) all.push_back(thing(Group::command, command));
  for (int kind = 1; kind <= 6; ++kind) all.push_back(thing(Group::event, kind));
  for (const instruments::StateRules& rules : instruments::kMarketStates) {
    all.push_back(thing(Group::state, rules.state));
    expect_answers(rules.state, all);
  }
  for (int kind = 1; kind <= 11; ++kind) all.push_back(thing(Group::report, kind));
  for (int reason = 1; reason <= 5; ++reason) all.push_back(thing(Group::ended, reason));
  all.push_back(thing(Group::report, ReportKind::market_state));
  all.push_back(thing(Group::ended, EndReason::price_range));
  for (const Rejection rejection :
       {Rejection::unknown_market, Rejection::market_closed, Rejection::invalid_order,
        Rejection::would_match_immediately, Rejection::price_outside_band, Rejection::book_notional_out_of_range,
        Rejection::budget_exceeded, Rejection::would_trigger_immediately}) {
    all.push_back(thing(Group::rejection, rejection, ReportKind::rejected));
  }
  for (const Rejection rejection :
       {Rejection::market_closed, Rejection::invalid_order, Rejection::would_match_immediately,
        Rejection::price_outside_band, Rejection::stale_handle, Rejection::order_not_working}) {
    all.push_back(thing(Group::rejection, rejection, ReportKind::refused));
  }
  for (const Rejection rejection : {Rejection::price_outside_band, Rejection::budget_exceeded})
    all.push_back(thing(Group::rejection, rejection, ReportKind::ended));
  for (const Trigger trigger : {Trigger::stop, Trigger::take_profit}) {
    for (const OrderType type : {OrderType::limit, OrderType::market}) {
      for (const Side side : {Side::buy, Side::sell}) {
        for (unsigned trails = 0; trails < kTrails.size(); ++trails)
          all.push_back(thing(Group::waits, static_cast<int>(trigger) << 1 | static_cast<int>(side), type, trails));
      }
    }
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
  for (unsigned seen = 0; seen < kSeen.size(); ++seen) all.push_back(thing(Group::special, seen));
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
    case Group::taken:
      return name_of_state(static_cast<MarketState>(a)) + ", " + std::string(kCommands[b]) +
             (c != 0 ? ": taken" : ": refused");
    case Group::report:
      return "report " + name(static_cast<ReportKind>(a));
    case Group::ended:
      return "ended " + name(static_cast<EndReason>(a));
    case Group::rejection:
      return name(static_cast<ReportKind>(b)) + " " + std::string(core::name(static_cast<Rejection>(a)));
    case Group::order:
      return "order " + name(static_cast<OrderType>(a)) + " " + name(static_cast<TimeInForce>(b)) +
             (c != 0 ? ", filled" : ", not filled");
    case Group::waits:
      return "waits " + std::string(a >> 1 == static_cast<unsigned>(Trigger::stop) ? "stop " : "take-profit ") +
             name(static_cast<OrderType>(b)) + ((a & 1) == 0 ? " buy" : " sell") + std::string(kTrails[c]);
    case Group::prevention:
      return "self-trade " + name(static_cast<SelfTrade>(a)) + ", taker " + name(static_cast<OrderType>(b));
    case Group::resting:
      return std::to_string(a) + " orders or more";
    case Group::rule:
      return std::string(kRules[a]);
    case Group::special:
      return std::string(kSeen[a]);
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
  see_triggers(both.reports());
  see_ranges(command, both.reports());
  see_allocation(both.reports());
  see_state(command, both.reports());
  if (both.cascaded() < cascaded_before_) cascaded_before_ = 0;  // another run has begun
  counts_[thing(Group::rule, Rule::fired_each_other)] += both.cascaded() - cascaded_before_;
  cascaded_before_ = both.cascaded();
  see_special(both);
  if (const auto* order = std::get_if<NewOrder>(&command)) see_order(*order, both.reports());
  if (std::holds_alternative<MoveOrder>(command) && both.reports().size() > 1)
    ++counts_[thing(Group::rule, Rule::move_that_matched)];
  for (const unsigned resting : kResting) {
    if (both.resting() >= resting) ++counts_[thing(Group::resting, resting)];
  }
}

void Coverage::see_special(const Differential& both) {
  const auto seen = both.seen();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] < seen_before_[i]) seen_before_[i] = 0;  // another run has begun
    if (seen[i] != seen_before_[i]) counts_[thing(Group::special, i)] += seen[i] - seen_before_[i];
    seen_before_[i] = seen[i];
  }
}

void Coverage::see_report(const Report& report) {
  ++counts_[thing(Group::report, report.kind)];
  if (report.kind == ReportKind::ended) ++counts_[thing(Group::ended, report.end_reason)];
  if (report.rejection != Rejection::none) ++counts_[thing(Group::rejection, report.rejection, report.kind)];
}

void Coverage::see_state(const AnyCommand& command, const std::vector<Report>& reports) {
  if (const auto* configure = std::get_if<ConfigureMarket>(&command)) {
    if (!configure->keeps_state || !states_.contains(configure->market.id))
      states_[configure->market.id] = configure->market.state;
    note_state(reports);
    std::size_t fills = 0;  // of the auction; a cascade comes behind its reference price
    while (fills < reports.size() && reports[fills].kind == ReportKind::filled) ++fills;
    if (fills > 0) ++counts_[thing(Group::rule, Rule::uncrossed)];
    if (fills >= 6) ++counts_[thing(Group::rule, Rule::uncrossed_several)];
    return;
  }
  if (!reports.empty() && reports.front().kind != ReportKind::triggered) {
    const Report& first = reports.front();
    const auto state = states_.find(first.market);
    const bool refused = first.rejection == Rejection::market_closed;
    if (state != states_.end() && (first.rejection == Rejection::none || refused))
      ++counts_[thing(Group::taken, state->second, command.index(), !refused)];
  }
  note_state(reports);
}

// In price-time priority an order leaves at most one behind that it filled partly.
void Coverage::see_allocation(const std::vector<Report>& reports) {
  unsigned partly = 0;
  bool prevented = false;
  core::OrderId last;
  for (const Report& report : reports) {
    if (report.kind == ReportKind::triggered) break;
    prevented |= report.kind == ReportKind::prevented || report.end_reason == EndReason::self_trade;
    if (report.kind != ReportKind::filled || !report.is_maker) continue;
    if (report.counter_order != last) partly = 0;
    last = report.counter_order;
    if (report.remaining.is_zero() || ++partly != 2) continue;
    ++counts_[thing(Group::rule, Rule::shared_out)];
    if (prevented) ++counts_[thing(Group::rule, Rule::shared_out_past_own)];
  }
}

// A state that the book has chosen.
void Coverage::note_state(const std::vector<Report>& reports) {
  for (const Report& report : reports) {
    if (report.kind == ReportKind::market_state) states_[report.market] = report.state;
  }
}

void Coverage::see_triggers(const std::vector<Report>& reports) {
  unsigned triggered = 0;
  bool one_filled = false;
  for (const Report& report : reports) {
    triggered += report.kind == ReportKind::triggered ? 1 : 0;
    one_filled |= triggered > 0 && report.kind == ReportKind::filled;
  }
  if (triggered == 0) return;
  CHECK(triggered <= kTriggersPerCommand);
  if (triggered > 1) ++counts_[thing(Group::rule, Rule::several_triggered)];
  if (one_filled) ++counts_[thing(Group::rule, Rule::triggered_and_filled)];
  if (triggered == kTriggersPerCommand) ++counts_[thing(Group::rule, Rule::cascade_cut)];
  if (reports.front().kind == ReportKind::triggered) ++counts_[thing(Group::rule, Rule::triggered_later)];
}

void Coverage::see_ranges(const AnyCommand& command, const std::vector<Report>& reports) {
  const auto is_triggered = [](const Report& report) { return report.kind == ReportKind::triggered; };
  const auto* const placed = std::get_if<NewOrder>(&command);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Report& report = reports[i];
    if (report.kind == ReportKind::ended && report.end_reason == EndReason::price_range) {
      const bool is_limit = placed != nullptr && placed->order == report.order && placed->type == OrderType::limit;
      if (is_limit) ++counts_[thing(Group::rule, Rule::range_stopped_limit)];
      if (i > 0 && reports[i - 1].kind == ReportKind::accepted)
        ++counts_[thing(Group::rule, Rule::range_stopped_at_once)];
    }
    if (report.kind != ReportKind::market_state) continue;
    const bool by_cascade =
        std::any_of(reports.begin(), reports.begin() + static_cast<std::ptrdiff_t>(i), is_triggered);
    const bool by_move = !by_cascade && std::holds_alternative<MoveOrder>(command);
    ++counts_[thing(Group::rule, by_cascade ? Rule::range_called_by_cascade
                                 : by_move  ? Rule::range_called_by_move
                                            : Rule::range_called_auction)];
  }
}

void Coverage::see_order(const NewOrder& order, const std::vector<Report>& reports) {
  const bool is_accepted = std::ranges::any_of(reports, [&](const Report& report) {
    return report.order == order.order && report.kind == ReportKind::accepted;
  });
  if (!is_accepted) return;
  if (order.trigger != Trigger::none) {
    const Trails trails = order.trailing_bp == 0          ? Trails::no
                          : order.trigger_price.is_zero() ? Trails::from_a_trade
                                                          : Trails::from_a_price;
    ++counts_[thing(Group::waits, static_cast<int>(order.trigger) << 1 | static_cast<int>(order.side), order.type,
                    trails)];
    return;
  }
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
  // Nothing else makes an order that may rest expire, unless it has a minimum.
  if (order.minimum.is_zero() && order.time_in_force == TimeInForce::gtc && expired)
    ++counts_[thing(Group::rule, Rule::full_level)];
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
