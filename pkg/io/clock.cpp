#include "pkg/io/clock.h"

#include <chrono>

namespace io {

core::Time RealClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return core::Time{std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count()};
}

std::int64_t RealClock::monotonic_ns() const {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_start).count();
}

}  // namespace io
