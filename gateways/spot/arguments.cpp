#include "gateways/spot/arguments.h"

#include <algorithm>
#include <limits>

#include "gateways/auth/freshness.h"
#include "services/orders/client_order_id.h"

namespace spot {
namespace {

constexpr std::size_t kSymbolCharsMax = 20;
constexpr std::size_t kIntegerDigitsMax = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const auto fits = [](std::string_view digits) {
    return !digits.empty() && digits.size() <= kIntegerDigitsMax && std::ranges::all_of(digits, is_digit);
  };
  return fits(whole) && (point == std::string_view::npos || fits(text.substr(point + 1)));
}

}  // namespace

bool is_symbol(std::string_view text) {
  return !text.empty() && text.size() <= kSymbolCharsMax && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

std::optional<std::vector<std::string_view>> parse_symbol_list(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> out;
  while (!text.empty()) {
    if (text.front() != '"') return std::nullopt;
    const std::size_t end = text.find('"', 1);
    if (end == std::string_view::npos || !is_symbol(text.substr(1, end - 1))) return std::nullopt;
    out.push_back(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (text.empty()) break;
    if (text.front() != ',' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return out;
}

std::optional<std::int64_t> parse_time_zone(std::string_view text) {
  constexpr std::int64_t kMinuteNs = 60'000'000'000, kWestMax = -12 * 60, kEastMax = 14 * 60, kStep = 15;
  const bool is_west = text.starts_with('-');
  if (is_west || text.starts_with('+') || text.starts_with(' ')) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  const std::string_view hours = text.substr(0, colon);
  const std::string_view minutes = colon == std::string_view::npos ? "00" : text.substr(colon + 1);
  if (hours.empty() || hours.size() > 2 || minutes.size() != 2) return std::nullopt;
  if (!std::ranges::all_of(hours, is_digit) || !std::ranges::all_of(minutes, is_digit)) return std::nullopt;
  std::int64_t hour = 0;
  for (const char c : hours) hour = hour * 10 + (c - '0');
  const std::int64_t minute = (minutes[0] - '0') * 10 + (minutes[1] - '0');
  if (minute >= 60) return std::nullopt;
  const std::int64_t offset = (is_west ? -1 : 1) * (hour * 60 + minute);
  if (offset < kWestMax || offset > kEastMax || offset % kStep != 0) return std::nullopt;
  return offset * kMinuteNs;
}

std::string_view Arguments::mandatory(std::string_view name) {
  const auto value = parameters_.read(name);
  if (value && !value->empty()) return *value;
  complain(missing(name));
  return {};
}

std::optional<std::string_view> Arguments::optional(std::string_view name) {
  const auto value = parameters_.read(name);
  if (value && value->empty()) complain(empty(name));
  return value;
}

void Arguments::forbid(std::string_view name) {
  if (sent(name)) complain(not_required(name));
}

const instruments::Market* Arguments::find_market(std::string_view symbol) {
  if (!is_symbol(symbol)) {
    complain(illegal_characters("symbol", kSymbolRange));
    return nullptr;
  }
  const instruments::Market* market = instruments_.market(symbol);
  if (market == nullptr) complain(invalid_symbol());
  return market;
}

const instruments::Market* Arguments::market() {
  const std::string_view symbol = mandatory("symbol");
  return ok() ? find_market(symbol) : nullptr;
}

const instruments::Market* Arguments::optional_market() {
  const auto symbol = optional("symbol");
  return ok() && symbol ? find_market(*symbol) : nullptr;
}

std::optional<std::vector<const instruments::Market*>> Arguments::markets(std::size_t count_max) {
  const auto text = optional("symbols");
  if (!text || !ok()) return std::nullopt;
  const auto symbols = parse_symbol_list(*text);
  if (!symbols) {
    complain(illegal_characters("symbols", kSymbolsRange));
    return std::nullopt;
  }
  if (symbols->size() > count_max) {
    complain(too_many_values("symbols", count_max));
    return std::nullopt;
  }
  std::vector<const instruments::Market*> out;
  for (const std::string_view symbol : *symbols) {
    const instruments::Market* market = find_market(symbol);
    if (market == nullptr) return std::nullopt;
    out.push_back(market);
  }
  std::vector<const instruments::Market*> sorted = out;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) complain(duplicate_symbols());
  return out;
}

std::optional<std::uint64_t> Arguments::integer(std::string_view name) {
  const auto text = optional(name);
  if (!text || !ok()) return std::nullopt;
  if (text->size() > kIntegerDigitsMax || !std::ranges::all_of(*text, is_digit)) {
    complain(illegal_characters(name, kIntegerRange));
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : *text) {
    // Saturates: no id and no limit is that large, and none is found by it.
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::numeric_limits<std::uint64_t>::max();
    }
  }
  return value;
}

std::size_t Arguments::limit(std::size_t usual, std::size_t max) {
  const auto value = integer("limit");
  if (!value) return usual;
  if (*value == 0) complain(invalid("limit"));
  return std::min<std::size_t>(*value, max);
}

std::optional<core::Time> Arguments::time(std::string_view name) {
  const auto text = optional(name);
  if (!text || !ok()) return std::nullopt;
  const auto time = auth::parse_time(*text);
  if (!time) complain(illegal_characters(name, kIntegerRange));
  return time;
}

std::optional<core::Time> Arguments::end_time(std::string_view name) {
  const auto start = time(name);
  if (!start) return start;
  const auto sent = integer(name);
  const bool in_milliseconds = sent && *sent == static_cast<std::uint64_t>(start->milliseconds());
  return core::Time{start->ns + (in_milliseconds ? 1'000'000 : 1'000) - 1};
}

std::int64_t Arguments::time_zone() {
  const auto text = optional("timeZone");
  if (!text || !ok()) return 0;
  const auto offset_ns = parse_time_zone(*text);
  if (!offset_ns) complain(invalid("timeZone"));
  return offset_ns.value_or(0);
}

bool Arguments::boolean(std::string_view name, bool usual) {
  const auto text = optional(name);
  if (!text || !ok()) return usual;
  if (*text == "true" || *text == "TRUE") return true;
  if (*text != "false" && *text != "FALSE") complain(illegal_characters(name, kBooleanRange));
  return false;
}

core::ClientOrderId Arguments::client_order_id(std::string_view name) {
  const auto text = optional(name);
  if (!text || !ok()) return {};
  if (!orders::is_valid_client_order_id(*text)) {
    complain(illegal_characters(name, kClientOrderIdRange));
    return {};
  }
  return core::ClientOrderId(*text);
}

std::string_view Arguments::decimal(std::string_view name) {
  const std::string_view text = mandatory(name);
  if (ok() && !is_decimal(text)) complain(illegal_characters(name, kDecimalRange));
  return text;
}

void Arguments::complain_about(instruments::ConvertError error, std::string_view name, std::string_view filter) {
  switch (error) {
    case instruments::ConvertError::malformed:
      return complain(illegal_characters(name, kDecimalRange));
    case instruments::ConvertError::too_many_decimals:
      return complain(too_precise(name));
    case instruments::ConvertError::off_step:
    case instruments::ConvertError::too_large:
      return complain(filter_failure(filter));
  }
}

core::Price Arguments::price(std::string_view name, const instruments::Market& market,
                             const instruments::Asset& quote) {
  const std::string_view text = decimal(name);
  if (!ok()) return {};
  const auto price = instruments::parse_price(market, text, quote.ledger_decimals);
  if (!price) return complain_about(price.error(), name, "PRICE_FILTER"), core::Price{};
  if (price->is_zero()) complain(invalid_order_value(name));
  return *price;
}

core::Quantity Arguments::quantity(std::string_view name, const instruments::Market& market,
                                   const instruments::Asset& base) {
  const std::string_view text = decimal(name);
  if (!ok()) return {};
  const auto quantity = instruments::parse_quantity(market, text, base.ledger_decimals);
  if (!quantity) return complain_about(quantity.error(), name, "LOT_SIZE"), core::Quantity{};
  if (quantity->is_zero()) complain(invalid_order_value("quantity"));
  return *quantity;
}

core::Amount Arguments::amount(std::string_view name, const instruments::Asset& asset) {
  const std::string_view text = decimal(name);
  if (!ok()) return {};
  const auto amount = instruments::parse_amount(asset, text);
  if (!amount) return complain_about(amount.error(), name, "NOTIONAL"), core::Amount{};
  if (amount->is_zero()) complain(invalid_order_value(name));
  return *amount;
}

bool Arguments::finish() {
  if (parameters_.read_count() != parameters_.sent())
    complain(unread_parameters(parameters_.read_count(), parameters_.sent()));
  return ok();
}

bool Arguments::finish_without_any() {
  const std::size_t unread = parameters_.sent() - parameters_.read_count();
  if (unread > 0) complain(too_many_parameters(0, unread));
  return ok();
}

}  // namespace spot
