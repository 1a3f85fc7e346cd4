// The load generator: many connections to a running exchange, on one thread with epoll, whatever protocol their
// sessions speak; every request's answer is checked.
//
// Open loop (a rate): requests are due at fixed times, on whichever connection is free; one that none is free for
// waits. Its latency counts from when it was due, so that a stall is seen in every request it delayed (no coordinated
// omission), and those that are never answered count with the time they have waited. Closed loop (rate 0): each
// connection sends its next request when an answer arrives, and latency counts from then; what has no answer at the end
// counts with its age here too.
//
// Load is driven by its owner, turn by turn, so that other work can share the thread; run_load drives it alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/client_session.h"
#include "bench/latency.h"
#include "pkg/core/error.h"

namespace bench {

struct LoadOptions {
  Endpoint endpoint;
  int connections = 64;
  int pipelined = 1;          // requests under way on one connection at most
  std::uint64_t rate_hz = 0;  // over all connections; 0: closed loop
  std::int64_t warm_up_ns = 500'000'000;
  std::int64_t measure_ns = 3'000'000'000;
  std::int64_t drain_ns_max = 5'000'000'000;  // after it, for the answers that are still missing
};

struct LoadResult {
  std::uint64_t requests = 0;    // answered in the measured time
  std::uint64_t errors = 0;      // refused, in all the time
  std::uint64_t unanswered = 0;  // open loop: of those due in the measured time; closed loop: at the end, of all
  std::string first_error;       // its body
  double requests_per_second = 0;
  double generator_busy =
      0;  // part of one processor that this thread used in the measured time: near 1, it is the limit
  Latency latency;
};

class Load {
 public:
  // REQUIRES connections > 0, pipelined > 0.
  explicit Load(const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Connects and opens all sessions, which blocks. Errors: unavailable, and those of the sessions.
  [[nodiscard]] core::Result<void> open(const ClientFactory& make_client);
  // Time begins, and with it the warm-up.
  void start();
  // Sends what is due, then takes what has come, waiting for it at most `wait_ns_max` and never beyond what is due
  // next. Errors: unavailable when a connection is lost or nothing is answered for 10 s; invalid_input.
  [[nodiscard]] core::Result<void> turn(std::int64_t wait_ns_max);
  // All is measured and answered, or given up.
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] bool is_measuring() const;
  [[nodiscard]] LoadResult result() const;
  // Readable when `turn` has something to take; for an owner that waits for other things too.
  [[nodiscard]] int descriptor() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Errors: as Load's.
[[nodiscard]] core::Result<LoadResult> run_load(const LoadOptions& options, const ClientFactory& make_client);

}  // namespace bench
