// The command line's end of the control socket: one request, one answer, blocking.
#pragma once

#include <string>

#include "cmd/exchange/json.h"
#include "pkg/core/error.h"

namespace exchange {

// Sends the request to the exchange that runs on `data` and returns its result. Errors: unavailable when none runs
// there, else what the exchange answered.
[[nodiscard]] core::Result<json::object> ask_exchange(const std::string& data, const json::object& request);

}  // namespace exchange
