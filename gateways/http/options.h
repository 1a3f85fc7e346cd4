// What an HTTP session lets its client do. Nothing a client sends can make a session hold more than these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace http {

struct Options {
  std::size_t head_bytes_max = 16 * 1024;        // request line and headers together: 431
  std::size_t target_bytes_max = 8 * 1024;       // 414
  std::size_t headers_max = 64;                  // 431
  std::size_t body_bytes_max = 64 * 1024;        // 413
  std::size_t pipelined_max = 128;               // requests under way on one connection; later ones wait their turn
  std::size_t waiting_bytes_max = 256 * 1024;    // not yet parsed behind them; above it the connection is closed
  std::size_t unsent_bytes_max = 1024 * 1024;    // a client that does not read gets no new requests parsed above this
  std::int64_t idle_ns_max = 120'000'000'000;    // between requests
  std::int64_t request_ns_max = 20'000'000'000;  // from a request's first byte to its last
};

}  // namespace http
