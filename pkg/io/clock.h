// Time enters the process here and nowhere else.
#pragma once

#include "pkg/core/ids.h"

namespace io {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual core::Time now() const = 0;             // wall clock
  [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;  // never falls; for intervals
};

class RealClock final : public Clock {
 public:
  [[nodiscard]] core::Time now() const override;
  [[nodiscard]] std::int64_t monotonic_ns() const override;
};

// Stands still until told.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(core::Time start = core::Time{1'700'000'000'000'000'000}) : now_(start) {}
  [[nodiscard]] core::Time now() const override { return now_; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return monotonic_ns_; }
  void advance_ns(std::int64_t by) {
    now_.ns += by;
    monotonic_ns_ += by;
  }
  void jump_wall_ns(std::int64_t by) { now_.ns += by; }  // a step of the wall clock alone

 private:
  core::Time now_;
  std::int64_t monotonic_ns_ = 0;
};

}  // namespace io
