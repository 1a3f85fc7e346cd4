// How trades become candles and aggregated trades: the one place for it, used by the views in memory, by the store and
// by the streams. Pure functions.
#pragma once

#include "pkg/core/check.h"
#include "services/market_data/types.h"
#include "services/matching/types.h"

namespace market_data {

// The start of the period of this length, counted from 1970, that `time` lies in.
[[nodiscard]] constexpr core::Time floor_to(core::Time time, std::int64_t length_ns) {
  const std::int64_t past = time.ns % length_ns;
  return {time.ns - (past < 0 ? past + length_ns : past)};
}

// A volume with one trade more. Sums stay far below 128 bits (a notional is below 2^96); CHECKed all the same.
constexpr void add(Volume& volume, const Volume& more) {
  CHECK(!__builtin_add_overflow(volume.lots, more.lots, &volume.lots));
  CHECK(!__builtin_add_overflow(volume.tick_lots, more.tick_lots, &volume.tick_lots));
}
[[nodiscard]] constexpr Volume volume_of(const Trade& trade) {
  return {trade.quantity.value(), static_cast<core::int128>(trade.price.value()) * trade.quantity.value()};
}

// The candle of one trade alone, in the layer's period it lies in.
[[nodiscard]] constexpr Candle candle_of(const Trade& trade, CandleLayer layer) {
  const Volume volume = volume_of(trade);
  return {.open_time = floor_to(trade.time, length_ns(layer)),
          .open = trade.price,
          .high = trade.price,
          .low = trade.price,
          .close = trade.price,
          .volume = volume,
          .taker_buy = trade.buyer_is_maker ? Volume{} : volume,
          .trade_count = 1,
          .first_trade = trade.id,
          .last_trade = trade.id};
}

// Adds what happened later to `candle`; its open_time stays.
constexpr void extend(Candle& candle, const Candle& later) {
  candle.high = later.high > candle.high ? later.high : candle.high;
  candle.low = later.low < candle.low ? later.low : candle.low;
  candle.close = later.close;
  add(candle.volume, later.volume);
  add(candle.taker_buy, later.taker_buy);
  candle.trade_count += later.trade_count;
  candle.last_trade = later.last_trade;
}

// The candle of a period without trades: at the price before it.
[[nodiscard]] constexpr Candle flat_candle(core::Time open_time, core::Price price) {
  return {.open_time = open_time, .open = price, .high = price, .low = price, .close = price};
}

// The aggregate of one trade alone, and with one more. REQUIRES their aggregate ids to be the same.
[[nodiscard]] constexpr AggregateTrade aggregate_of(const Trade& trade) {
  return {.id = trade.aggregate,
          .price = trade.price,
          .quantity = trade.quantity,
          .first = trade.id,
          .last = trade.id,
          .time = trade.time,
          .buyer_is_maker = trade.buyer_is_maker};
}
constexpr void extend(AggregateTrade& aggregate, const Trade& later) {
  CHECK(aggregate.id == later.aggregate);
  aggregate.quantity += later.quantity;
  aggregate.last = later.id;
}

// What must be remembered of a market's latest trade to give the next one its aggregate id. Part of the state of
// whoever numbers trades (the view, the store): saved and loaded with it, both count the same.
struct Aggregation {
  std::uint64_t latest = 0;  // the latest aggregate id given
  core::OrderId taker;
  core::Price price;
  core::Time time;
  friend bool operator==(const Aggregation&, const Aggregation&) = default;

  // The aggregate id of the next trade: that of the trade before it if taker order, price and time are the same.
  constexpr std::uint64_t next(core::OrderId taker_order, core::Price at, core::Time when) {
    if (latest == 0 || taker != taker_order || price != at || time != when) ++latest;
    taker = taker_order;
    price = at;
    time = when;
    return latest;
  }
};

// The trade of an event. REQUIRES event.kind == traded.
[[nodiscard]] constexpr Trade trade_of(const matching::MarketEvent& event, core::Time time, Aggregation& aggregation) {
  return {.id = event.trade,
          .aggregate = aggregation.next(event.taker_order, event.price, time),
          .price = event.price,
          .quantity = event.quantity,
          .time = time,
          .buyer_is_maker = event.side == matching::Side::sell};
}

}  // namespace market_data
