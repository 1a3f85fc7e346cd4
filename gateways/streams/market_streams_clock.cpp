// What market streams tell by the clock: changes of the book, its best levels, tickers, averages; and the present state
// to those who were passed over or have just come.
#include <algorithm>

#include "gateways/streams/market_watch.h"
#include "pkg/core/check.h"

namespace streams {
namespace {

using market_data::Statistics;
using spot::JsonWriter;
using spot::TimeUnit;

constexpr std::uint64_t kSecondsPerMinute = 60;
constexpr std::size_t kArrayBytesMax = 256 << 10;  // of one message of a stream of all markets

std::size_t index_of(TimeUnit unit) { return unit == TimeUnit::millisecond ? 0 : 1; }

bool equal(const market_data::AveragePrice& a, const market_data::AveragePrice& b) {
  return a.volume == b.volume && a.last == b.last && a.close_time == b.close_time;
}

bool is_read(const Stream& stream, TimeUnit unit) {
  for (std::size_t i = 0; i < Format::kCount; ++i) {
    if (Format::at(i).unit == unit && !stream.readers[i].empty()) return true;
  }
  return false;
}

}  // namespace

// ---- the book ----

void MarketStreams::State::tell_depth(bool fast, core::Time sent) {
  const std::size_t speed = fast ? 1 : 0;
  for (const core::MarketId market : watched) {
    Tracked& record = tracked_of(market);
    DepthStream& depth = record.watch->depth[speed];
    if (depth.stream.reader_count > 0 && !depth.changes.empty()) {
      const DepthUpdate update{
          .first = depth.first, .last = depth.last, .bids = depth.changes.bids(), .asks = depth.changes.asks()};
      fan_out.publish(depth.stream, ++change, true, [&, of = listing(market)](JsonWriter& json, TimeUnit unit) {
        write_depth_update(json, of, {sent, unit}, update);
      });
      depth.changes.clear();
      depth.first = depth.last + 1;
    }
    for (std::size_t i = 0; i < kPartialLevels.size(); ++i) {
      PartialDepthStream& partial = record.watch->partial[i][speed];
      if (partial.stream.reader_count == 0 || partial.told == record.last_update) continue;
      const market_data::Depth best = views().markets.depth(market, kPartialLevels[i]);
      partial.told = best.last_update_id;
      fan_out.publish(partial.stream, ++change, false,
                      [&, of = listing(market)](JsonWriter& json, TimeUnit) { write_partial_depth(json, of, best); });
    }
  }
}

// ---- tickers ----

// Those of markets that traded or whose best prices moved; and, a sixtieth of the markets each second, those whose
// window has left trades behind, which it does once a minute.
void MarketStreams::State::tell_tickers(core::Time sent) {
  ++change;
  const std::uint64_t turn = slow_turns % kSecondsPerMinute;
  const auto is_turn = [&](core::MarketId market) { return market.value() % kSecondsPerMinute == turn; };
  for (const core::MarketId market : moved) tell_tickers_of(market, sent);
  moved.clear();
  if (all.wants_tickers()) {
    for (std::uint64_t id = turn == 0 ? kSecondsPerMinute : turn; id <= tracked.size(); id += kSecondsPerMinute)
      tell_tickers_of(core::MarketId{static_cast<std::uint32_t>(id)}, sent);
  } else {
    for (const core::MarketId market : watched) {
      if (is_turn(market)) tell_tickers_of(market, sent);
    }
  }
  for (std::size_t i = 0; i < arrays.size(); ++i) tell_draft(i);
}

void MarketStreams::State::tell_draft(std::size_t array) {
  auto& draft = arrays[array].draft;
  if (draft[0].empty() && draft[1].empty()) return;
  fan_out.publish(*arrays[array].stream, change, false,
                  [&](JsonWriter& json, TimeUnit unit) { json.begin_array().raw(draft[index_of(unit)]).end_array(); });
  for (std::string& json : draft) json.clear();
}

void MarketStreams::State::add_to_draft(std::size_t array, core::MarketId market, core::Time sent,
                                        const Statistics& statistics) {
  TickerArray& to = arrays[array];
  tracked_of(market).ticker_change = change;
  for (const TimeUnit unit : {TimeUnit::millisecond, TimeUnit::microsecond}) {
    if (!is_read(*to.stream, unit)) continue;
    std::string& draft = to.draft[index_of(unit)];
    if (!draft.empty()) draft += ',';
    JsonWriter writer(draft);
    write_ticker_object(writer, market, to.element, to.window, {sent, unit}, statistics);
  }
  if (std::max(to.draft[0].size(), to.draft[1].size()) > kArrayBytesMax) tell_draft(array);
}

void MarketStreams::State::tell_tickers_of(core::MarketId market, core::Time sent) {
  Tracked& record = tracked_of(market);
  Watch* const watch = record.watch.get();
  const bool best_moved = record.best_moved;
  record.has_moved = record.best_moved = false;
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    const bool is_day = kWindows[w] == Window::day_1;
    const bool is_watched = watch != nullptr && is_window_read(*watch, kWindows[w]);
    const bool in_array = all.is_window_read(kWindows[w]);
    if (!is_watched && !in_array) continue;
    const Statistics statistics = views().markets.statistics(market, sent, length_ns(kWindows[w]));
    const TradeRange range{statistics.first_trade, statistics.last_trade};
    const bool is_changed = range != record.told[w];
    record.told[w] = range;
    const auto tell = [&](Stream& stream, StreamKind kind) {
      if (stream.reader_count == 0 || !(is_changed || (kind == StreamKind::ticker && best_moved))) return;
      fan_out.publish(stream, change, false, [&](JsonWriter& json, TimeUnit unit) {
        write_ticker_object(json, market, kind, kWindows[w], {sent, unit}, statistics);
      });
    };
    if (watch != nullptr) {
      tell(watch->window_tickers[w], StreamKind::window_ticker);
      if (is_day) tell(watch->mini_ticker, StreamKind::mini_ticker);
      if (is_day) tell(watch->ticker, StreamKind::ticker);
    }
    for (std::size_t i = 0; in_array && i < arrays.size(); ++i) {
      const bool is_due = is_changed || (arrays[i].element == StreamKind::ticker && best_moved);
      if (arrays[i].window == kWindows[w] && is_due) add_to_draft(i, market, sent, statistics);
    }
  }
}

void MarketStreams::State::write_ticker_object(JsonWriter& json, core::MarketId market, StreamKind kind, Window window,
                                               Stamp stamp, const Statistics& statistics) {
  const spot::Listing of = listing(market);
  if (kind == StreamKind::mini_ticker) return write_mini_ticker(json, of, stamp, statistics);
  if (kind == StreamKind::ticker) return write_ticker(json, of, stamp, statistics, views().markets.best(market));
  write_window_ticker(json, of, stamp, window, statistics);
}

void MarketStreams::State::tell_averages(core::Time sent) {
  for (const core::MarketId market : watched) {
    Watch& watch = *tracked_of(market).watch;
    if (watch.average_price.reader_count == 0) continue;
    const market_data::AveragePrice average = views().markets.average_price(market, sent);
    if (equal(average, watch.average_told)) continue;
    watch.average_told = average;
    fan_out.publish(watch.average_price, ++change, false, [&, of = listing(market)](JsonWriter& json, TimeUnit unit) {
      write_average_price(json, of, {sent, unit}, average);
    });
  }
}

// ---- those who are behind ----

void MarketStreams::State::catch_up(core::Time sent) {
  for (Stream* const stream : fan_out.take_behind()) {
    if (stream->name.market.is_none()) {
      catch_up_all(*stream, sent);
    } else {
      fan_out.catch_up(*stream,
                       [&](JsonWriter& json, TimeUnit unit) { write_state(json, stream->name, {sent, unit}); });
    }
  }
}

// The state that a stream of one market tells of; nothing when there is none yet.
void MarketStreams::State::write_state(JsonWriter& json, const StreamName& name, Stamp stamp) {
  const market_data::Markets& markets = views().markets;
  const spot::Listing of = listing(name.market);
  switch (name.kind) {
    case StreamKind::partial_depth:
      return write_partial_depth(json, of, markets.depth(name.market, name.levels));
    case StreamKind::book_ticker:
      return write_book_ticker(json, of, markets.depth(name.market, 0).last_update_id, markets.best(name.market));
    case StreamKind::average_price:
      return write_average_price(json, of, stamp, markets.average_price(name.market, stamp.sent));
    case StreamKind::auction:
      return write_auction(json, of, stamp, tracked_of(name.market).watch->auction.figures);
    case StreamKind::mini_ticker:
    case StreamKind::ticker:
      return write_ticker_object(json, name.market, name.kind, Window::day_1, stamp,
                                 markets.statistics(name.market, stamp.sent, length_ns(Window::day_1)));
    case StreamKind::window_ticker:
      return write_ticker_object(json, name.market, name.kind, name.window, stamp,
                                 markets.statistics(name.market, stamp.sent, length_ns(name.window)));
    case StreamKind::candle: {
      const CandleStream& candles = candle_stream(name);
      if (!candles.candle) return;
      return write_candle(json, of, stamp,
                          {.interval = name.interval, .next_open = candles.next_open, .candle = *candles.candle});
    }
    default:
      CHECK_MSG(false, "nobody is ever behind in a stream that must not have gaps");
  }
}

// Of each market that has changed since the reader was passed over.
void MarketStreams::State::catch_up_all(Stream& stream, core::Time sent) {
  const StreamName name = stream.name;
  fan_out.catch_up_each(stream, [&](std::uint64_t since, TimeUnit unit, const auto& send) {
    const bool is_book = name.kind == StreamKind::all_book_tickers;
    std::string json;
    const auto send_array = [&] {
      if (!json.empty()) send("[" + json + "]");
      json.clear();
    };
    for (const instruments::Market& market : views().instruments.markets()) {
      const Tracked& record = tracked_of(market.id);
      if ((is_book ? record.best_change : record.ticker_change) < since) continue;
      spot::JsonWriter writer(json);
      if (!json.empty()) json += ',';
      write_state(writer, {.kind = element_of(name.kind), .market = market.id, .window = name.window}, {sent, unit});
      if (is_book) {
        send(json);
        json.clear();
      } else if (json.size() > kArrayBytesMax) {
        send_array();
      }
    }
    send_array();
  });
}

}  // namespace streams
