// The core benchmark: replays a trace through the whole engine (accounts, ledger, fees and matching in one thread) and
// checks the trades against the trace's header.
//
// Every trace account is a user with more money than it can spend, so everything is admitted; fees are those of an
// ordinary market; self-trade prevention and price bands are off. What is timed is Engine::apply with all its events
// and the output digest, from a command in memory to its events in memory.
#pragma once

#include <cstdint>

#include "bench/matching.h"
#include "bench/trace.h"

namespace bench {

struct CoreOptions {
  int runs = 5;                            // of the throughput pass, >= 1
  std::int64_t latency_interval_ns = 500;  // a command is due every so often in the latency pass; 0: leave it out
};

struct CoreResult {
  std::uint64_t commands = 0;  // timed
  std::uint64_t accounts = 0;
  double ns_per_command_median = 0, ns_per_command_min = 0, ns_per_command_max = 0;
  double commands_per_second = 0;  // of the median run
  Latency latency;
  TradeTotals totals;
  std::uint64_t resting_orders = 0;
  std::uint64_t output_digest = 0;
  bool as_expected = false;  // totals, resting orders and the engine's own audit, in every run
};

[[nodiscard]] CoreResult core_bench(const Trace& trace, const CoreOptions& options);

}  // namespace bench
