// The streams of the running exchange: user events and market data heard from its releases, and the application behind
// each stream connection.
#pragma once

#include <string>

#include "cmd/exchange/exchange.h"
#include "gateways/streams/gateway.h"
#include "gateways/streams/user_hub.h"

namespace exchange {

class LiveStreams {
 public:
  // Listens to the exchange from now on. REQUIRES both to outlive every connection and every step.
  explicit LiveStreams(Exchange& exchange);

  // For rest::Gateway::set_upgrade.
  [[nodiscard]] websocket::Factory factory();
  [[nodiscard]] streams::UserHub& users() { return users_; }
  [[nodiscard]] streams::Gateway& gateway() { return gateway_; }
  void tick(std::int64_t monotonic_ns, core::Time now) { gateway_.tick(monotonic_ns, now); }
  // Its part of GET /metrics.
  void append_metrics(std::string& out);
  // Before the connections end by a planned stop.
  void announce_shutdown(core::Time now) { gateway_.announce_shutdown(now); }

 private:
  streams::UserHub users_;
  streams::Gateway gateway_;
};

}  // namespace exchange
