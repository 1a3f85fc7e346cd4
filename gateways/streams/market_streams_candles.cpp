// Candle streams: the candle of the period at hand, told every second or two while it changes, and once more when its
// period is over.
#include <algorithm>

#include "gateways/streams/market_watch.h"
#include "services/market_data/candles.h"
#include "services/market_data/intervals.h"

namespace streams {
namespace {

using market_data::Candle;
using market_data::Interval;

// A period is over when a later command has been heard of, or this long after its end: by then what was under way has
// been released. What is released later still has its candle told again.
constexpr std::int64_t kLateNs = 500 * kMillisecondNs;
// Periods without a trade that are told one by one; after a longer silence the present one is next.
constexpr int kEmptyToldMax = 60;

std::int64_t offset_of(const StreamName& name) { return name.has_zone ? kZoneOffsetNs : 0; }

Candle flat(core::Time open_time, core::Price price) {
  return {.open_time = open_time, .open = price, .high = price, .low = price, .close = price};
}

}  // namespace

void MarketStreams::State::begin_candle(CandleStream& stream) {
  const StreamName& name = stream.stream.name;
  stream.candle = views().markets.candle(name.market, name.interval, sent_at(port.now()), offset_of(name));
  if (stream.candle) stream.next_open = next_open(name.interval, stream.candle->open_time, offset_of(name));
}

void MarketStreams::State::add_trade(CandleStream& stream, const market_data::Trade& trade, core::Time sent) {
  const StreamName& name = stream.stream.name;
  const core::Time open_time = open_of(name.interval, trade.time, offset_of(name));
  Candle made = candle_of(trade, market_data::CandleLayer::second);
  made.open_time = open_time;
  if (stream.candle) close_candles(stream, trade.time, sent);
  if (!stream.candle) {
    stream.next_open = next_open(name.interval, trade.time, offset_of(name));
    stream.candle = made;
  } else if (open_time < stream.candle->open_time) {
    // Released so late that its period was taken to be over.
    if (stream.previous && stream.previous->open_time == open_time) {
      if (stream.previous->trade_count == 0) {
        stream.previous = made;
      } else {
        extend(*stream.previous, made);
      }
      tell_candle(stream, *stream.previous, true, sent);
    }
    if (stream.candle->trade_count == 0) stream.candle = flat(stream.candle->open_time, trade.price);
  } else if (stream.candle->trade_count == 0) {
    stream.candle = made;
  } else {
    extend(*stream.candle, made);
  }
  stream.is_changed = true;
}

// Tells the candle, and those without a trade behind it, whose periods are over at `until`.
void MarketStreams::State::close_candles(CandleStream& stream, core::Time until, core::Time sent) {
  const StreamName& name = stream.stream.name;
  for (int told = 0; stream.next_open <= until; ++told) {
    if (told < kEmptyToldMax) tell_candle(stream, *stream.candle, true, sent);
    stream.previous = stream.candle;
    const core::Time open_time =
        told < kEmptyToldMax ? stream.next_open : open_of(name.interval, until, offset_of(name));
    stream.candle = flat(open_time, stream.candle->close);
    stream.next_open = next_open(name.interval, open_time, offset_of(name));
    stream.is_changed = false;
  }
}

void MarketStreams::State::tell_candle(CandleStream& stream, const Candle& candle, bool is_closed, core::Time sent) {
  const StreamName& name = stream.stream.name;
  const IntervalCandle of{.interval = name.interval,
                          .next_open = next_open(name.interval, candle.open_time, offset_of(name)),
                          .is_closed = is_closed,
                          .candle = candle};
  fan_out.publish(stream.stream, ++change, is_closed,
                  [&, listed = listing(name.market)](spot::JsonWriter& json, spot::TimeUnit unit) {
                    write_candle(json, listed, {sent, unit}, of);
                  });
}

void MarketStreams::State::close_due_candles(core::Time sent) {
  const core::Time settled = std::max(heard, core::Time{sent.ns - kLateNs});
  for (const core::MarketId market : watched) {
    for (const auto& candles : tracked_of(market).watch->candles) {
      if (candles->candle) close_candles(*candles, settled, sent);
    }
  }
}

// The changed ones: those of one second every second, the others every other second.
void MarketStreams::State::tell_candles(core::Time sent, bool with_long_ones) {
  for (const core::MarketId market : watched) {
    for (const auto& candles : tracked_of(market).watch->candles) {
      const bool is_turn = with_long_ones || candles->stream.name.interval == Interval::second_1;
      if (!is_turn || !candles->is_changed) continue;
      candles->is_changed = false;
      tell_candle(*candles, *candles->candle, false, sent);
    }
  }
}

}  // namespace streams
