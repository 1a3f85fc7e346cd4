// How the results of load generators are printed: by `bench rest`, `bench websocket` and `load` alike.
#pragma once

#include <string>

#include "bench/load.h"
#include "cmd/exchange/json.h"

namespace exchange {

// Units are in the names. `rate_hz` 0: closed loop.
[[nodiscard]] json::object load_object(const bench::LoadResult& result, std::uint64_t rate_hz);
// One line for people.
void print_load_line(const std::string& name, const bench::LoadResult& result);
// Every request was answered, and none refused.
[[nodiscard]] bool is_clean(const bench::LoadResult& result);

}  // namespace exchange
