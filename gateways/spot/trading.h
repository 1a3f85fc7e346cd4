// Operations that change something: from parameters to a command, and from its events to the answer.
#pragma once

#include <cstdint>
#include <expected>

#include "gateways/exchange_port.h"
#include "gateways/spot/context.h"

namespace spot {

enum class ResponseType : std::uint8_t { ack, result, full };
enum class Change : std::uint8_t { place, cancel, cancel_all, replace, amend };

// What must be remembered between a command and its answer.
struct Pending {
  Change change = Change::place;
  ResponseType response = ResponseType::full;
  TimeUnit time_unit = TimeUnit::millisecond;
  core::AccountId account;
  core::MarketId market;
  core::ClientOrderId cancel_id;                                    // the client's name for the cancel; may be empty
  orders::ReplaceMode mode = orders::ReplaceMode::stop_on_failure;  // replace
  // replace: the account may place no order now; the command is the cancel alone
  limits::Finding over_limit = limits::Finding::allowed;
  std::uint64_t strategy_id = 0, strategy_type = 0;  // echoed; 0: not sent
};

// Takes the arguments and makes the command; ends with finish(), and what it made counts only if that went well.
using Order = void (*)(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);
void place_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);
void cancel_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);
void cancel_open_orders(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);
// Asks the limiter itself whether the account may place an order, since what follows from it is the client's choice.
void cancel_replace(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);
void amend_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending);

// POST order/test: everything about an order that can be checked without the book and the balance.
void test_order(const Context& context, Arguments& arguments, JsonWriter& json);
[[nodiscard]] std::uint32_t test_order_weight(const Parameters& parameters);

// Writes the answer, or gives the error the events amount to.
[[nodiscard]] std::expected<void, ApiError> write_answer(const Pending& pending, const gateways::Reply& reply,
                                                         const engine::Views& views, const limits::Profile& limits,
                                                         JsonWriter& json);

}  // namespace spot
