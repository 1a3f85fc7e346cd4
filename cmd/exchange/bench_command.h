// `exchange bench`: runs what bench/ measures and prints it.
#pragma once

#include <cstdint>
#include <string>

namespace exchange {

struct BenchOptions {
  std::string trace;                   // matching, core: empty: the built-in flows
  std::uint64_t commands = 1'000'000;  // of each built-in flow
  int runs = 5;
  std::uint64_t orders = 0, markets = 1;  // shapes: this shape alone; 0: those of bench/shapes.h
  std::string folder = ".";               // journal, pipeline, rest, websocket: temporary folders are made here
  int seconds = 3;
  int connections = 64;
  int readers = 100;       // of streams
  int idle = 10'000;       // idle connections
  std::uint64_t rate = 0;  // 0: 10,000/s for the pipeline, 5,000/s for REST and WebSocket, 10,000/s for streams
  bool json = false;
};

// Each returns the exit code: 1 when results are not those expected.
int bench_matching_command(const BenchOptions& options);
int bench_shapes_command(const BenchOptions& options);
int bench_core_command(const BenchOptions& options);
int bench_journal_command(const BenchOptions& options);
int bench_pipeline_command(const BenchOptions& options);
int bench_rest_command(const BenchOptions& options);
int bench_websocket_command(const BenchOptions& options);

}  // namespace exchange
