#include "gateways/streams/stream_name.h"

#include <array>

#include "pkg/core/check.h"

namespace streams {
namespace {

constexpr std::string_view kFast = "@100ms", kZone = "@+08:00", kCandle = "kline_", kWindowTicker = "ticker_";
constexpr std::string_view kAll = "!", kArray = "@arr";
constexpr std::int64_t kHourNs = 3'600'000'000'000;

struct Simple {
  std::string_view name;
  StreamKind kind;
};
constexpr std::array<Simple, 7> kOfMarket = {{{"trade", StreamKind::trade},
                                              {"aggTrade", StreamKind::aggregate_trade},
                                              {"bookTicker", StreamKind::book_ticker},
                                              {"avgPrice", StreamKind::average_price},
                                              {"auction", StreamKind::auction},
                                              {"miniTicker", StreamKind::mini_ticker},
                                              {"ticker", StreamKind::ticker}}};
constexpr std::array<Simple, 3> kOfAll = {{{"!bookTicker", StreamKind::all_book_tickers},
                                           {"!miniTicker@arr", StreamKind::all_mini_tickers},
                                           {"!ticker@arr", StreamKind::all_tickers}}};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

template <std::size_t N>
std::optional<StreamKind> kind_in(const std::array<Simple, N>& table, std::string_view name) {
  for (const Simple& simple : table) {
    if (simple.name == name) return simple.kind;
  }
  return std::nullopt;
}
template <std::size_t N>
std::string_view name_in(const std::array<Simple, N>& table, StreamKind kind) {
  for (const Simple& simple : table) {
    if (simple.kind == kind) return simple.name;
  }
  CHECK_MSG(false, "a kind of stream without a name");
  return {};
}

std::optional<Window> window_of(std::string_view text) {
  for (const Window window : kWindows) {
    if (name_of(window) == text) return window;
  }
  return std::nullopt;
}

const instruments::Market* market_of(std::string_view lower, const instruments::Registry& instruments) {
  std::array<char, core::Symbol::capacity> upper{};
  if (lower.empty() || lower.size() > upper.size()) return nullptr;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = lower[i];
    const bool is_letter = c >= 'a' && c <= 'z';
    if (!is_letter && !(c >= '0' && c <= '9')) return nullptr;
    upper[i] = is_letter ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return instruments.market(std::string_view(upper.data(), lower.size()));
}

// What stands behind "depth".
bool parse_depth(std::string_view text, StreamName& name) {
  name.is_fast = take_suffix(text, kFast);
  name.kind = StreamKind::depth;
  if (text.empty()) return true;
  name.kind = StreamKind::partial_depth;
  for (const std::uint8_t levels : kPartialLevels) {
    name.levels = levels;
    if (text == std::to_string(levels)) return true;
  }
  return false;
}

bool parse_candle(std::string_view text, StreamName& name) {
  name.kind = StreamKind::candle;
  name.has_zone = take_suffix(text, kZone);
  const auto interval = market_data::interval_of(text);
  if (!interval) return false;
  name.interval = *interval;
  return true;
}

bool parse_window(std::string_view text, StreamKind kind, StreamName& name) {
  name.kind = kind;
  const auto window = window_of(text);
  if (!window) return false;
  name.window = *window;
  return true;
}

// What stands behind the symbol.
bool parse_kind(std::string_view text, StreamName& name) {
  if (const auto kind = kind_in(kOfMarket, text)) {
    name.kind = *kind;
    return true;
  }
  if (take_prefix(text, "depth")) return parse_depth(text, name);
  if (take_prefix(text, kCandle)) return parse_candle(text, name);
  return take_prefix(text, kWindowTicker) && parse_window(text, StreamKind::window_ticker, name);
}

std::optional<StreamName> parse_of_all(std::string_view text) {
  StreamName name;
  if (const auto kind = kind_in(kOfAll, text)) {
    name.kind = *kind;
    return name;
  }
  take_prefix(text, kAll);
  if (!take_prefix(text, kWindowTicker) || !take_suffix(text, kArray)) return std::nullopt;
  return parse_window(text, StreamKind::all_window_tickers, name) ? std::optional(name) : std::nullopt;
}

void append_kind(std::string& out, const StreamName& name) {
  switch (name.kind) {
    case StreamKind::depth:
      out += "depth";
      if (name.is_fast) out += kFast;
      return;
    case StreamKind::partial_depth:
      out += "depth";
      out += std::to_string(name.levels);
      if (name.is_fast) out += kFast;
      return;
    case StreamKind::window_ticker:
      out += kWindowTicker;
      out += name_of(name.window);
      return;
    case StreamKind::candle:
      out += kCandle;
      out += name_of(name.interval);
      if (name.has_zone) out += kZone;
      return;
    default:
      out += name_in(kOfMarket, name.kind);
  }
}

}  // namespace

std::string_view name_of(Window window) {
  switch (window) {
    case Window::hour_1:
      return "1h";
    case Window::hour_4:
      return "4h";
    case Window::day_1:
      break;
  }
  return "1d";
}

std::int64_t length_ns(Window window) {
  switch (window) {
    case Window::hour_1:
      return kHourNs;
    case Window::hour_4:
      return 4 * kHourNs;
    case Window::day_1:
      break;
  }
  return 24 * kHourNs;
}

std::optional<StreamName> parse_stream_name(std::string_view text, const instruments::Registry& instruments) {
  if (text.starts_with(kAll)) return parse_of_all(text);
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const instruments::Market* market = market_of(text.substr(0, at), instruments);
  StreamName name;
  if (market == nullptr || !parse_kind(text.substr(at + 1), name)) return std::nullopt;
  name.market = market->id;
  // One name for one stream, whatever was tried on the way.
  if (name.kind != StreamKind::partial_depth) name.levels = 0;
  return name;
}

void append_stream_name(std::string& out, const StreamName& name, const instruments::Registry& instruments) {
  if (name.market.is_none()) {
    if (name.kind != StreamKind::all_window_tickers) {
      out += name_in(kOfAll, name.kind);
      return;
    }
    out += kAll;
    out += kWindowTicker;
    out += name_of(name.window);
    out += kArray;
    return;
  }
  const instruments::Market* market = instruments.market(name.market);
  CHECK(market != nullptr);
  for (const char c : market->symbol.view()) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  out += '@';
  append_kind(out, name);
}

}  // namespace streams
