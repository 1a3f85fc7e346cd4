#include "cmd/exchange/bench_command.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <vector>

#include "bench/core.h"
#include "bench/flow.h"
#include "bench/journal.h"
#include "bench/matching.h"
#include "bench/pipeline.h"
#include "bench/shapes.h"
#include "bench/trace.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/journal_thread.h"
#include "cmd/exchange/json.h"
#include "cmd/exchange/output.h"
#include "cmd/exchange/temporary_folder.h"
#include "pkg/io/real_disk.h"

namespace exchange {
namespace {

json::object latency_object(const bench::Latency& latency) {
  return {
      {"p50_ns", latency.p50_ns}, {"p99_ns", latency.p99_ns}, {"p999_ns", latency.p999_ns}, {"max_ns", latency.max_ns}};
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
      fmt::print("{:<8} {:>7.1f} ns/command  {:>12.0f} commands/s  p50 {} p99 {} p99.9 {} max {} ns  {}\n", name,
                 result.at("ns_per_command").as_double(), result.at("commands_per_s").as_double(),
                 latency.at("p50_ns").as_int64(), latency.at("p99_ns").as_int64(), latency.at("p999_ns").as_int64(),
                 latency.at("max_ns").as_int64(),
                 result.at("as_expected").as_bool() ? "trades as expected" : "TRADES DIFFER");
      std::fflush(stdout);
    }
    results.push_back(std::move(result));
  };
  if (!options.trace.empty()) {
    const auto trace = bench::read_trace(options.trace);
    if (!trace) return report(trace.error());
    one(options.trace, *trace);
  } else {
    for (const bench::FlowKind kind : bench::kFlows)
      one(std::string(bench::name(kind)), bench::make_flow(kind, options.commands));
  }
  if (options.json) print_object({{"as_expected", as_expected}, {"flows", std::move(results)}}, true);
  return as_expected ? kExitDone : kExitWrong;
}

constexpr std::uint64_t kShapeOrdersMax = 100'000'000;

json::object shape_object(const bench::ShapeResult& result) {
  json::object out{{"markets", result.shape.markets}, {"orders", result.shape.orders}};
  json::object ns;
  for (std::size_t kind = 0; kind < bench::kShapeCommandNames.size(); ++kind)
    ns[bench::kShapeCommandNames[kind]] = result.ns_per_command[kind];
  out["ns_per_command"] = std::move(ns);
  out["bytes_per_order"] = result.bytes_per_order;
  out["as_expected"] = result.as_expected;
  return out;
}

void print_shape_line(const bench::ShapeResult& result) {
  fmt::print("{:>7} {:>8}", result.shape.markets, result.shape.orders);
  for (const double ns : result.ns_per_command) fmt::print(" {:>11.1f}", ns);
  fmt::print(" {:>12.1f}{}\n", result.bytes_per_order, result.as_expected ? "" : "  NOT AS EXPECTED");
  std::fflush(stdout);
}

// Blocks the measuring thread until the journal thread has news.
class Doorbell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  void wait(std::int64_t ns_max) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::nanoseconds(ns_max), [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

core::Result<bench::PipelineResult> measure_pipeline(const bench::Trace& trace, const std::string& folder,
                                                     const bench::PipelineOptions& options) {
  io::RealDisk disk(folder);
  const journal::Options journal_options{.folder = "pipeline"};
  const auto recovered = journal::recover(disk, journal_options);
  if (!recovered) return std::unexpected(recovered.error());
  auto writer = journal::Writer::open(disk, journal_options, recovered->tail);
  if (!writer) return std::unexpected(writer.error());
  Doorbell doorbell;
  ThreadedSink sink(std::move(*writer), journal_options.segment_bytes, [&doorbell] { doorbell.ring(); });
  return bench::bench_pipeline(trace, sink, [&doorbell](std::int64_t ns) { doorbell.wait(ns); }, options);
}

}  // namespace

int bench_matching_command(const BenchOptions& options) {
  return over_flows(options, [&](const std::string& name, const bench::Trace& trace) {
    return result_object(name, bench::bench_matching(trace, {.runs = options.runs}));
  });
}

int bench_shapes_command(const BenchOptions& options) {
  std::vector<bench::BookShape> shapes(std::begin(bench::kBookShapes), std::end(bench::kBookShapes));
  if (options.orders != 0) shapes = {{static_cast<std::uint32_t>(options.markets), options.orders}};
  if (shapes.front().orders / shapes.front().markets < bench::kShapeOrdersMin || options.orders > kShapeOrdersMax) {
    fmt::print(stderr, "exchange: --orders: {} to {}, and at least {} for each of --markets\n", bench::kShapeOrdersMin,
               kShapeOrdersMax, bench::kShapeOrdersMin);
    return kExitUsage;
  }
  if (!options.json) {
    fmt::print("{:>7} {:>8}", "markets", "orders");
    for (const std::string_view name : bench::kShapeCommandNames) fmt::print(" {:>11}", name);
    fmt::print(" {:>12}  (ns/command)\n", "bytes/order");
  }
  json::array results;
  bool as_expected = true;
  for (const bench::BookShape& shape : shapes) {
    const bench::ShapeResult result = bench::bench_shape(shape, {.runs = options.runs});
    as_expected &= result.as_expected;
    if (!options.json) print_shape_line(result);
    results.push_back(shape_object(result));
  }
  if (options.json) print_object({{"as_expected", as_expected}, {"shapes", std::move(results)}}, true);
  return as_expected ? kExitDone : kExitWrong;
}

int bench_core_command(const BenchOptions& options) {
  return over_flows(options, [&](const std::string& name, const bench::Trace& trace) {
    return result_object(name, bench::core_bench(trace, {.runs = options.runs}));
  });
}

int bench_journal_command(const BenchOptions& options) {
  const auto folder = TemporaryFolder::make(options.folder);
  if (!folder) return report(folder.error());
  io::RealDisk disk(folder->path());
  const auto result = bench::bench_journal(disk, {});
  if (!result) return report(result.error());
  print_object({{"commit_p50_us", static_cast<double>(result->commit.p50_ns) / 1e3},
                {"commit_p99_us", static_cast<double>(result->commit.p99_ns) / 1e3},
                {"commit_p999_us", static_cast<double>(result->commit.p999_ns) / 1e3},
                {"commit_max_us", static_cast<double>(result->commit.max_ns) / 1e3},
                {"record_bytes", result->record_bytes},
                {"megabytes_per_s", result->megabytes_per_second},
                {"commands_per_s", result->commands_per_second}},
               options.json);
  return kExitDone;
}

// The commit that latency is compared with is measured right before, on the same disk.
int bench_pipeline_command(const BenchOptions& options) {
  const auto folder = TemporaryFolder::make(options.folder);
  if (!folder) return report(folder.error());
  io::RealDisk disk(folder->path());
  const auto commit = bench::bench_journal(disk, {.commits = 2'000, .batches = 1});
  if (!commit) return report(commit.error());
  bench::PipelineOptions pipeline;
  if (options.rate > 0) pipeline.latency_rate_hz = options.rate;
  pipeline.latency_commands = pipeline.latency_rate_hz * static_cast<std::uint64_t>(options.seconds);
  const auto trace = bench::make_flow(
      bench::FlowKind::moves, 1'500'000 * static_cast<std::uint64_t>(options.seconds) + pipeline.latency_commands);
  const auto result = measure_pipeline(trace, folder->path(), pipeline);
  if (!result) return report(result.error());
  const auto ratio = [&](std::int64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(commit->commit.p50_ns);
  };
  print_object({{"commands", result->commands},
                {"commands_per_s", result->commands_per_second},
                {"commands_per_batch", result->commands_per_batch},
                {"latency_rate_per_s", pipeline.latency_rate_hz},
                {"latency_p50_us", static_cast<double>(result->latency.p50_ns) / 1e3},
                {"latency_p99_us", static_cast<double>(result->latency.p99_ns) / 1e3},
                {"latency_p999_us", static_cast<double>(result->latency.p999_ns) / 1e3},
                {"commit_p50_us", static_cast<double>(commit->commit.p50_ns) / 1e3},
                {"latency_p50_in_commits", ratio(result->latency.p50_ns)},
                {"latency_p99_in_commits", ratio(result->latency.p99_ns)}},
               options.json);
  return kExitDone;
}

}  // namespace exchange
