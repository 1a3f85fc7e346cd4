// A log-linear histogram of times: every power of two is cut into 256 equal parts, so a value is known to 0.4 % from a
// nanosecond to four hours, in 75 KiB whatever is recorded, and recording is an addition.
//
// Percentiles are the upper end of their part: never smaller than what was recorded. The largest value is kept exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/latency.h"

namespace bench {

class Histogram {
 public:
  Histogram();

  // Negative values count as 0, values above four hours as four hours (but for the maximum).
  void record(std::int64_t value_ns);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The smallest recorded value that at least this part of all values does not exceed; 0 when nothing was recorded.
  [[nodiscard]] std::int64_t value_at(std::uint64_t per_million) const;
  [[nodiscard]] std::int64_t max() const { return max_ns_; }
  [[nodiscard]] Latency latency() const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace bench
