// Percentiles of measured times.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

// Nanoseconds from when something was due to when it was done, so that a slow one delays, and is seen in, those behind
// it.
struct Latency {
  std::int64_t p50_ns = 0, p99_ns = 0, p999_ns = 0, max_ns = 0;
};

// Sorts `taken_ns`; all zero when it is empty.
[[nodiscard]] Latency percentiles(std::vector<std::int64_t>& taken_ns);

}  // namespace bench
