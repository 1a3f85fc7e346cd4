#include "bench/core.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/engine_flow.h"
#include "pkg/core/check.h"
#include "services/engine/engine.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

// Feeds a trace to an engine. The trace numbers its orders as the engine does, from one, since all of them are
// admitted.
class Replay {
 public:
  explicit Replay(const Trace& trace) : accounts_(accounts_of(trace)) {
    for (const engine::Command& command : preparation(trace)) apply(command);
  }

  void apply(const TraceCommand& command) {
    translate(command, command_);
    step();
    for (const matching::MarketEvent& event : output_.market_events) {
      if (event.kind != matching::MarketEventKind::traded) continue;
      totals_.add(event.maker_order.value(), event.taker_order.value(), static_cast<std::uint64_t>(event.price.value()),
                  static_cast<std::uint64_t>(event.quantity.value()));
    }
  }

  // Everything as the header says and as the engine's invariants demand.
  [[nodiscard]] bool agrees(const TraceHeader& header) const {
    return totals_ == header.totals && resting_ == static_cast<std::int64_t>(header.resting_orders) &&
           engine_.audit().has_value();
  }
  [[nodiscard]] const TradeTotals& totals() const { return totals_; }
  [[nodiscard]] std::int64_t resting_orders() const { return resting_; }
  [[nodiscard]] std::uint64_t output_digest() const { return engine_.output_digest(); }
  [[nodiscard]] std::uint32_t accounts() const { return accounts_; }

 private:
  void apply(const engine::Command& command) {
    command_ = command;
    step();
  }
  void step() {
    output_.clear();
    header_.sequence = header_.sequence.next();
    header_.time.ns += 100;
    engine_.apply(header_, command_, output_);
    for (const orders::AccountEvent& event : output_.account_events) {
      const auto* const order = std::get_if<orders::OrderEvent>(&event.body);
      if (order == nullptr) continue;
      resting_ += order->execution == orders::Execution::accepted;
      resting_ -= orders::is_closed(order->status);
    }
  }

  engine::Engine engine_;
  engine::Output output_;
  engine::Command command_;
  core::RecordHeader header_;
  TradeTotals totals_;
  std::int64_t resting_ = 0;
  std::uint32_t accounts_ = 0;
};

std::size_t prefill(Replay& replay, const Trace& trace) {
  std::size_t i = 0;
  for (; i < trace.header.prefill_count; ++i) replay.apply(trace.commands[i]);
  return i;
}

Latency measure_latency(const Trace& trace, std::int64_t interval_ns, bool& as_expected) {
  Replay replay(trace);
  std::size_t i = prefill(replay, trace);
  std::vector<std::int64_t> taken_ns;
  taken_ns.reserve(trace.commands.size() - i);
  for (auto due = Clock::now(); i < trace.commands.size(); ++i, due += std::chrono::nanoseconds(interval_ns)) {
    while (Clock::now() < due) {
    }
    replay.apply(trace.commands[i]);
    taken_ns.push_back(std::chrono::nanoseconds(Clock::now() - due).count());
  }
  as_expected = as_expected && replay.agrees(trace.header);
  return percentiles(taken_ns);
}

}  // namespace

CoreResult core_bench(const Trace& trace, const CoreOptions& options) {
  CHECK(options.runs >= 1 && trace.header.prefill_count < trace.commands.size());
  CoreResult result;
  result.commands = trace.commands.size() - trace.header.prefill_count;
  result.as_expected = true;
  std::vector<double> ns;
  for (int run = 0; run < options.runs; ++run) {
    Replay replay(trace);
    std::size_t i = prefill(replay, trace);
    const auto start = Clock::now();
    for (; i < trace.commands.size(); ++i) replay.apply(trace.commands[i]);
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    ns.push_back(took.count() / static_cast<double>(result.commands));
    result.totals = replay.totals();
    result.resting_orders = static_cast<std::uint64_t>(replay.resting_orders());
    result.output_digest = replay.output_digest();
    result.accounts = replay.accounts();
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
