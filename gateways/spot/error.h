// What a client is told when it cannot have what it asked for: HTTP status, the published code, the published text.
//
// Code and text are a contract: clients match on both. Every text a client of this API can get is made here, so this
// file and error.cpp are the list of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateways/exchange_port.h"
#include "gateways/limits/limiter.h"
#include "gateways/spot/json_writer.h"
#include "pkg/core/rejection.h"

namespace spot {

struct ApiError {
  int status = 400;
  int code = -1000;
  std::string message;
  std::int64_t retry_after_s = 0;  // > 0: say so in Retry-After
};

// {"code":-1121,"msg":"Invalid symbol."}
void write(JsonWriter& json, const ApiError& error);

// The request itself.
[[nodiscard]] ApiError not_found();                     // 404: no such path
[[nodiscard]] ApiError method_not_allowed(int status);  // 405 or 501
[[nodiscard]] ApiError bad_http(int status, std::string_view reason);
[[nodiscard]] ApiError bad_json();
[[nodiscard]] ApiError unavailable();  // 503: what is asked for cannot be read now
[[nodiscard]] ApiError bad_time_unit();

// Parameters. `name` and `range` are constants of ours, never what the client sent.
[[nodiscard]] ApiError illegal_characters();
[[nodiscard]] ApiError illegal_characters(std::string_view name, std::string_view range);
[[nodiscard]] ApiError too_many_parameters();
[[nodiscard]] ApiError too_many_parameters(std::size_t expected, std::size_t received);
[[nodiscard]] ApiError duplicate_parameter();
[[nodiscard]] ApiError missing(std::string_view name);
[[nodiscard]] ApiError both_missing(std::string_view name, std::string_view other);
[[nodiscard]] ApiError unread_parameters(std::size_t read, std::size_t sent);
[[nodiscard]] ApiError empty(std::string_view name);
[[nodiscard]] ApiError not_required(std::string_view name);
[[nodiscard]] ApiError too_precise(std::string_view name);
[[nodiscard]] ApiError invalid(std::string_view name);  // "Data sent for parameter ... is not valid."
[[nodiscard]] ApiError bad_combination();
[[nodiscard]] ApiError lookup_too_long();
[[nodiscard]] ApiError invalid_time_in_force();
[[nodiscard]] ApiError invalid_order_type();
[[nodiscard]] ApiError invalid_side();
[[nodiscard]] ApiError invalid_symbol();
[[nodiscard]] ApiError invalid_symbol_status();
[[nodiscard]] ApiError symbol_status_differs();
[[nodiscard]] ApiError duplicate_symbols();
[[nodiscard]] ApiError bad_strategy_type();
[[nodiscard]] ApiError bad_cancel_restrictions();
[[nodiscard]] ApiError filter_failure(std::string_view filter);
[[nodiscard]] ApiError invalid_order_value(std::string_view what);  // "Invalid quantity."
[[nodiscard]] ApiError order_rejected(std::string_view text);       // -2010

// Who is asking.
[[nodiscard]] ApiError bad_key_format();
[[nodiscard]] ApiError key_refused();
[[nodiscard]] ApiError bad_signature();
[[nodiscard]] ApiError timestamp_ahead();
[[nodiscard]] ApiError timestamp_expired();
[[nodiscard]] ApiError window_too_long();

// What was asked of the exchange.
[[nodiscard]] ApiError no_such_order();
[[nodiscard]] ApiError client_order_id_differs();
[[nodiscard]] ApiError refused(gateways::Refusal refusal);
[[nodiscard]] ApiError timed_out();
[[nodiscard]] ApiError limited(const limits::Verdict& verdict, const limits::Profile& profile);

enum class Asked : std::uint8_t { place, cancel };
// A fold's rejection of a command.
[[nodiscard]] ApiError rejected(core::Rejection rejection, Asked asked);

}  // namespace spot
