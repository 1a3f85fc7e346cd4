// The REST benchmark's load generator: signed orders over keep-alive connections to a running exchange, on one thread
// with epoll, every request's answer checked.
//
// Each connection belongs to one account and places limit orders that rest, then cancels them, so that the book stays
// small. Requests are signed before they are due, where there is time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/latency.h"
#include "pkg/core/error.h"

namespace bench {

struct RestKey {
  std::string api_key, secret;
};

struct RestOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<RestKey> keys;  // connections take them in turn
  int connections = 64;
  int pipelined = 1;          // requests under way on one connection
  std::uint64_t rate_hz = 0;  // over all connections, open loop; 0: as fast as answers come
  std::int64_t warm_up_ns = 500'000'000;
  std::int64_t measure_ns = 3'000'000'000;
};

struct RestResult {
  std::uint64_t requests = 0;  // answered in the measured time
  std::uint64_t errors = 0;    // answers other than 200, in all the time
  std::string first_error;     // its body
  double requests_per_second = 0;
  Latency latency;  // from when a request was due (open loop) or sent (closed loop) to its whole answer
};

// Errors: unavailable when a connection fails.
[[nodiscard]] core::Result<RestResult> bench_rest(const RestOptions& options);

}  // namespace bench
