#include "gateways/streams/market_messages.h"

#include <algorithm>

#include "services/instruments/market_states.h"

namespace streams {
namespace {

using core::int128;
using spot::in_unit;
using spot::JsonWriter;
using spot::Listing;

constexpr int kPercentDecimals = 3;
constexpr int kNoTrade = -1;

void begin(JsonWriter& json, std::string_view type, const Listing& listing, Stamp stamp) {
  json.begin_object().field("e", type).field("E", in_unit(stamp.sent, stamp.unit));
  json.field("s", listing.market.symbol.view());
}

void write_trade_id(JsonWriter& json, std::string_view key, core::TradeId id) {
  if (id.is_none()) {
    json.field(key, kNoTrade);
  } else {
    json.field(key, id.value());
  }
}

void write_base_volume(JsonWriter& json, std::string_view key, const Listing& listing, const market_data::Volume& v) {
  spot::write_amount(json, key, listing.base, spot::base_amount(listing, v));
}
void write_quote_volume(JsonWriter& json, std::string_view key, const Listing& listing, const market_data::Volume& v) {
  spot::write_amount(json, key, listing.quote, spot::quote_amount(listing, v));
}

void write_changes(JsonWriter& json, std::string_view key, const Listing& listing,
                   std::span<const DepthChanges::Change> changes) {
  json.key(key).begin_array();
  for (const DepthChanges::Change& change : changes)
    spot::write_level(json, listing, change.price(), core::Quantity{change.quantity});
  json.end_array();
}

void write_levels(JsonWriter& json, std::string_view key, const Listing& listing,
                  const std::vector<market_data::DepthLevel>& levels) {
  json.key(key).begin_array();
  for (const market_data::DepthLevel& level : levels) spot::write_level(json, listing, level.price, level.quantity);
  json.end_array();
}

// By how much the price has changed, and by how much of itself.
void write_price_change(JsonWriter& json, const Listing& listing, const market_data::Statistics& statistics) {
  const core::Price change = statistics.last - statistics.open;
  spot::write_price(json, "p", listing, change);
  json.key("P").quoted([&](std::string& out) {
    const int128 open = std::max<int128>(statistics.open.value(), 1);  // none before the first trade ever
    spot::append_ratio(out, int128{change.value()} * 100, open, kPercentDecimals);
  });
}

void write_average(JsonWriter& json, const Listing& listing, const market_data::Volume& volume) {
  json.key("w").quoted([&](std::string& out) { spot::append_average_price(out, listing, volume); });
}

void write_range(JsonWriter& json, const Listing& listing, const market_data::Statistics& statistics) {
  spot::write_price(json, "o", listing, statistics.open);
  spot::write_price(json, "h", listing, statistics.high);
  spot::write_price(json, "l", listing, statistics.low);
}

void write_volumes(JsonWriter& json, const Listing& listing, const market_data::Statistics& statistics) {
  write_base_volume(json, "v", listing, statistics.volume);
  write_quote_volume(json, "q", listing, statistics.volume);
}

void write_window_bounds(JsonWriter& json, spot::TimeUnit unit, const market_data::Statistics& statistics) {
  json.field("O", in_unit(statistics.open_time, unit)).field("C", in_unit(statistics.close_time, unit));
  write_trade_id(json, "F", statistics.first_trade);
  write_trade_id(json, "L", statistics.last_trade);
  json.field("n", statistics.trade_count);
}

std::string_view type_of(Window window) {
  switch (window) {
    case Window::hour_1:
      return "1hTicker";
    case Window::hour_4:
      return "4hTicker";
    case Window::day_1:
      break;
  }
  return "1dTicker";
}

void write_best(JsonWriter& json, const Listing& listing, const market_data::BestPrices& best) {
  const auto bid = best.bid.value_or(market_data::DepthLevel{}), ask = best.ask.value_or(market_data::DepthLevel{});
  spot::write_price(json, "b", listing, bid.price);
  spot::write_quantity(json, "B", listing, bid.quantity);
  spot::write_price(json, "a", listing, ask.price);
  spot::write_quantity(json, "A", listing, ask.quantity);
}

}  // namespace

void write_trade(JsonWriter& json, const Listing& listing, Stamp stamp, const market_data::Trade& trade) {
  begin(json, "trade", listing, stamp);
  json.field("t", trade.id.value());
  spot::write_price(json, "p", listing, trade.price);
  spot::write_quantity(json, "q", listing, trade.quantity);
  json.field("T", in_unit(trade.time, stamp.unit)).field("m", trade.buyer_is_maker).field("M", true).end_object();
}

void write_aggregate_trade(JsonWriter& json, const Listing& listing, Stamp stamp,
                           const market_data::AggregateTrade& trade) {
  begin(json, "aggTrade", listing, stamp);
  json.field("a", trade.id);
  spot::write_price(json, "p", listing, trade.price);
  spot::write_quantity(json, "q", listing, trade.quantity);
  json.field("f", trade.first.value()).field("l", trade.last.value());
  json.field("T", in_unit(trade.time, stamp.unit)).field("m", trade.buyer_is_maker).field("M", true).end_object();
}

void write_depth_update(JsonWriter& json, const Listing& listing, Stamp stamp, const DepthUpdate& update) {
  begin(json, "depthUpdate", listing, stamp);
  json.field("U", update.first).field("u", update.last);
  write_changes(json, "b", listing, update.bids);
  write_changes(json, "a", listing, update.asks);
  json.end_object();
}

void write_partial_depth(JsonWriter& json, const Listing& listing, const market_data::Depth& depth) {
  json.begin_object().field("lastUpdateId", depth.last_update_id);
  write_levels(json, "bids", listing, depth.bids);
  write_levels(json, "asks", listing, depth.asks);
  json.end_object();
}

void write_book_ticker(JsonWriter& json, const Listing& listing, std::uint64_t update_id,
                       const market_data::BestPrices& best) {
  json.begin_object().field("u", update_id).field("s", listing.market.symbol.view());
  write_best(json, listing, best);
  json.end_object();
}

void write_average_price(JsonWriter& json, const Listing& listing, Stamp stamp,
                         const market_data::AveragePrice& average) {
  begin(json, "avgPrice", listing, stamp);
  json.field("i", "5m");
  if (average.volume.lots == 0) {
    spot::write_price(json, "w", listing, average.last);
  } else {
    write_average(json, listing, average.volume);
  }
  json.field("T", in_unit(average.close_time, stamp.unit)).end_object();
}

void write_mini_ticker(JsonWriter& json, const Listing& listing, Stamp stamp, const market_data::Statistics& day) {
  begin(json, "24hrMiniTicker", listing, stamp);
  spot::write_price(json, "c", listing, day.last);
  write_range(json, listing, day);
  write_volumes(json, listing, day);
  json.end_object();
}

void write_ticker(JsonWriter& json, const Listing& listing, Stamp stamp, const market_data::Statistics& day,
                  const market_data::BestPrices& best) {
  begin(json, "24hrTicker", listing, stamp);
  write_price_change(json, listing, day);
  write_average(json, listing, day.volume);
  spot::write_price(json, "x", listing, day.previous_close);
  spot::write_price(json, "c", listing, day.last);
  spot::write_quantity(json, "Q", listing, day.last_quantity);
  write_best(json, listing, best);
  write_range(json, listing, day);
  write_volumes(json, listing, day);
  write_window_bounds(json, stamp.unit, day);
  json.end_object();
}

void write_window_ticker(JsonWriter& json, const Listing& listing, Stamp stamp, Window window,
                         const market_data::Statistics& statistics) {
  begin(json, type_of(window), listing, stamp);
  write_price_change(json, listing, statistics);
  write_range(json, listing, statistics);
  spot::write_price(json, "c", listing, statistics.last);
  write_average(json, listing, statistics.volume);
  write_volumes(json, listing, statistics);
  write_window_bounds(json, stamp.unit, statistics);
  json.end_object();
}

void write_candle(JsonWriter& json, const Listing& listing, Stamp stamp, const IntervalCandle& of) {
  const market_data::Candle& candle = of.candle;
  begin(json, "kline", listing, stamp);
  json.key("k").begin_object();
  // The last millisecond, or microsecond, of the period.
  json.field("t", in_unit(candle.open_time, stamp.unit)).field("T", in_unit(of.next_open, stamp.unit) - 1);
  json.field("s", listing.market.symbol.view()).field("i", name_of(of.interval));
  write_trade_id(json, "f", candle.first_trade);
  write_trade_id(json, "L", candle.last_trade);
  spot::write_price(json, "o", listing, candle.open);
  spot::write_price(json, "c", listing, candle.close);
  spot::write_price(json, "h", listing, candle.high);
  spot::write_price(json, "l", listing, candle.low);
  write_base_volume(json, "v", listing, candle.volume);
  json.field("n", candle.trade_count).field("x", of.is_closed);
  write_quote_volume(json, "q", listing, candle.volume);
  write_base_volume(json, "V", listing, candle.taker_buy);
  write_quote_volume(json, "Q", listing, candle.taker_buy);
  json.field("B", "0").end_object().end_object();
}

void write_auction(JsonWriter& json, const Listing& listing, Stamp stamp, const AuctionFigures& figures) {
  begin(json, "auction", listing, stamp);
  json.field("u", figures.update_id).field("S", instruments::rules_of(figures.state).name);
  spot::write_price(json, "p", listing, figures.price);
  spot::write_quantity(json, "q", listing, figures.paired);
  json.field("i", figures.surplus.is_zero() ? "NONE" : figures.surplus_side == matching::Side::buy ? "BUY" : "SELL");
  spot::write_quantity(json, "Q", listing, figures.surplus);
  json.end_object();
}

void write_server_shutdown(JsonWriter& json, Stamp stamp) {
  json.begin_object().field("e", "serverShutdown").field("E", in_unit(stamp.sent, stamp.unit)).end_object();
}

}  // namespace streams
