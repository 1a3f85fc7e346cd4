#include "gateways/streams/market_streams.h"

#include <algorithm>

#include "gateways/streams/market_watch.h"
#include "pkg/core/check.h"

namespace streams {
namespace {

// Whoever comes to a stream of all markets is told of all of them first, if they are few enough.
constexpr std::size_t kMarketsToldMax = 2'000;

std::size_t index_of(Window window) { return static_cast<std::size_t>(window); }
std::size_t index_of_levels(std::uint8_t levels) {
  const auto found = std::ranges::find(kPartialLevels, levels);
  CHECK(found != kPartialLevels.end());
  return static_cast<std::size_t>(found - kPartialLevels.begin());
}

Stream& stream_in(AllMarkets& all, const StreamName& name) {
  switch (name.kind) {
    case StreamKind::all_book_tickers:
      return all.book_tickers;
    case StreamKind::all_mini_tickers:
      return all.mini_tickers;
    case StreamKind::all_tickers:
      return all.tickers;
    default:
      return all.window_tickers[index_of(name.window)];
  }
}

CandleStream* candle_in(Watch& watch, const StreamName& name) {
  for (const auto& candles : watch.candles) {
    if (candles->stream.name == name) return candles.get();
  }
  return nullptr;
}

// Null: candles of an interval that nobody reads.
Stream* stream_in(Watch& watch, const StreamName& name) {
  switch (name.kind) {
    case StreamKind::trade:
      return &watch.trades;
    case StreamKind::aggregate_trade:
      return &watch.aggregate_trades;
    case StreamKind::depth:
      return &watch.depth[name.is_fast ? 1 : 0].stream;
    case StreamKind::partial_depth:
      return &watch.partial[index_of_levels(name.levels)][name.is_fast ? 1 : 0].stream;
    case StreamKind::book_ticker:
      return &watch.book_ticker;
    case StreamKind::average_price:
      return &watch.average_price;
    case StreamKind::auction:
      return &watch.auction.stream;
    case StreamKind::mini_ticker:
      return &watch.mini_ticker;
    case StreamKind::ticker:
      return &watch.ticker;
    case StreamKind::window_ticker:
      return &watch.window_tickers[index_of(name.window)];
    case StreamKind::candle: {
      CandleStream* const candles = candle_in(watch, name);
      return candles == nullptr ? nullptr : &candles->stream;
    }
    default:
      CHECK_MSG(false, "a stream of all markets is none of one market");
      return nullptr;
  }
}

// Of a ticker: what it covers.
std::optional<Window> window_in(const StreamName& name) {
  if (name.kind == StreamKind::window_ticker) return name.window;
  if (name.kind == StreamKind::mini_ticker || name.kind == StreamKind::ticker) return Window::day_1;
  return std::nullopt;
}

}  // namespace

bool is_window_read(const Watch& watch, Window window) {
  return watch.window_tickers[index_of(window)].reader_count > 0 ||
         (window == Window::day_1 && watch.mini_ticker.reader_count + watch.ticker.reader_count > 0);
}

// ---- subscriptions ----

Stream* MarketStreams::State::find(const StreamName& name) {
  if (name.market.is_none()) return &stream_in(all, name);
  if (name.market.value() > tracked.size()) return nullptr;
  Watch* const watch = tracked[name.market.value() - 1].watch.get();
  return watch == nullptr ? nullptr : stream_in(*watch, name);
}

Stream& MarketStreams::State::make(const StreamName& name) {
  if (name.market.is_none()) return stream_in(all, name);
  Tracked& market = tracked_of(name.market);
  if (!market.watch) {
    market.watch = std::make_unique<Watch>();
    watched.push_back(name.market);
  }
  if (Stream* const known = stream_in(*market.watch, name)) return *known;
  return market.watch->candles.emplace_back(std::make_unique<CandleStream>())->stream;
}

CandleStream& MarketStreams::State::candle_stream(const StreamName& name) {
  CandleStream* const candles = candle_in(*tracked_of(name.market).watch, name);
  CHECK(candles != nullptr);
  return *candles;
}

TradeRange MarketStreams::State::range_of(core::MarketId market, Window window, core::Time now) const {
  const market_data::Statistics statistics = views().markets.statistics(market, now, length_ns(window));
  return {statistics.first_trade, statistics.last_trade};
}

// Whoever comes is told the state; from here on, what changes against it.
void MarketStreams::State::begin_comparing(core::MarketId id, const StreamName& name) {
  Tracked& market = tracked_of(id);
  if (name.kind == StreamKind::book_ticker || name.kind == StreamKind::ticker) market.best = views().markets.best(id);
  const auto window = window_in(name);
  if (!window || all.is_window_read(*window) || (market.watch && is_window_read(*market.watch, *window))) return;
  market.told[index_of(*window)] = range_of(id, *window, sent_at(port.now()));
}

// A stream has got its first reader: from now on it is kept up to date.
void MarketStreams::State::begin_telling(Stream& stream) {
  const StreamName& name = stream.name;
  if (name.market.is_none()) {
    ++all.streams_read;
    StreamName of_each = name;
    of_each.kind = element_of(name.kind);
    for (const instruments::Market& each : views().instruments.markets()) begin_comparing(each.id, of_each);
    return;
  }
  begin_comparing(name.market, name);
  Tracked& market = tracked_of(name.market);
  Watch& watch = *market.watch;
  ++watch.streams_read;
  const std::uint64_t update = views().markets.depth(name.market, 0).last_update_id;
  if (name.kind == StreamKind::depth) {
    DepthStream& depth = watch.depth[name.is_fast ? 1 : 0];
    depth.changes.clear();
    depth.first = update + 1;
    depth.last = update;
  } else if (name.kind == StreamKind::partial_depth) {
    market.last_update = update;
    watch.partial[index_of_levels(name.levels)][name.is_fast ? 1 : 0].told = update;
  } else if (name.kind == StreamKind::average_price) {
    watch.average_told = views().markets.average_price(name.market, sent_at(port.now()));
  } else if (name.kind == StreamKind::auction) {
    begin_auction(name.market, watch.auction);
  } else if (name.kind == StreamKind::candle) {
    begin_candle(candle_stream(name));
  }
}

// Its last reader has gone.
void MarketStreams::State::end_telling(Stream& stream) {
  const StreamName name = stream.name;
  if (name.market.is_none()) {
    --all.streams_read;
    return;
  }
  Tracked& market = tracked_of(name.market);
  Watch& watch = *market.watch;
  if (name.kind == StreamKind::depth) watch.depth[name.is_fast ? 1 : 0].changes = {};
  if (name.kind == StreamKind::candle)
    std::erase_if(watch.candles, [&](const auto& candles) { return &candles->stream == &stream; });
  if (--watch.streams_read > 0) return;
  market.watch.reset();
  std::erase(watched, name.market);
}

MarketStreams::MarketStreams(gateways::ExchangePort& port, SlowReaderLimits limits)
    : state_(std::make_unique<State>(port, limits)) {}
MarketStreams::~MarketStreams() = default;

FanOut& MarketStreams::fan_out() { return state_->fan_out; }

void MarketStreams::join(Reader& reader) { state_->fan_out.join(reader); }

void MarketStreams::leave(Reader& reader) {
  state_->fan_out.leave(reader, [this](Stream& stream) { state_->end_telling(stream); });
}

void MarketStreams::subscribe(Reader& reader, const StreamName& name) {
  State& s = *state_;
  Stream& stream = s.make(name);
  if (FanOut::reads(reader, stream)) return;
  if (stream.reader_count == 0) {
    stream.name = name;
    stream.text.clear();
    append_stream_name(stream.text, name, s.views().instruments);
    s.begin_telling(stream);
  }
  const bool few_enough = !name.market.is_none() || s.views().instruments.markets().size() <= kMarketsToldMax;
  const bool tells_state = is_conflatable(name.kind) && few_enough;
  s.fan_out.add(reader, stream, tells_state ? 0 : Entry::kUpToDate);
}

void MarketStreams::unsubscribe(Reader& reader, const StreamName& name) {
  Stream* const stream = state_->find(name);
  if (stream == nullptr || !state_->fan_out.remove(reader, *stream)) return;
  if (stream->reader_count == 0) state_->end_telling(*stream);
}

bool MarketStreams::is_subscribed(const Reader& reader, const StreamName& name) {
  const Stream* const stream = state_->find(name);
  return stream != nullptr && FanOut::reads(reader, *stream);
}

// ---- events ----

void MarketStreams::on_events(core::Time time, std::span<const orders::AccountEvent>,
                              std::span<const matching::MarketEvent> market_events) {
  State& s = *state_;
  s.heard = std::max(s.heard, time);
  if (market_events.empty() || s.is_idle()) return;
  const core::Time sent = s.sent_at(s.port.now());
  for (const matching::MarketEvent& event : market_events) s.hear(event, sent);
  s.tell_runs(sent);
}

void MarketStreams::on_batch_end() {
  State& s = *state_;
  for (const core::MarketId market : s.touched) {
    Tracked& record = s.tracked_of(market);
    record.is_touched = false;
    s.tell_best(market, record);
    s.tell_auction(market, record);
  }
  s.touched.clear();
  s.fan_out.close_doomed();
}

// ---- time ----

void MarketStreams::tick(std::int64_t monotonic_ns, core::Time now) {
  State& s = *state_;
  // On a grid, so that ticks that come a little early or late do not add up; what was missed is not made up for.
  const auto is_due = [monotonic_ns](std::int64_t& next_ns, std::int64_t every_ns) {
    if (monotonic_ns < next_ns) return false;
    next_ns = next_ns == 0 ? monotonic_ns + every_ns : std::max(next_ns + every_ns, monotonic_ns + every_ns / 2);
    return true;
  };
  const bool fast = is_due(s.next_fast_ns, 100 * kMillisecondNs), slow = is_due(s.next_slow_ns, kSecondNs);
  if (fast) s.fan_out.measure_slow();
  if (!s.is_idle()) {
    const core::Time sent = s.sent_at(now);
    s.catch_up(sent);
    if (fast) s.tell_depth(true, sent);
    if (slow) {
      ++s.slow_turns;
      s.tell_depth(false, sent);
      s.tell_tickers(sent);
      s.tell_averages(sent);
    }
    s.close_due_candles(sent);
    if (slow) s.tell_candles(sent, s.slow_turns % 2 == 0);
  }
  s.fan_out.close_doomed();
}

void MarketStreams::announce_shutdown(core::Time now) {
  const core::Time sent = state_->sent_at(now);
  state_->fan_out.broadcast("!serverShutdown", [sent](spot::JsonWriter& json, spot::TimeUnit unit) {
    write_server_shutdown(json, {sent, unit});
  });
  state_->fan_out.close_doomed();
}

}  // namespace streams
