// The matching benchmark: replays a trace through the matching fold and checks the trades against the trace's header.
//
// What is timed is what accounts does with matching: a message in, all reports and public events out, each order's
// handle taken from the reports and given back with cancels and moves. Self-trade prevention and price bands are off.
#pragma once

#include <cstdint>

#include "bench/latency.h"
#include "bench/trace.h"

namespace bench {

struct MatchingOptions {
  int runs = 5;                            // of the throughput pass, >= 1
  std::int64_t latency_interval_ns = 500;  // a command is due every so often in the latency pass; 0: leave it out
};

struct MatchingResult {
  std::uint64_t commands = 0;  // timed
  double ns_per_command_median = 0, ns_per_command_min = 0, ns_per_command_max = 0;
  double commands_per_second = 0;  // of the median run
  Latency latency;
  TradeTotals totals;
  std::uint64_t resting_orders = 0;
  bool as_expected = false;  // totals and resting orders are those of the header, in every run
};

[[nodiscard]] MatchingResult bench_matching(const Trace& trace, const MatchingOptions& options);

}  // namespace bench
