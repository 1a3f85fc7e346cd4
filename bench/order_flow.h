// What a load generator's connection asks for, one request after another, apart from the protocol that carries it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class OrderPattern {
  trade,   // buys and sells in turn at one price: every second order trades, and the book stays small
  cancel,  // an order that rests, then its cancel
};

struct OrderFlowOptions {
  OrderPattern pattern = OrderPattern::trade;
  std::string symbol = "BTCUSDT";
  std::string price = "50000.00", quantity = "0.001";
};

class OrderFlow {
 public:
  enum class Method { place, cancel };
  struct Parameter {
    std::string_view name, value;
  };
  struct Request {
    Method method;
    std::span<const Parameter> parameters;  // sorted by name; valid until the next call
  };

  // `name` sets the client order ids of this flow apart from those of others.
  OrderFlow(const OrderFlowOptions& options, std::string name);

  [[nodiscard]] Request next(std::int64_t wall_ms);
  // The next request cancels what the last one placed.
  [[nodiscard]] bool owes_cancel() const { return options_.pattern == OrderPattern::cancel && count_ % 2 == 1; }

 private:
  const OrderFlowOptions options_;
  const std::string name_;
  std::uint64_t count_ = 0;
  std::string client_order_id_, timestamp_;
  std::vector<Parameter> parameters_;
};

// A name for the flow of this connection that no other has, in this process or one started in another millisecond.
[[nodiscard]] std::string flow_name(int connection);

}  // namespace bench
