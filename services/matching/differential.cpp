#include "services/matching/differential.h"

#include <array>
#include <string_view>

namespace matching {
namespace {

template <class T>
std::string number(T count) {
  return std::to_string(static_cast<long long>(count.value()));
}

std::string_view side_name(Side side) { return side == Side::buy ? "buy" : "sell"; }

template <class Enum, std::size_t N>
std::string name_in(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? std::string(names[index]) : std::to_string(index);
}

template <class T>
std::string list(const std::vector<T>& items) {
  std::string text;
  for (const T& item : items) text += "    " + describe(item) + "\n";
  return text;
}

template <class T>
std::string difference(const char* what, const std::vector<T>& fast, const std::vector<T>& naive) {
  if (fast == naive) return {};
  return std::string(what) + " differ\n  fast:\n" + list(fast) + "  naive:\n" + list(naive);
}

std::string describe_one(const ConfigureMarket& command) {
  const instruments::Market& market = command.market;
  std::string text =
      "configure market " + number(market.id) + " state " + std::to_string(static_cast<int>(market.state)) + " band";
  for (const std::uint32_t bp :
       {market.band.bid_up_bp, market.band.bid_down_bp, market.band.ask_up_bp, market.band.ask_down_bp}) {
    text += " " + std::to_string(bp);
  }
  const instruments::Allocation& allocation = market.allocation;
  if (allocation.kind == instruments::AllocationKind::pro_rata)
    text += " pro rata" + std::string(allocation.top_first ? " top first" : "") + " at least " +
            number(allocation.share_min);
  text += " ranges " + std::to_string(market.ranges.static_bp) + " " + std::to_string(market.ranges.dynamic_bp) +
          (market.ranges.outcome == instruments::RangeOutcome::auction ? " auction" : " expire") + " around " +
          number(command.range_reference) + (command.keeps_state ? " keeps state" : "");
  return text + " notional " + number(market.notional_min) + " to " + number(market.notional_max);
}

std::string describe_one(const NewOrder& order) {
  std::string text =
      "new market " + number(order.market) + " order " + number(order.order) + " account " + number(order.account);
  text += " " + std::string(side_name(order.side)) + " " + name(order.type);
  text += " " + name(order.time_in_force);
  text += " self-trade " + name(order.self_trade);
  text += " " + number(order.quantity) + " at " + number(order.price);
  if (order.trigger != Trigger::none) {
    text += std::string(order.trigger == Trigger::stop ? " stop" : " take-profit") + " at " +
            number(order.trigger_price) + " trailing " + std::to_string(order.trailing_bp);
  }
  if (order.special != 0) {
    text += " special " + std::to_string(order.special) + " peak " + number(order.peak.size) + " +- " +
            number(order.peak.spread) + " seed " + std::to_string(order.peak.seed) + " minimum " +
            number(order.minimum) + " slides to " + number(order.slide_bound);
  }
  return text + " quote " + number(order.quote_quantity) + " budget " + number(order.budget);
}

template <class Command>
std::string target(const char* what, const Command& command) {
  return std::string(what) + " market " + number(command.market) + " order " + number(command.order) + " handle " +
         std::to_string(command.handle);
}

std::string describe_one(const CancelOrder& command) { return target("cancel", command); }
std::string describe_one(const MoveOrder& command) { return target("move", command) + " to " + number(command.price); }
std::string describe_one(const ReduceOrder& command) { return target("reduce", command) + " by " + number(command.by); }

}  // namespace

std::string name(ReportKind kind) {
  static constexpr std::array<std::string_view, 12> kNames = {"?",       "accepted", "rejected",  "filled",
                                                              "rested",  "ended",    "prevented", "moved",
                                                              "reduced", "refused",  "reference", "triggered"};
  if (kind == ReportKind::market_state) return "market_state";
  return name_in(kNames, kind);
}
std::string name(EndReason reason) {
  static constexpr std::array<std::string_view, 6> kNames = {"?",          "cancelled", "expired",
                                                             "self_trade", "completed", "not_admitted"};
  if (reason == EndReason::price_range) return "price_range";
  return name_in(kNames, reason);
}
std::string name(MarketEventKind kind) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "?", "level_changed", "traded", "state_changed", "listed", "auction_price", "auction_surplus"};
  return name_in(kNames, kind);
}
std::string name(OrderType type) {
  static constexpr std::array<std::string_view, 5> kNames = {"?", "limit", "market", "market_by_quote", "limit_maker"};
  return name_in(kNames, type);
}
std::string name(TimeInForce time) {
  static constexpr std::array<std::string_view, 4> kNames = {"?", "gtc", "ioc", "fok"};
  return name_in(kNames, time);
}
std::string name(SelfTrade mode) {
  static constexpr std::array<std::string_view, 5> kNames = {"none", "taker", "maker", "both", "decrement"};
  return name_in(kNames, mode);
}

std::string describe(const Report& report) {
  std::string text = name(report.kind);
  text +=
      " market " + number(report.market) + " order " + number(report.order) + " " + std::string(side_name(report.side));
  if (report.kind == ReportKind::ended) text += " " + name(report.end_reason);
  if (report.rejection != core::Rejection::none)
    text += " rejection " + std::to_string(static_cast<int>(report.rejection));
  if (report.is_maker) text += " maker";
  text += " price " + number(report.price) + " quantity " + number(report.quantity) + " remaining " +
          number(report.remaining);
  text += " handle " + std::to_string(report.handle) + " id " + number(report.trade) + " counter " +
          number(report.counter_order);
  if (report.kind == ReportKind::market_state)
    text += " state " + std::to_string(static_cast<int>(report.state)) + "/" + std::to_string(report.state_changes);
  return text + " account " + number(report.account) + "/" + std::to_string(report.account_slot);
}

std::string describe(const MarketEvent& event) {
  std::string text = name(event.kind);
  text += " market " + number(event.market) + " #" + std::to_string(event.sequence) + " " +
          std::string(side_name(event.side));
  text += " price " + number(event.price) + " quantity " + number(event.quantity) + " trade " + number(event.trade);
  text += " maker " + number(event.maker_order) + " taker " + number(event.taker_order);
  return text + " state " + std::to_string(static_cast<int>(event.state));
}

std::string describe(const RestingOrder& order) {
  return "market " + number(order.market) + " " + std::string(side_name(order.side)) + " " + number(order.open) + " (" +
         number(order.hidden) + " hidden) at " + number(order.price) + " order " + number(order.order) + " handle " +
         std::to_string(order.handle);
}

std::string describe(const WaitingOrder& order) {
  std::string text = "market " + number(order.market) + " " + std::string(side_name(order.side)) + " order " +
                     number(order.order) + " handle " + std::to_string(order.handle);
  text += std::string(order.trigger == Trigger::stop ? " stop" : " take-profit") + " at " +
          number(order.trigger_price) + " trailing " + std::to_string(order.trailing_bp);
  text += " phase " + std::to_string(static_cast<int>(order.phase)) + " extreme " + number(order.extreme);
  return text + " " + number(order.open) + " at " + number(order.price) + " type " +
         std::to_string(static_cast<int>(order.type)) + " peak " + number(order.peak.size) + " account " +
         number(order.account) + "/" + std::to_string(order.account_slot);
}

std::string describe(const AnyCommand& command) {
  return std::visit([](const auto& it) { return describe_one(it); }, command);
}

std::string Differential::apply(const AnyCommand& command) {
  fast_reports_.clear();
  fast_events_.clear();
  naive_reports_.clear();
  naive_events_.clear();
  std::visit(
      [&](const auto& it) {
        fast_.apply(it, {fast_reports_, fast_events_});
        naive_.apply(it, {naive_reports_, naive_events_});
      },
      command);
  std::string problem =
      difference("reports", fast_reports_, naive_reports_) + difference("events", fast_events_, naive_events_);
  for (const MarketEvent& event : fast_events_) {
    if (event.sequence != ++sequences_[event.market.value()]) problem += "a gap in the market's event sequence\n";
  }
  return problem.empty() ? problem : "after: " + describe(command) + "\n" + problem;
}

std::string Differential::compare_state() const {
  std::vector<RestingOrder> fast;
  fast_.for_each_order([&](const RestingOrder& order) { fast.push_back(order); });
  std::string problem = difference("resting orders", fast, naive_.resting());
  if (fast.size() != fast_.resting_orders()) problem += "the count of resting orders is wrong\n";
  std::vector<WaitingOrder> waiting;
  fast_.for_each_waiting([&](const WaitingOrder& order) { waiting.push_back(order); });
  problem += difference("waiting orders", waiting, naive_.waiting());
  if (waiting.size() != fast_.waiting_orders()) problem += "the count of waiting orders is wrong\n";
  if (const auto audit = fast_.audit(); !audit) problem += audit.error().text() + "\n";
  return problem;
}

std::string Differential::save_and_load() {
  core::Bytes bytes, again;
  core::ByteWriter writer(bytes), second(again);
  fast_.save(writer);
  core::ByteReader reader(bytes);
  Matching loaded;
  if (const auto result = loaded.load(reader); !result) return result.error().text();
  loaded.save(second);
  if (!reader.complete() || again != bytes) return "loading and saving again gives other bytes";
  if (loaded.state_hash() != fast_.state_hash()) return "loading changes the state's hash";
  fast_ = std::move(loaded);
  return {};
}

std::string Differential::hash_blind_spot() const {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  fast_.save(writer);
  const std::uint64_t hash = fast_.state_hash();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const std::byte flip : {std::byte{1}, std::byte{2}, std::byte{0x80}}) {
      bytes[i] ^= flip;
      Matching loaded;
      core::ByteReader reader(bytes);
      const bool loads = loaded.load(reader).has_value() && reader.complete();
      bytes[i] ^= flip;
      if (loads && loaded.state_hash() == hash) {
        return "the hash does not see byte " + std::to_string(i) + " of " + std::to_string(bytes.size());
      }
    }
  }
  return {};
}

}  // namespace matching
