#include "cmd/exchange/bench_command.h"

#include <fmt/format.h>

#include <vector>

#include "bench/core.h"
#include "bench/flow.h"
#include "bench/matching.h"
#include "bench/trace.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/json.h"
#include "cmd/exchange/output.h"

namespace exchange {
namespace {

json::object latency_object(const bench::Latency& latency) {
  return {{"p50_ns", latency.p50_ns}, {"p99_ns", latency.p99_ns}, {"p999_ns", latency.p999_ns}, {"max_ns", latency.max_ns}};
}

template <class Result>
json::object result_object(const std::string& flow, const Result& result) {
  return {{"flow", flow},
          {"as_expected", result.as_expected},
          {"commands", result.commands},
          {"ns_per_command", result.ns_per_command_median},
          {"ns_per_command_min", result.ns_per_command_min},
          {"ns_per_command_max", result.ns_per_command_max},
          {"commands_per_s", result.commands_per_second},
          {"latency", latency_object(result.latency)},
          {"trades", result.totals.trade_count},
          {"trade_hash", hex(result.totals.hash)}};
}

// One line a flow, or one object of all; exit 1 when a flow's trades are not those of its header.
template <class Measure>
int over_flows(const BenchOptions& options, const Measure& measure) {
  json::array results;
  bool as_expected = true;
  const auto one = [&](const std::string& name, const bench::Trace& trace) {
    json::object result = measure(name, trace);
    as_expected &= result.at("as_expected").as_bool();
    if (!options.json) {
      const json::object& latency = result.at("latency").as_object();
      fmt::print("{:<8} {:>7.1f} ns/command  {:>12.0f} commands/s  p50 {} p99 {} p99.9 {} max {} ns  {}\n", name, result.at("ns_per_command").as_double(),
                 result.at("commands_per_s").as_double(), latency.at("p50_ns").as_int64(), latency.at("p99_ns").as_int64(), latency.at("p999_ns").as_int64(),
                 latency.at("max_ns").as_int64(), result.at("as_expected").as_bool() ? "trades as expected" : "TRADES DIFFER");
      std::fflush(stdout);
    }
    results.push_back(std::move(result));
  };
  if (!options.trace.empty()) {
    const auto trace = bench::read_trace(options.trace);
    if (!trace) return report(trace.error());
    one(options.trace, *trace);
  } else {
    for (const bench::FlowKind kind : bench::kFlows) one(std::string(bench::name(kind)), bench::make_flow(kind, options.commands));
  }
  if (options.json) print_object({{"as_expected", as_expected}, {"flows", std::move(results)}}, true);
  return as_expected ? kExitDone : kExitWrong;
}

}  // namespace

int bench_matching_command(const BenchOptions& options) {
  return over_flows(options, [&](const std::string& name, const bench::Trace& trace) {
    return result_object(name, bench::bench_matching(trace, {.runs = options.runs}));
  });
}

int bench_core_command(const BenchOptions& options) {
  return over_flows(options, [&](const std::string& name, const bench::Trace& trace) {
    return result_object(name, bench::core_bench(trace, {.runs = options.runs}));
  });
}

}  // namespace exchange
