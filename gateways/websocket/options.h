// What a WebSocket session lets its client do. Nothing a client sends, and nothing it does not read, can make a session
// hold more than these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace websocket {

struct Options {
  std::size_t message_bytes_max = 64 * 1024;          // 1009
  std::size_t unsent_bytes_max = 4 * 1024 * 1024;     // a client that does not read: 1008
  std::uint32_t messages_per_second_max = 5;          // pings and pongs among them; 0: no limit. 1008
  std::int64_t message_ns_max = 20'000'000'000;       // from a message's first byte to its last: 1008
  std::int64_t ping_every_ns = 20'000'000'000;        // by the server
  std::int64_t pong_ns_max = 60'000'000'000;          // for the client to answer one: 1008
  std::int64_t life_ns_max = 24 * 3'600'000'000'000;  // of a connection: 1001
  std::int64_t close_ns_max = 5'000'000'000;          // for the client to answer our close, and to take what is queued
};

}  // namespace websocket
