#include "bench/order_flow.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "bench/socket.h"

namespace bench {

OrderFlow::OrderFlow(const OrderFlowOptions& options, std::string name) : options_(options), name_(std::move(name)) {}

OrderFlow::Request OrderFlow::next(std::int64_t wall_ms) {
  timestamp_ = std::to_string(wall_ms);
  parameters_.clear();
  const bool is_cancel = owes_cancel();
  const bool is_buy = options_.pattern == OrderPattern::cancel || count_ % 2 == 0;
  ++count_;
  if (is_cancel) {
    for (const Parameter& one :
         {Parameter{"origClientOrderId", client_order_id_}, {"symbol", options_.symbol}, {"timestamp", timestamp_}})
      parameters_.push_back(one);
    return {Method::cancel, parameters_};
  }
  if (options_.pattern == OrderPattern::cancel) {
    client_order_id_ = name_;
    client_order_id_ += '-';
    client_order_id_ += std::to_string(count_);
    parameters_.push_back({"newClientOrderId", client_order_id_});
  }
  for (const Parameter& one : {Parameter{"price", options_.price},
                               {"quantity", options_.quantity},
                               {"side", is_buy ? "BUY" : "SELL"},
                               {"symbol", options_.symbol},
                               {"timeInForce", "GTC"},
                               {"timestamp", timestamp_},
                               {"type", "LIMIT"}})
    parameters_.push_back(one);
  return {Method::place, parameters_};
}

std::string flow_name(int connection) {
  // In hexadecimal, so that with a count behind it it stays below the 36 characters of a client order id.
  char name[32];
  std::snprintf(name, sizeof name, "l%llx-%x-%x", static_cast<unsigned long long>(wall_ms()),
                static_cast<unsigned>(::getpid()), static_cast<unsigned>(connection));
  return name;
}

}  // namespace bench
