// What runs over the WebSocket connections of the running exchange: streams, of market data and user events heard from
// its releases, and the WebSocket API.
#pragma once

#include <optional>
#include <string>

#include "cmd/exchange/exchange.h"
#include "gateways/streams/gateway.h"
#include "gateways/streams/user_hub.h"
#include "gateways/ws_api/gateway.h"

namespace exchange {

class LiveStreams {
 public:
  // Listens to the exchange from now on. REQUIRES both to outlive every connection and every step.
  explicit LiveStreams(Exchange& exchange);

  // From now on there is the WebSocket API too. REQUIRES the desk to outlive every connection.
  void add_api(desk::Desk& desk) { api_.emplace(ws_api::Options{}, desk, users_); }

  // For rest::Gateway::set_upgrade.
  [[nodiscard]] websocket::Factory factory();
  [[nodiscard]] streams::UserHub& users() { return users_; }
  [[nodiscard]] streams::Gateway& gateway() { return gateway_; }
  void tick(std::int64_t monotonic_ns, core::Time now) { gateway_.tick(monotonic_ns, now); }
  // Its part of GET /metrics.
  void append_metrics(std::string& out);
  // Before the connections end by a planned stop.
  void announce_shutdown(core::Time now);

 private:
  streams::UserHub users_;
  streams::Gateway gateway_;
  std::optional<ws_api::Gateway> api_;
};

}  // namespace exchange
