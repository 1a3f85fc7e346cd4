// The pipeline benchmark: sequence, encode, journal, commit, fold and release, with the read models updated on release,
// as the running exchange does it, without sockets.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/latency.h"
#include "bench/trace.h"
#include "pkg/core/error.h"
#include "pkg/journal/sink.h"

namespace bench {

struct PipelineOptions {
  std::uint64_t latency_commands = 20'000;  // at a fixed rate, taken from the end of the trace
  std::uint64_t latency_rate_hz = 10'000;
};

struct PipelineResult {
  std::uint64_t commands = 0;      // at saturation
  double commands_per_second = 0;  // from the first submitted to the last released
  double commands_per_batch = 0;
  Latency latency;  // at latency_rate_hz, from when a command was due to its release
};

// Runs the trace once through `sink`, whose journal must be empty. `wait` blocks until the sink has progress, or so
// many nanoseconds have passed. Errors: what the sink failed with.
[[nodiscard]] core::Result<PipelineResult> bench_pipeline(const Trace& trace, journal::Sink& sink,
                                                          const std::function<void(std::int64_t wait_ns_max)>& wait,
                                                          const PipelineOptions& options);

}  // namespace bench
