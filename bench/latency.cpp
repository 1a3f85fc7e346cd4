#include "bench/latency.h"

#include <algorithm>

namespace bench {

Latency percentiles(std::vector<std::int64_t>& taken_ns) {
  if (taken_ns.empty()) return {};
  std::sort(taken_ns.begin(), taken_ns.end());
  const auto at = [&](std::size_t per_thousand) { return taken_ns[(taken_ns.size() - 1) * per_thousand / 1000]; };
  return {at(500), at(990), at(999), taken_ns.back()};
}

}  // namespace bench
