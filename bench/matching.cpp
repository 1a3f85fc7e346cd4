#include "bench/matching.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/matching_replay.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

Latency measure_latency(const Trace& trace, std::int64_t interval_ns, bool& as_expected) {
  MatchingReplay replay(trace.header);
  std::size_t i = replay.prefill(trace);
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
    MatchingReplay replay(trace.header);
    std::size_t i = replay.prefill(trace);
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
