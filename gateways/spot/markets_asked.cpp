#include "gateways/spot/markets_asked.h"

#include <algorithm>

namespace spot {
std::string_view take_status(Arguments& arguments) {
  const auto text = arguments.optional("symbolStatus");
  return text && arguments.ok() ? arguments.named(*text, kSymbolStatuses, invalid_symbol_status) : std::string_view{};
}

bool has_status(const instruments::Market& market, std::string_view status) {
  return status.empty() || name_of(market.state) == status;
}

std::size_t symbols_sent(const Parameters& parameters) {
  const std::string_view text = parameters.peek("symbols").value_or("");
  return static_cast<std::size_t>(std::ranges::count(text, '"')) / 2;
}

MarketsAsked take_markets(Arguments& arguments, std::size_t symbols_max) {
  if (arguments.sent("symbol") && arguments.sent("symbols")) arguments.complain(bad_combination());
  MarketsAsked asked;
  asked.one = arguments.optional_market();
  asked.some = arguments.markets(symbols_max);
  asked.status = take_status(arguments);
  return asked;
}

MarketsAsked take_some_markets(Arguments& arguments, std::size_t symbols_max) {
  MarketsAsked asked = take_markets(arguments, symbols_max);
  if (asked.one == nullptr && (!asked.some || asked.some->empty()))
    arguments.complain(both_missing("symbol", "symbols"));
  return asked;
}

}  // namespace spot
