// Connections that do nothing, to see what each costs the exchange.
#pragma once

#include <string>
#include <vector>

#include "bench/socket.h"
#include "pkg/core/error.h"

namespace bench {

struct IdleConnections {
  std::vector<Socket> open;
  std::string shortfall;  // why there are no more of them; empty when all that were asked for are open
};

// Opens `count` connections, one after the other: over HTTP with one answered request each, or, when `websocket_path`
// is not empty, as WebSockets of that path. Errors: those of the first connection.
[[nodiscard]] core::Result<IdleConnections> open_idle(const Endpoint& endpoint, int count,
                                                      const std::string& websocket_path);

}  // namespace bench
