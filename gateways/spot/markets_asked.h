// For which markets a public read is: `symbol`, `symbols` or all, and `symbolStatus`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gateways/spot/shapes.h"

namespace spot {

struct MarketsAsked {
  const instruments::Market* one = nullptr;
  std::optional<std::vector<const instruments::Market*>> some;  // neither: all
  std::string_view status;                                      // empty: any
};
[[nodiscard]] MarketsAsked take_markets(Arguments& arguments);
// The same where neither is refused, and more than so many.
[[nodiscard]] MarketsAsked take_markets(Arguments& arguments, std::size_t count_max);

// How many `symbols` names, before anything is checked.
[[nodiscard]] std::size_t symbols_sent(const Parameters& parameters);

// `symbolStatus` alone: empty when not sent.
[[nodiscard]] std::string_view take_status(Arguments& arguments);
[[nodiscard]] bool has_status(const instruments::Market& market, std::string_view status);

// One answer for `symbol`, an array of them for `symbols` or for neither. REQUIRES all arguments to be taken, without
// a complaint.
template <class WriteOne>
void write_for_markets(const Context& context, const MarketsAsked& asked, Arguments& arguments, JsonWriter& json,
                       WriteOne write_one) {
  const auto write = [&](const instruments::Market& market) {
    write_one(listing_of(context.views.instruments, market));
  };
  if (asked.one != nullptr) {
    if (!has_status(*asked.one, asked.status)) return arguments.complain(symbol_status_differs());
    return write(*asked.one);
  }
  json.begin_array();
  if (asked.some) {
    for (const instruments::Market* market : *asked.some) {
      if (has_status(*market, asked.status)) write(*market);
    }
  } else {
    for (const instruments::Market& market : context.views.instruments.markets()) {
      if (has_status(market, asked.status)) write(market);
    }
  }
  json.end_array();
}

}  // namespace spot
