// The names of market data streams: "btcusdt@depth@100ms", "!miniTicker@arr". Symbols in lower case, as published.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/core/ids.h"
#include "services/instruments/registry.h"
#include "services/market_data/intervals.h"

namespace streams {

enum class StreamKind : std::uint8_t {
  trade,
  aggregate_trade,
  depth,          // changes
  partial_depth,  // the best levels
  book_ticker,
  average_price,
  auction,  // ours: the state of a market, and the figures of its call
  mini_ticker,
  ticker,
  window_ticker,  // over `window`
  candle,
  all_book_tickers,
  all_mini_tickers,
  all_tickers,
  all_window_tickers,
};

enum class Window : std::uint8_t { hour_1, hour_4, day_1 };
inline constexpr std::array<Window, 3> kWindows = {Window::hour_1, Window::hour_4, Window::day_1};
[[nodiscard]] std::string_view name_of(Window window);  // "1h"
[[nodiscard]] std::int64_t length_ns(Window window);

inline constexpr std::array<std::uint8_t, 3> kPartialLevels = {5, 10, 20};
inline constexpr std::int64_t kZoneOffsetNs = 8 * 3'600'000'000'000;  // of "@+08:00"

struct StreamName {
  StreamKind kind = StreamKind::trade;
  core::MarketId market;    // none: of all markets
  std::uint8_t levels = 0;  // partial_depth
  bool is_fast = false;     // depth, partial_depth: every 100 ms
  Window window = Window::hour_1;
  market_data::Interval interval = market_data::Interval::minute_1;  // candle
  bool has_zone = false;                                             // candle: by the clocks of +08:00
  friend bool operator==(const StreamName&, const StreamName&) = default;
};

// Nothing: no stream has that name, or its market is not listed.
[[nodiscard]] std::optional<StreamName> parse_stream_name(std::string_view text,
                                                          const instruments::Registry& instruments);
void append_stream_name(std::string& out, const StreamName& name, const instruments::Registry& instruments);

// What a stream of all markets is made of.
[[nodiscard]] constexpr StreamKind element_of(StreamKind all) {
  switch (all) {
    case StreamKind::all_book_tickers:
      return StreamKind::book_ticker;
    case StreamKind::all_mini_tickers:
      return StreamKind::mini_ticker;
    case StreamKind::all_tickers:
      return StreamKind::ticker;
    default:
      return StreamKind::window_ticker;
  }
}

}  // namespace streams
