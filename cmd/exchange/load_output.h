// How the results of load generators are printed: by `bench rest`, `bench websocket` and `load` alike.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load.h"
#include "bench/stream_readers.h"
#include "cmd/exchange/json.h"

namespace exchange {

// Units are in the names. `rate_hz` 0: closed loop.
[[nodiscard]] json::object load_object(const bench::LoadResult& result, std::uint64_t rate_hz);
// One line for people.
void print_load_line(const std::string& name, const bench::LoadResult& result);
// Every request was answered, and none refused.
[[nodiscard]] bool is_clean(const bench::LoadResult& result);
// Its orders were clean and messages came, to every reader. As fast as orders can be (`rate_hz` 0) the exchange may
// drop readers that are too slow, but not all.
[[nodiscard]] bool is_clean(const bench::FanOutResult& result, int readers, std::uint64_t rate_hz);

}  // namespace exchange
