// Drives the simulated traders of services/traders on the running exchange, as one more client of its port.
//
// They come last: they look again only when all they sent is answered, nobody else fills the ingress, and the exchange
// can write; what they miss meanwhile is not made up for.
#pragma once

#include <cstdint>
#include <span>

#include "cmd/exchange/exchange.h"
#include "cmd/exchange/json.h"
#include "services/traders/traders.h"

namespace exchange {

class DemoTraders final : public gateways::ReplyHandler {
 public:
  // REQUIRES the exchange to outlive it, and it the exchange's last step.
  DemoTraders(Exchange& exchange, const traders::Options& options) : exchange_(exchange), traders_(options) {}

  // Every turn of the loop.
  void turn();
  // How long the loop may block for their sake.
  [[nodiscard]] std::int64_t wait_ns_max() const;
  // For `exchange status`.
  void describe(json::object& out) const;

  // gateways::ReplyHandler
  void on_reply(const gateways::Reply& reply) override;

 private:
  [[nodiscard]] bool may_act() const;

  Exchange& exchange_;
  traders::Traders traders_;
  std::size_t unanswered_ = 0;
};

}  // namespace exchange
