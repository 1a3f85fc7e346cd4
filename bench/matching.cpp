#include "bench/matching.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "pkg/core/check.h"
#include "services/matching/huge_array.h"
#include "services/matching/matching.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

// Feeds commands to a matching fold and does with its reports what accounts does.
class Replay {
 public:
  explicit Replay(const TraceHeader& header) {
    while (handles_.capacity() <= header.order_id_max) handles_.grow();
    for (std::uint32_t symbol = 0; symbol < header.symbol_count; ++symbol) {
      instruments::Market market;
      market.id = core::MarketId{symbol + 1};
      market.lot_units = market.tick_lot_units = core::Amount{1};
      matching_.apply(matching::ConfigureMarket{market}, {reports_, events_});
    }
  }

  void apply(const TraceCommand& command) {
    reports_.clear();
    events_.clear();
    send(command);
    for (const matching::Report& report : reports_) {
      if (report.handle != matching::kNoHandle) handles_[report.order.value()] = report.handle;
      if (report.kind == matching::ReportKind::filled && !report.is_maker) {
        totals_.add(report.counter_order.value(), report.order.value(),
                    static_cast<std::uint64_t>(report.price.value()),
                    static_cast<std::uint64_t>(report.quantity.value()));
      }
    }
  }

  [[nodiscard]] const TradeTotals& totals() const { return totals_; }
  [[nodiscard]] std::uint64_t resting_orders() const { return matching_.resting_orders(); }
  [[nodiscard]] bool agrees(const TraceHeader& header) const {
    return totals_ == header.totals && resting_orders() == header.resting_orders;
  }

 private:
  void send(const TraceCommand& command) {
    const matching::Output out{reports_, events_};
    const core::OrderId order{command.order_id};
    const core::MarketId market{command.symbol + 1u};
    const auto slot = static_cast<std::uint32_t>(command.order_id);
    const core::Price price{command.price_ticks};
    const core::Quantity quantity{command.quantity_lots};
    switch (command.kind) {
      case TraceKind::limit:
      case TraceKind::ioc:
      case TraceKind::market: {
        const bool is_market = command.kind == TraceKind::market;
        return matching_.apply(
            matching::NewOrder{.order = order,
                               .account = core::AccountId{command.account},
                               .market = market,
                               .account_slot = slot,
                               .side = static_cast<matching::Side>(command.side),
                               .type = is_market ? matching::OrderType::market : matching::OrderType::limit,
                               .time_in_force = command.kind == TraceKind::ioc ? matching::TimeInForce::ioc
                                                                               : matching::TimeInForce::gtc,
                               .price = price,
                               .quantity = quantity,
                               .quote_quantity = {},
                               .budget = core::kAmountMax},
            out);
      }
      case TraceKind::cancel:
        return matching_.apply(matching::CancelOrder{order, market, handles_[command.order_id], slot}, out);
      case TraceKind::move:
        return matching_.apply(matching::MoveOrder{order, market, handles_[command.order_id], slot, price}, out);
      case TraceKind::reduce:
        return matching_.apply(matching::ReduceOrder{order, market, handles_[command.order_id], slot, quantity}, out);
    }
  }

  matching::Matching matching_;
  std::vector<matching::Report> reports_;
  std::vector<matching::MarketEvent> events_;
  matching::HugeArray<matching::Handle> handles_;  // by order id
  TradeTotals totals_;
};

std::size_t prefill(Replay& replay, const Trace& trace) {
  std::size_t i = 0;
  for (; i < trace.header.prefill_count; ++i) replay.apply(trace.commands[i]);
  return i;
}

Latency measure_latency(const Trace& trace, std::int64_t interval_ns, bool& as_expected) {
  Replay replay(trace.header);
  std::size_t i = prefill(replay, trace);
  std::vector<std::int64_t> taken_ns;
  taken_ns.reserve(trace.commands.size() - i);
  const auto start = Clock::now();
  for (auto due = start; i < trace.commands.size(); ++i, due += std::chrono::nanoseconds(interval_ns)) {
    while (Clock::now() < due) {
    }
    replay.apply(trace.commands[i]);
    taken_ns.push_back(std::chrono::nanoseconds(Clock::now() - due).count());
  }
  as_expected = as_expected && replay.agrees(trace.header);
  return percentiles(taken_ns);
}

}  // namespace

MatchingResult bench_matching(const Trace& trace, const MatchingOptions& options) {
  CHECK(options.runs >= 1 && trace.header.prefill_count < trace.commands.size());
  MatchingResult result;
  result.commands = trace.commands.size() - trace.header.prefill_count;
  result.as_expected = true;
  std::vector<double> ns;
  for (int run = 0; run < options.runs; ++run) {
    Replay replay(trace.header);
    std::size_t i = prefill(replay, trace);
    const auto start = Clock::now();
    for (; i < trace.commands.size(); ++i) replay.apply(trace.commands[i]);
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    ns.push_back(took.count() / static_cast<double>(result.commands));
    result.totals = replay.totals();
    result.resting_orders = replay.resting_orders();
    result.as_expected = result.as_expected && replay.agrees(trace.header);
  }
  std::sort(ns.begin(), ns.end());
  result.ns_per_command_median = ns[ns.size() / 2];
  result.ns_per_command_min = ns.front();
  result.ns_per_command_max = ns.back();
  result.commands_per_second = 1e9 / result.ns_per_command_median;
  if (options.latency_interval_ns > 0) {
    result.latency = measure_latency(trace, options.latency_interval_ns, result.as_expected);
  }
  return result;
}

}  // namespace bench
