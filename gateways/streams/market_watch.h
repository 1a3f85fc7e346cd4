// What market streams keep of markets; private to market_streams*.cpp.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateways/streams/depth_changes.h"
#include "gateways/streams/fan_out.h"
#include "gateways/streams/market_messages.h"
#include "gateways/streams/market_streams.h"
#include "services/market_data/markets.h"

namespace streams {

inline constexpr std::int64_t kMillisecondNs = 1'000'000, kSecondNs = 1'000 * kMillisecondNs;

// The changes of a book that one of the two depth streams has not told yet: the updates first to last.
struct DepthStream {
  Stream stream;
  DepthChanges changes;
  std::uint64_t first = 0, last = 0;
};

struct PartialDepthStream {
  Stream stream;
  std::uint64_t told = 0;  // the update that the last message was of
};

// The candle of the period at hand, made trade by trade: the read model has only the present one, and what closed while
// a command was carried out is told as it was.
struct CandleStream {
  Stream stream;
  std::optional<market_data::Candle> candle;    // nothing before the first trade ever
  std::optional<market_data::Candle> previous;  // the one closed before it, for trades that are released late
  core::Time next_open;                         // the candle's period ends before it
  bool is_changed = false;                      // since it was last told
};

// What the events last said of a market's state and of its call.
struct AuctionStream {
  Stream stream;
  AuctionFigures figures;
  bool is_changed = false;  // since it was last told
};

// The streams of a market that somebody watches. Found by position: no look-up by name on the way of an event.
struct Watch {
  std::size_t streams_read = 0;
  Stream trades, aggregate_trades, book_ticker, average_price, mini_ticker, ticker;
  std::array<Stream, kWindows.size()> window_tickers;
  std::array<DepthStream, 2> depth;                                              // every 1000 ms, every 100 ms
  std::array<std::array<PartialDepthStream, 2>, kPartialLevels.size()> partial;  // by levels, likewise
  std::vector<std::unique_ptr<CandleStream>> candles;
  AuctionStream auction;
  market_data::AveragePrice average_told;
};

[[nodiscard]] bool is_window_read(const Watch& watch, Window window);  // by somebody who reads this market alone

struct TradeRange {
  core::TradeId first, last;
  friend bool operator==(TradeRange, TradeRange) = default;
};

// Of every market, since somebody has watched any; small, for there may be very many.
struct Tracked {
  std::unique_ptr<Watch> watch;   // null: nobody reads streams of this market alone
  std::uint64_t last_update = 0;  // of the events heard of
  market_data::BestPrices best;   // as last compared
  std::uint64_t best_change = 0;  // the change that moved it
  std::uint64_t ticker_change = 0;
  std::array<TradeRange, kWindows.size()> told;  // what the statistics last told were made of, by window
  bool is_touched = false;                       // in this batch
  bool has_moved = false;                        // traded, or best prices moved, since tickers were last told
  bool best_moved = false;                       // likewise
};

// Streams of all markets together.
struct AllMarkets {
  std::size_t streams_read = 0;
  Stream book_tickers, mini_tickers, tickers;
  std::array<Stream, kWindows.size()> window_tickers;
  [[nodiscard]] bool is_window_read(Window window) const {
    return window_tickers[static_cast<std::size_t>(window)].reader_count > 0 ||
           (window == Window::day_1 && mini_tickers.reader_count + tickers.reader_count > 0);
  }
  [[nodiscard]] bool wants_tickers() const {
    bool wanted = mini_tickers.reader_count + tickers.reader_count > 0;
    for (const Stream& stream : window_tickers) wanted |= stream.reader_count > 0;
    return wanted;
  }
};

// Streams of tickers of all markets: which, of what, and the next message while it is being put together.
struct TickerArray {
  Stream* stream = nullptr;
  StreamKind element = StreamKind::mini_ticker;
  Window window = Window::day_1;
  std::array<std::string, 2> draft;  // by time unit
};

struct MarketStreams::State {
  State(gateways::ExchangePort& given, SlowReaderLimits limits) : port(given), fan_out(limits) {}

  gateways::ExchangePort& port;
  FanOut fan_out;
  std::vector<Tracked> tracked;         // by market id - 1
  std::vector<core::MarketId> watched;  // those with a Watch
  AllMarkets all;
  std::vector<core::MarketId> touched, moved;
  std::uint64_t change = 0;  // counts what is told, so that who was passed over knows from where on
  core::Time heard;          // of the latest command
  std::int64_t next_fast_ns = 0, next_slow_ns = 0;
  std::uint64_t slow_turns = 0;  // full seconds told
  // Trades of the command at hand that go together.
  struct Run {
    core::MarketId market;
    core::OrderId taker;
    market_data::AggregateTrade trade;
  };
  std::vector<Run> runs;
  std::array<TickerArray, 2 + kWindows.size()> arrays = {
      {{.stream = &all.mini_tickers, .element = StreamKind::mini_ticker},
       {.stream = &all.tickers, .element = StreamKind::ticker},
       {.stream = &all.window_tickers[0], .element = StreamKind::window_ticker, .window = kWindows[0]},
       {.stream = &all.window_tickers[1], .element = StreamKind::window_ticker, .window = kWindows[1]},
       {.stream = &all.window_tickers[2], .element = StreamKind::window_ticker, .window = kWindows[2]}}};

  [[nodiscard]] const engine::Views& views() const { return port.views(); }
  [[nodiscard]] spot::Listing listing(core::MarketId market) const {
    const instruments::Market* found = views().instruments.market(market);
    CHECK(found != nullptr);
    return spot::listing_of(views().instruments, *found);
  }
  [[nodiscard]] Tracked& tracked_of(core::MarketId market) {
    if (market.value() > tracked.size()) tracked.resize(market.value());
    return tracked[market.value() - 1];
  }
  [[nodiscard]] bool is_idle() const { return watched.empty() && all.streams_read == 0; }
  // What is told now is not older than what it tells of.
  [[nodiscard]] core::Time sent_at(core::Time now) const { return now > heard ? now : heard; }

  // Subscriptions (market_streams.cpp).
  [[nodiscard]] Stream* find(const StreamName& name);
  [[nodiscard]] Stream& make(const StreamName& name);
  [[nodiscard]] CandleStream& candle_stream(const StreamName& name);  // REQUIRES that somebody reads it
  [[nodiscard]] TradeRange range_of(core::MarketId market, Window window, core::Time now) const;
  void begin_comparing(core::MarketId id, const StreamName& name);
  void begin_telling(Stream& stream);
  void end_telling(Stream& stream);

  // Events (market_streams_events.cpp).
  void hear(const matching::MarketEvent& event, core::Time sent);
  void hear_trade(Tracked& market, const matching::MarketEvent& event, core::Time sent);
  void tell_runs(core::Time sent);
  void tell_best(core::MarketId market, Tracked& record);

  // Auctions (market_streams_auction.cpp).
  void begin_auction(core::MarketId market, AuctionStream& auction) const;
  void hear_auction(AuctionStream& auction, const matching::MarketEvent& event);
  void tell_auction(core::MarketId market, Tracked& record);

  // Candles (market_streams_candles.cpp).
  void begin_candle(CandleStream& stream);
  void add_trade(CandleStream& stream, const market_data::Trade& trade, core::Time sent);
  void close_candles(CandleStream& stream, core::Time until, core::Time sent);
  void tell_candle(CandleStream& stream, const market_data::Candle& candle, bool is_closed, core::Time sent);
  void close_due_candles(core::Time sent);
  void tell_candles(core::Time sent, bool with_long_ones);

  // By the clock (market_streams_clock.cpp).
  void tell_depth(bool fast, core::Time sent);
  void tell_tickers(core::Time sent);
  void tell_tickers_of(core::MarketId market, core::Time sent);
  void add_to_draft(std::size_t array, core::MarketId market, core::Time sent,
                    const market_data::Statistics& statistics);
  void tell_draft(std::size_t array);
  void tell_averages(core::Time sent);
  void catch_up(core::Time sent);
  void catch_up_all(Stream& stream, core::Time sent);
  void write_state(spot::JsonWriter& json, const StreamName& name, Stamp stamp);
  void write_ticker_object(spot::JsonWriter& json, core::MarketId market, StreamKind kind, Window window, Stamp stamp,
                           const market_data::Statistics& statistics);
};

}  // namespace streams
