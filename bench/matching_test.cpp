// The flows are what they were, a replay reaches their results, and a trace that is not one is refused.
#include "bench/matching.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "bench/flow.h"

namespace bench {
namespace {

class TraceFile : public testing::Test {
 protected:
  TraceFile() : folder_(std::filesystem::temp_directory_path() / ("trace_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TraceFile() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return (folder_ / "flow.trace").string(); }

 private:
  std::filesystem::path folder_;
};

TEST(Flow, TheSameSeedGivesTheSameFlow) {
  struct Row {
    FlowKind kind;
    std::uint64_t trades, hash, resting;
  };
  // Of 20,000 commands with seed 42, as an implementation apart from this one made them.
  const Row rows[] = {{FlowKind::moves, 1140, 0xF6F6F0A16F4FB8AEull, 960},
                      {FlowKind::touch, 1391, 0x6212CA604E87442Bull, 10185},
                      {FlowKind::deep, 1505, 0xE2788684E4755421ull, 999923},
                      {FlowKind::multi, 1388, 0x3571D2E3BF27F796ull, 99985}};
  for (const Row& row : rows) {
    const Trace trace = make_flow(row.kind, 20'000, 42);
    EXPECT_EQ(trace.header.totals.trade_count, row.trades) << name(row.kind);
    EXPECT_EQ(trace.header.totals.hash, row.hash) << name(row.kind);
    EXPECT_EQ(trace.header.resting_orders, row.resting) << name(row.kind);
  }
}

TEST(MatchingBench, ReachesTheResultsOfEveryFlow) {
  for (const FlowKind kind : {FlowKind::moves, FlowKind::touch, FlowKind::multi}) {
    const Trace trace = make_flow(kind, 20'000, 7);
    const MatchingResult result = bench_matching(trace, {.runs = 2, .latency_interval_ns = 100});
    EXPECT_TRUE(result.as_expected) << name(kind);
    EXPECT_EQ(result.commands, 20'000u);
    EXPECT_GT(result.totals.trade_count, 100u);
    EXPECT_GT(result.ns_per_command_median, 0);
    EXPECT_GE(result.latency.max_ns, result.latency.p50_ns);
  }
}

TEST(MatchingBench, NoticesAWrongResult) {
  Trace trace = make_flow(FlowKind::moves, 2'000, 7);
  ++trace.header.totals.hash;
  EXPECT_FALSE(bench_matching(trace, {.runs = 1, .latency_interval_ns = 0}).as_expected);
}

TEST(MatchingBench, ReducesAsATraceMayAsk) {
  Trace trace = make_flow(FlowKind::moves, 10, 7);
  TraceCommand reduce = trace.commands[0];  // the first order of the prefill: rests, since it came into an empty book
  reduce.kind = TraceKind::reduce;
  trace.commands.resize(1);
  trace.header.prefill_count = 1;
  trace.header.command_count = 2;
  trace.header.totals = {};
  trace.header.resting_orders = 0;
  trace.commands.push_back(reduce);  // by all of it
  EXPECT_TRUE(bench_matching(trace, {.runs = 1, .latency_interval_ns = 0}).as_expected);
}

TEST_F(TraceFile, IsReadAsItWasWritten) {
  const Trace trace = make_flow(FlowKind::multi, 500, 3);
  ASSERT_TRUE(write_trace(trace, path()).has_value());
  const auto again = read_trace(path());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again->header.totals, trace.header.totals);
  ASSERT_EQ(again->commands.size(), trace.commands.size());
  EXPECT_EQ(std::memcmp(again->commands.data(), trace.commands.data(), trace.commands.size() * sizeof(TraceCommand)),
            0);
}

TEST_F(TraceFile, IsRefusedWhenItIsNoneOrDamaged) {
  EXPECT_EQ(read_trace(path()).error().kind, core::ErrorKind::not_found);
  std::ofstream(path())
      << "something else altogether, and long enough to be a header: ................................";
  EXPECT_EQ(read_trace(path()).error().kind, core::ErrorKind::corrupt);
  ASSERT_TRUE(write_trace(make_flow(FlowKind::moves, 500, 3), path()).has_value());
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 1);
  EXPECT_EQ(read_trace(path()).error().kind, core::ErrorKind::corrupt);
  Trace wrong = make_flow(FlowKind::moves, 500, 3);
  wrong.commands[100].order_id = wrong.header.order_id_max + 1;
  ASSERT_TRUE(write_trace(wrong, path()).has_value());
  EXPECT_EQ(read_trace(path()).error().kind, core::ErrorKind::corrupt);
}

}  // namespace
}  // namespace bench
