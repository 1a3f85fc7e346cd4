#include "services/market_data/tape.h"

#include <limits>

#include "pkg/core/check.h"

namespace market_data {
namespace {

constexpr core::Time kForever{std::numeric_limits<std::int64_t>::max()};
// Far above what a market can trade, and far enough below 128 bits for sums of all that is kept.
constexpr core::int128 kVolumeMax = static_cast<core::int128>(1) << 110;
constexpr core::Quantity kQuantityMax{std::numeric_limits<std::int64_t>::max()};
constexpr core::Time kTimeMax{std::int64_t{1} << 62};  // the year 2116

std::size_t index_of(CandleLayer layer) { return static_cast<std::size_t>(layer) - 1; }

core::Time ceil_to(core::Time time, std::int64_t length) {
  const core::Time floor = floor_to(time, length);
  return floor == time ? time : core::Time{floor.ns + length};
}

void put(core::ByteWriter& out, const Trade& trade) {
  out.put(trade.id);
  out.put(trade.aggregate);
  out.put(trade.price);
  out.put(trade.quantity);
  out.put(trade.time);
  out.put(static_cast<std::uint8_t>(trade.buyer_is_maker));
}

Trade get_trade(core::ByteReader& in) {
  Trade trade;
  in.get(trade.id);
  in.get(trade.aggregate);
  in.get(trade.price);
  in.get(trade.quantity);
  in.get(trade.time);
  const auto buyer_is_maker = in.get<std::uint8_t>();
  trade.buyer_is_maker = buyer_is_maker != 0;
  const bool makes_sense = !trade.id.is_none() && trade.aggregate != 0 && trade.price > core::Price{} &&
                           trade.quantity > core::Quantity{} && buyer_is_maker <= 1;
  if (!makes_sense) in.fail();
  return trade;
}

void put(core::ByteWriter& out, const Candle& candle) {
  out.put(candle.open_time);
  for (const core::Price price : {candle.open, candle.high, candle.low, candle.close}) out.put(price);
  for (const Volume& volume : {candle.volume, candle.taker_buy}) {
    out.put(volume.lots);
    out.put(volume.tick_lots);
  }
  out.put(candle.trade_count);
  out.put(candle.first_trade);
  out.put(candle.last_trade);
}

Candle get_candle(core::ByteReader& in, std::int64_t length) {
  Candle candle;
  in.get(candle.open_time);
  for (core::Price* price : {&candle.open, &candle.high, &candle.low, &candle.close}) in.get(*price);
  for (Volume* volume : {&candle.volume, &candle.taker_buy}) {
    in.get(volume->lots);
    in.get(volume->tick_lots);
  }
  in.get(candle.trade_count);
  in.get(candle.first_trade);
  in.get(candle.last_trade);
  const auto within = [](core::int128 part, core::int128 all) { return part >= 0 && part <= all && all < kVolumeMax; };
  const auto between = [&](core::Price price) { return price >= candle.low && price <= candle.high; };
  const bool makes_sense = floor_to(candle.open_time, length) == candle.open_time && candle.low > core::Price{} &&
                           between(candle.open) && between(candle.close) && candle.volume.lots > 0 &&
                           candle.volume.tick_lots > 0 && within(candle.taker_buy.lots, candle.volume.lots) &&
                           within(candle.taker_buy.tick_lots, candle.volume.tick_lots) && candle.trade_count > 0 &&
                           !candle.first_trade.is_none() && candle.first_trade <= candle.last_trade;
  if (!makes_sense) in.fail();
  return candle;
}

}  // namespace

Tape::Tape(const Limits& limits)
    : trades_(limits.trades),
      candles_{Ring<Candle>(limits.seconds), Ring<Candle>(limits.minutes), Ring<Candle>(limits.quarter_hours),
               Ring<Candle>(limits.days)} {}

void Tape::add(const matching::MarketEvent& event, core::Time time) {
  const bool is_first = last_.id.is_none();
  if (is_first) first_time_ = time;
  last_ = trade_of(event, is_first || time > last_.time ? time : last_.time, aggregation_);
  trades_.push(last_);
  Candle candle = candle_of(last_, CandleLayer::second);
  for (const CandleLayer layer : kLayers) {
    Ring<Candle>& ring = candles_[index_of(layer)];
    if (!ring.empty() && last_.time.ns - ring.back().open_time.ns < length_ns(layer)) {
      extend(ring.back(), candle);
      continue;
    }
    candle.open_time = floor_to(last_.time, length_ns(layer));
    ring.push(candle);
  }
}

const Ring<Candle>& Tape::candles(CandleLayer layer) const { return candles_[index_of(layer)]; }

// The shortest candles up to where the next longer ones begin, and so on: some dozen candles for a week.
std::optional<Candle> Tape::since(core::Time from) const {
  CHECK(floor_to(from, length_ns(CandleLayer::second)) == from);
  std::optional<Candle> out;
  core::Time at = from;
  for (std::size_t i = 0; i < kLayers.size() && at <= last_.time; ++i) {
    const core::Time until = i + 1 < kLayers.size() ? ceil_to(at, length_ns(kLayers[i + 1])) : kForever;
    if (until == at) continue;
    const Ring<Candle>& ring = candles_[i];
    std::size_t next = ring.first_not([at](const Candle& candle) { return candle.open_time < at; });
    for (; next < ring.size() && ring[next].open_time < until; ++next) {
      if (out)
        extend(*out, ring[next]);
      else
        out = ring[next];
    }
    at = until;
  }
  if (out) out->open_time = from;
  return out;
}

std::optional<core::Price> Tape::price_before(core::Time when) const {
  std::optional<core::Price> out;
  core::TradeId latest;
  for (const CandleLayer layer : kLayers) {
    const Ring<Candle>& ring = candles(layer);
    const std::int64_t length = length_ns(layer);
    const std::size_t behind =
        ring.first_not([when, length](const Candle& candle) { return candle.open_time.ns + length <= when.ns; });
    if (behind == 0 || ring[behind - 1].last_trade <= latest) continue;
    latest = ring[behind - 1].last_trade;
    out = ring[behind - 1].close;
  }
  return out;
}

void Tape::save(core::ByteWriter& out) const {
  put(out, last_);
  out.put(aggregation_.taker);
  out.put(first_time_);
  out.put(static_cast<std::uint64_t>(trades_.size()));
  for (std::size_t i = 0; i < trades_.size(); ++i) put(out, trades_[i]);
  for (const Ring<Candle>& ring : candles_) {
    out.put(static_cast<std::uint64_t>(ring.size()));
    for (std::size_t i = 0; i < ring.size(); ++i) put(out, ring[i]);
  }
}

void Tape::load(core::ByteReader& in) {
  CHECK(last_.id.is_none());
  last_ = get_trade(in);
  aggregation_ = {.latest = last_.aggregate, .taker = {}, .price = last_.price, .time = last_.time};
  in.get(aggregation_.taker);
  in.get(first_time_);
  if (first_time_ < core::Time{} || first_time_ > last_.time || last_.time > kTimeMax) in.fail();
  load_trades(in);
  for (const CandleLayer layer : kLayers) load_candles(in, layer);
}

void Tape::load_trades(core::ByteReader& in) {
  core::Quantity aggregated;
  for (auto left = in.get<std::uint64_t>(); left > 0 && in.ok(); --left) {
    const Trade trade = get_trade(in);
    const Trade* before = trades_.empty() ? nullptr : &trades_.back();
    const bool follows =
        before == nullptr ? trade.time >= first_time_
                          : trade.id > before->id && trade.aggregate >= before->aggregate && trade.time >= before->time;
    if (before == nullptr || trade.aggregate != before->aggregate) aggregated = {};
    const bool fits = trade.quantity <= kQuantityMax - aggregated;
    if (!follows || !fits || (left == 1 && trade != last_)) in.fail();
    if (!in.ok()) return;
    aggregated += trade.quantity;
    trades_.push(trade);
  }
}

void Tape::load_candles(core::ByteReader& in, CandleLayer layer) {
  Ring<Candle>& ring = candles_[index_of(layer)];
  const std::int64_t length = length_ns(layer);
  for (auto left = in.get<std::uint64_t>(); left > 0 && in.ok(); --left) {
    const Candle candle = get_candle(in, length);
    const bool follows = ring.empty()
                             ? candle.open_time >= floor_to(first_time_, length)
                             : candle.open_time > ring.back().open_time && candle.first_trade > ring.back().last_trade;
    const bool ends = candle.open_time == floor_to(last_.time, length) && candle.last_trade == last_.id &&
                      candle.close == last_.price;
    if (!follows || (left == 1 && !ends)) in.fail();
    if (!in.ok()) return;
    ring.push(candle);
  }
}

Reach reach_of(const Tape& tape) {
  Reach out;
  const Ring<Trade>& trades = tape.trades();
  if (trades.empty()) {
    out.oldest_trade = tape.last().id.next();
    out.oldest_aggregate = tape.last().aggregate + 1;
    out.aggregates_after = tape.last().time;
  } else if (trades.front().id != core::TradeId{1}) {
    out.oldest_trade = trades.front().id;
    out.oldest_aggregate = trades.front().aggregate + 1;  // the first trades of that one may be gone
    out.aggregates_after = trades.front().time;
  }
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    const Ring<Candle>& ring = tape.candles(kLayers[i]);
    if (ring.empty())
      out.oldest_candle[i] = kForever;
    else if (ring.front().first_trade != core::TradeId{1})
      out.oldest_candle[i] = ring.front().open_time;
  }
  return out;
}

}  // namespace market_data
