#include "gateways/spot/error.h"

#include <fmt/format.h>

namespace spot {
namespace {

ApiError make(int code, std::string message) { return {.status = 400, .code = code, .message = std::move(message)}; }
ApiError make(int status, int code, std::string message) {
  return {.status = status, .code = code, .message = std::move(message)};
}

constexpr int kRejectedCode = -2010, kCancelRejectedCode = -2011, kAmendRejectedCode = -2038, kFilterCode = -1013;

int code_of(Asked asked) {
  switch (asked) {
    case Asked::place:
      return kRejectedCode;
    case Asked::cancel:
      return kCancelRejectedCode;
    case Asked::amend:
      return kAmendRejectedCode;
  }
  return kRejectedCode;
}

// The way windows are named in texts: "1 MINUTE".
std::string window_name(const limits::Window& window) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  const std::int64_t seconds = window.length_ns / kSecondNs;
  if (seconds % 86'400 == 0) return fmt::format("{} DAY", seconds / 86'400);
  if (seconds % 60 == 0) return fmt::format("{} MINUTE", seconds / 60);
  return fmt::format("{} SECOND", seconds);
}

ApiError too_many_orders(const limits::Window& window) {
  return make(
      429, kTooManyOrdersCode,
      fmt::format("Too many new orders; current limit is {} orders per {}.", window.count, window_name(window)));
}

constexpr std::string_view kInsufficientBalance = "Account has insufficient balance for requested action.";

}  // namespace

void write(JsonWriter& json, const ApiError& error) {
  json.begin_object().field("code", error.code).field("msg", error.message);
  if (!error.data.empty()) json.key("data").raw(error.data);
  json.end_object();
}

ApiError not_found() { return make(404, -1020, "This operation is not supported."); }
ApiError method_not_allowed(int status) { return make(status, -1020, "This operation is not supported."); }
ApiError bad_http(int status, std::string_view reason) {
  return make(status, -1000, fmt::format("Bad HTTP request: {}.", reason));
}
ApiError bad_json() { return make(-1135, "Invalid JSON Request"); }
ApiError unavailable() { return make(503, -1001, "Internal error; unable to process your request. Please try again."); }
ApiError bad_json_parameter(std::string_view name) {
  return make(-1135, fmt::format("JSON sent for parameter '{}' is not valid", name));
}
ApiError bad_time_unit() {
  return make(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.");
}

ApiError illegal_characters() { return make(-1100, "Illegal characters found in a parameter."); }
ApiError illegal_characters(std::string_view name, std::string_view range) {
  return make(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '{}'.", name, range));
}
ApiError too_many_parameters() { return make(-1101, "Too many parameters sent for this endpoint."); }
ApiError too_many_parameters(std::size_t expected, std::size_t received) {
  return make(-1101, fmt::format("Too many parameters; expected '{}' and received '{}'.", expected, received));
}
ApiError too_many_values(std::string_view name, std::size_t max) {
  return make(-1101, fmt::format("Too many values sent for parameter '{}', maximum allowed up to {}.", name, max));
}
ApiError duplicate_parameter() { return make(-1101, "Duplicate values for a parameter detected."); }
ApiError missing(std::string_view name) {
  return make(-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name));
}
ApiError both_missing(std::string_view name, std::string_view other) {
  return make(-1102, fmt::format("Param '{}' or '{}' must be sent, but both were empty/null!", name, other));
}
ApiError unread_parameters(std::size_t read, std::size_t sent) {
  return make(-1104,
              fmt::format("Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.", read, sent));
}
ApiError empty(std::string_view name) { return make(-1105, fmt::format("Parameter '{}' was empty.", name)); }
ApiError not_required(std::string_view name) {
  return make(-1106, fmt::format("Parameter '{}' sent when not required.", name));
}
ApiError too_precise(std::string_view name) {
  return make(-1111, fmt::format("Parameter '{}' has too much precision.", name));
}
ApiError invalid(std::string_view name) {
  return make(-1130, fmt::format("Data sent for parameter '{}' is not valid.", name));
}
ApiError bad_combination() { return make(-1128, "Combination of optional parameters invalid."); }
ApiError lookup_too_long() { return make(-1127, "More than 24 hours between startTime and endTime."); }
ApiError invalid_time_in_force() { return make(-1115, "Invalid timeInForce."); }
ApiError invalid_order_type() { return make(-1116, "Invalid orderType."); }
ApiError invalid_side() { return make(-1117, "Invalid side."); }
ApiError invalid_interval() { return make(-1120, "Invalid interval."); }
ApiError invalid_ticker_type() { return make(-1139, "Invalid ticker type."); }
ApiError invalid_symbol() { return make(-1121, "Invalid symbol."); }
ApiError invalid_symbol_status() { return make(-1122, "Invalid symbolStatus."); }
ApiError symbol_status_differs() {
  return make(-1220, "The symbol's status does not match the requested symbolStatus.");
}
ApiError duplicate_symbols() { return make(-1151, "Symbol is present multiple times in the list."); }
ApiError bad_strategy_type() { return make(-1134, "strategyType was less than 1000000."); }
ApiError not_offered() { return make(-1020, "This operation is not supported."); }
ApiError bad_cancel_restrictions() { return make(-1145, "Invalid cancelRestrictions"); }
ApiError filter_failure(std::string_view filter) {
  return make(kFilterCode, fmt::format("Filter failure: {}", filter));
}
ApiError invalid_order_value(std::string_view what) { return make(kFilterCode, fmt::format("Invalid {}.", what)); }
ApiError order_rejected(std::string_view text) { return make(kRejectedCode, std::string(text)); }

ApiError not_authorized() { return make(401, -1002, "You are not authorized to execute this request."); }
ApiError key_type_not_for_sessions(std::string_view type) {
  return make(-4056, fmt::format("{} API key is not supported.", type));
}
ApiError subscription_active() { return make(-2035, "User Data Stream subscription already active."); }
ApiError subscription_inactive() { return make(-2036, "User Data Stream subscription not active."); }
ApiError too_many_subscriptions(std::size_t max) {
  return make(-1191,
              fmt::format("Too many subscriptions. Connection may create up to '{}' subscriptions at a time.", max));
}
ApiError no_subscription_ids_left() { return make(-2042, "Maximum subscription ID reached for this connection."); }

ApiError bad_key_format() { return make(401, -2014, "API-key format invalid."); }
ApiError key_refused() { return make(401, -2015, "Invalid API-key, IP, or permissions for action."); }
ApiError bad_signature() { return make(-1022, "Signature for this request is not valid."); }
ApiError timestamp_ahead() { return make(-1021, "Timestamp for this request was 1000ms ahead of the server's time."); }
ApiError timestamp_expired() { return make(-1021, "Timestamp for this request is outside of the recvWindow."); }
ApiError window_too_long() { return make(-1131, "recvWindow must be less than 60000"); }

ApiError no_such_order() { return make(-2013, "Order does not exist."); }
ApiError no_such_listen_key() { return make(-1125, "This listenKey does not exist."); }
ApiError client_order_id_differs() { return make(-2039, "Client order ID is not correct for this order ID."); }

ApiError refused(gateways::Refusal refusal) {
  switch (refusal) {
    case gateways::Refusal::overloaded:
      return make(503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes.");
    case gateways::Refusal::no_space:
      return make(
          503, -1900,
          "The exchange cannot store new requests: its disk is full. Nothing was changed; please try again later.");
    case gateways::Refusal::stopping:
      return make(503, -1016, "This service is no longer available.");
  }
  return make(500, -1000, "An unknown error occurred while processing the request.");
}

ApiError timed_out() {
  return make(504, -1007,
              "Timeout waiting for response from backend server. Send status unknown; execution status unknown.");
}

ApiError limited(const limits::Verdict& verdict, const limits::Profile& profile) {
  constexpr std::string_view kUseStreams = "Please use WebSocket Streams for live updates to avoid polling the API.";
  ApiError error;
  switch (verdict.finding) {
    case limits::Finding::too_many_orders_short:
      error = too_many_orders(profile.orders_short);
      break;
    case limits::Finding::too_many_orders_day:
      error = too_many_orders(profile.orders_day);
      break;
    case limits::Finding::too_many_requests:
      error = make(429, -1003,
                   fmt::format("Too many requests; current limit is {} requests per {}. {}", profile.raw_requests.count,
                               window_name(profile.raw_requests), kUseStreams));
      break;
    case limits::Finding::too_many_connections:
      error = make(429, -1003,
                   fmt::format("Too many connections; current limit is {} WebSocket connections per {}.",
                               profile.websocket_connections.count, window_name(profile.websocket_connections)));
      break;
    case limits::Finding::banned:
      error = make(418, -1003,
                   fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams for "
                               "live updates to avoid bans.",
                               verdict.until.milliseconds()));
      break;
    case limits::Finding::allowed:
    case limits::Finding::too_much_weight:
      error = make(429, -1003,
                   fmt::format("Too much request weight used; current limit is {} request weight per {}. {}",
                               profile.request_weight.count, window_name(profile.request_weight), kUseStreams));
      break;
  }
  error.retry_after_s = verdict.retry_after_s;
  error.retry_at = verdict.until;
  return error;
}

ApiError replaced_partly(std::string data) {
  ApiError error = make(409, -2021, "Order cancel-replace partially failed.");
  error.data = std::move(data);
  return error;
}
ApiError replace_failed(std::string data, int status) {
  ApiError error = make(status, -2022, "Order cancel-replace failed.");
  error.data = std::move(data);
  return error;
}

ApiError rejected(core::Rejection rejection, Asked asked) {
  using core::Rejection;
  const auto refuse = [asked](std::string_view text) { return make(code_of(asked), std::string(text)); };
  switch (rejection) {
    case Rejection::unknown_market:
      return invalid_symbol();
    case Rejection::market_closed:
      return refuse("Market is closed.");
    case Rejection::price_out_of_range:
      return filter_failure("PRICE_FILTER");
    case Rejection::quantity_out_of_range:
      return filter_failure("LOT_SIZE");
    case Rejection::market_quantity_out_of_range:
      return filter_failure("MARKET_LOT_SIZE");
    case Rejection::notional_out_of_range:
    case Rejection::book_notional_out_of_range:
      return filter_failure("NOTIONAL");
    case Rejection::price_outside_band:
      return filter_failure("PERCENT_PRICE_BY_SIDE");
    case Rejection::too_many_open_orders:
      return filter_failure("MAX_NUM_ORDERS");
    case Rejection::too_many_conditional_orders:
      return filter_failure("MAX_NUM_ALGO_ORDERS");
    case Rejection::trailing_delta_out_of_range:
      return filter_failure("TRAILING_DELTA");
    case Rejection::too_many_peaks:
      return filter_failure("ICEBERG_PARTS");
    case Rejection::peak_exceeds_quantity:
      return refuse("IcebergQty exceeds QTY.");
    case Rejection::nothing_to_sell:
    case Rejection::insufficient_balance:
    case Rejection::budget_exceeded:
      return refuse(kInsufficientBalance);
    case Rejection::duplicate_client_order_id:
      return refuse("Duplicate order sent.");
    case Rejection::nothing_to_do:
      if (asked == Asked::amend) return refuse("The requested action would change no state; rejecting");
      [[fallthrough]];
    case Rejection::unknown_order:
    case Rejection::order_pending:
    case Rejection::stale_handle:
      return refuse("Unknown order sent.");
    case Rejection::not_a_reduction:
      return refuse("Order amend (quantity increase) is not supported.");
    case Rejection::cancel_restricted:
      return refuse("Order was not canceled due to cancel restrictions.");
    case Rejection::invalid_order:
      return refuse("Unsupported order combination");
    case Rejection::self_trade_mode_not_allowed:
      return refuse("This symbol does not allow the specified self-trade prevention mode.");
    case Rejection::would_match_immediately:
      return refuse("Order would immediately match and take.");
    case Rejection::would_trigger_immediately:
      return refuse("Order would trigger immediately.");
    case Rejection::order_not_working:
      return refuse("Orders that wait for their trigger cannot be amended.");
    case Rejection::no_liquidity:
      return refuse("Order book liquidity is less than symbol minimum quantity.");
    case Rejection::unknown_account:
    case Rejection::account_frozen:
      return refuse("This account may not place or cancel orders.");
    default:
      return refuse("The request was rejected.");  // the others answer commands no client of this API sends
  }
}

}  // namespace spot
