#include "bench/core.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "pkg/core/check.h"
#include "services/engine/engine.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr core::Amount kSupply{core::kAmountMax.value() - 1};
constexpr core::AssetId kBase{1}, kQuote{2};

instruments::Market market_terms(const TraceHeader& header, std::uint32_t symbol) {
  instruments::Market market;
  market.symbol = core::Symbol{"MARKET" + std::to_string(symbol)};
  market.base = kBase;
  market.quote = kQuote;
  market.price_min = core::Price{1};
  market.price_max = core::Price{std::int64_t{header.price_ticks_max} * 2};
  market.quantity_min = market.market_quantity_min = core::Quantity{1};
  market.quantity_max = market.market_quantity_max = core::Quantity{std::int64_t{1} << 32};
  market.notional_min = core::Amount{1};
  market.notional_max = kSupply;
  market.maker_fee = market.taker_fee = core::FeeRate{100'000};
  market.open_orders_max = 1'000'000;
  return market;
}

// Feeds a trace to an engine. The trace numbers its orders as the engine does, from one, since all of them are
// admitted.
class Replay {
 public:
  explicit Replay(const Trace& trace) {
    std::uint32_t accounts = 0;
    for (const TraceCommand& command : trace.commands) accounts = std::max(accounts, command.account + 1);
    accounts_ = accounts;
    apply(instruments::AddAsset{core::Symbol{"BASE"}, 8, kSupply});
    apply(instruments::AddAsset{core::Symbol{"QUOTE"}, 8, kSupply});
    for (std::uint32_t symbol = 0; symbol < trace.header.symbol_count; ++symbol) {
      apply(instruments::AddMarket{market_terms(trace.header, symbol)});
    }
    const core::Amount each{kSupply.value() / accounts};
    for (std::uint32_t i = 0; i < accounts; ++i) {
      apply(ledger::OpenAccount{ledger::AccountName{"trader-" + std::to_string(i)}});
      apply(ledger::Deposit{account(i), kBase, each, {}});
      apply(ledger::Deposit{account(i), kQuote, each, {}});
    }
  }

  void apply(const TraceCommand& command) {
    const core::AccountId account = this->account(command.account);
    const core::MarketId market{command.symbol + 1u};
    const core::OrderId order{command.order_id};
    const core::Price price{command.price_ticks};
    const core::Quantity quantity{command.quantity_lots};
    switch (command.kind) {
      case TraceKind::limit:
      case TraceKind::ioc:
      case TraceKind::market: {
        auto& place = command_.emplace<orders::PlaceOrder>();
        const bool is_market = command.kind == TraceKind::market;
        place.account = account;
        place.market = market;
        place.side = static_cast<orders::Side>(command.side);
        place.type = is_market ? orders::OrderType::market : orders::OrderType::limit;
        place.time_in_force = command.kind == TraceKind::ioc ? orders::TimeInForce::ioc : orders::TimeInForce::gtc;
        if (!is_market) place.price = price;
        place.quantity = quantity;
        break;
      }
      case TraceKind::cancel: {
        auto& cancel = command_.emplace<orders::CancelOrder>();
        cancel.account = account;
        cancel.market = market;
        cancel.target.order = order;
        break;
      }
      case TraceKind::move: {
        auto& move = command_.emplace<orders::MoveOrder>();
        move.account = account;
        move.market = market;
        move.target.order = order;
        move.price = price;
        break;
      }
      case TraceKind::reduce: {
        auto& reduce = command_.emplace<orders::ReduceOrder>();
        reduce.account = account;
        reduce.market = market;
        reduce.target.order = order;
        reduce.by = quantity;
        break;
      }
    }
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
  [[nodiscard]] static core::AccountId account(std::uint32_t trace_account) {
    return core::AccountId{core::kFirstUserAccount.value() + trace_account};
  }
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
  if (taken_ns.empty()) return {};
  std::sort(taken_ns.begin(), taken_ns.end());
  const auto at = [&](std::size_t per_thousand) { return taken_ns[(taken_ns.size() - 1) * per_thousand / 1000]; };
  return {at(500), at(990), at(999), taken_ns.back()};
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
