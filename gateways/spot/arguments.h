// Takes typed values out of a request's parameters, with the published complaint about each that is missing or wrong.
//
// The first complaint stays: an operation takes all its arguments, ends with finish(), and asks once whether all went
// well. What a getter returns after a complaint means nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/spot/error.h"
#include "gateways/spot/parameters.h"
#include "services/instruments/convert.h"
#include "services/instruments/registry.h"

namespace spot {

// The ranges named in -1100.
inline constexpr std::string_view kSymbolRange = "^[A-Z0-9-_.]{1,20}$";
inline constexpr std::string_view kSymbolsRange = R"(^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\]$)";
inline constexpr std::string_view kIntegerRange = "^[0-9]{1,20}$";
inline constexpr std::string_view kDecimalRange = R"(^([0-9]{1,20})(\.[0-9]{1,20})?$)";
inline constexpr std::string_view kClientOrderIdRange = "^[a-zA-Z0-9-_]{1,36}$";
inline constexpr std::string_view kBooleanRange = "^(true|false|TRUE|FALSE)$";

template <class Value>
using Names = std::span<const std::pair<std::string_view, Value>>;

class Arguments {
 public:
  Arguments(Parameters& parameters, const instruments::Registry& instruments)
      : parameters_(parameters), instruments_(instruments) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] const ApiError& error() const { return *error_; }
  void complain(ApiError error) {
    if (!error_) error_ = std::move(error);
  }
  [[nodiscard]] bool sent(std::string_view name) const { return parameters_.peek(name).has_value(); }

  // Sent and not empty, or a complaint.
  [[nodiscard]] std::string_view mandatory(std::string_view name);
  // Nothing when not sent; a complaint when empty.
  [[nodiscard]] std::optional<std::string_view> optional(std::string_view name);
  // A complaint when sent.
  void forbid(std::string_view name);

  // Null only after a complaint.
  [[nodiscard]] const instruments::Market* market();
  // Null when `symbol` was not sent.
  [[nodiscard]] const instruments::Market* optional_market();
  // `symbols`, a JSON array of them; nothing when not sent.
  [[nodiscard]] std::optional<std::vector<const instruments::Market*>> markets();

  [[nodiscard]] std::optional<std::uint64_t> integer(std::string_view name);
  [[nodiscard]] std::size_t limit(std::size_t usual, std::size_t max);
  [[nodiscard]] std::optional<core::Time> time(std::string_view name);
  // The end of a period that includes it: the last nanosecond of the millisecond or microsecond that was sent.
  [[nodiscard]] std::optional<core::Time> end_time(std::string_view name);
  // `timeZone`: what local time is ahead of UTC, in nanoseconds; 0 when not sent.
  [[nodiscard]] std::int64_t time_zone();
  [[nodiscard]] bool boolean(std::string_view name, bool usual);
  [[nodiscard]] core::ClientOrderId client_order_id(std::string_view name);  // empty when not sent

  // Mandatory, of the published form.
  [[nodiscard]] std::string_view decimal(std::string_view name);
  // REQUIRES market and asset not to be null unless there is a complaint already. Zero is a complaint.
  [[nodiscard]] core::Price price(std::string_view name, const instruments::Market& market,
                                  const instruments::Asset& quote);
  [[nodiscard]] core::Quantity quantity(std::string_view name, const instruments::Market& market,
                                        const instruments::Asset& base);
  [[nodiscard]] core::Amount amount(std::string_view name, const instruments::Asset& asset);

  // The value `text` names; `otherwise` is the complaint when it names none.
  template <class Value, std::size_t N>
  [[nodiscard]] Value named(std::string_view text, const std::array<std::pair<std::string_view, Value>, N>& names,
                            ApiError (*otherwise)()) {
    for (const auto& [name, value] : names) {
      if (name == text) return value;
    }
    complain(otherwise());
    return names.front().second;
  }

  // All arguments have been taken: what is left over is a complaint.
  [[nodiscard]] bool finish();
  // The same for an operation that takes none.
  [[nodiscard]] bool finish_without_any();

 private:
  [[nodiscard]] const instruments::Market* find_market(std::string_view symbol);
  void complain_about(instruments::ConvertError error, std::string_view name, std::string_view filter);

  Parameters& parameters_;
  const instruments::Registry& instruments_;
  std::optional<ApiError> error_;
};

[[nodiscard]] bool is_symbol(std::string_view text);
// "8", "-1:00", "05:45", "+14:00": from -12:00 to +14:00 in quarter hours. A blank, which an unencoded plus in a query
// stands for, is a plus.
[[nodiscard]] std::optional<std::int64_t> parse_time_zone(std::string_view text);
// The strings of a JSON array of symbol-like strings; nothing when the text is not of that form.
[[nodiscard]] std::optional<std::vector<std::string_view>> parse_symbol_list(std::string_view text);

}  // namespace spot
