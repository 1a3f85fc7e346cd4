// The JSON objects of market data streams, in their published shapes. `sent` is the time the message is made.
#pragma once

#include <cstdint>
#include <span>

#include "gateways/spot/json_writer.h"
#include "gateways/spot/shapes.h"
#include "gateways/streams/depth_changes.h"
#include "gateways/streams/stream_name.h"
#include "services/market_data/markets.h"

namespace streams {

struct Stamp {
  core::Time sent;
  spot::TimeUnit unit = spot::TimeUnit::millisecond;
};

void write_trade(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, const market_data::Trade& trade);
void write_aggregate_trade(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp,
                           const market_data::AggregateTrade& trade);

// What happened to a book between two updates, both included.
struct DepthUpdate {
  std::uint64_t first = 0, last = 0;
  std::span<const DepthChanges::Change> bids, asks;  // best first
};
void write_depth_update(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, const DepthUpdate& update);
void write_partial_depth(spot::JsonWriter& json, const spot::Listing& listing, const market_data::Depth& depth);
void write_book_ticker(spot::JsonWriter& json, const spot::Listing& listing, std::uint64_t update_id,
                       const market_data::BestPrices& best);
void write_average_price(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp,
                         const market_data::AveragePrice& average);

void write_mini_ticker(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp,
                       const market_data::Statistics& day);
void write_ticker(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, const market_data::Statistics& day,
                  const market_data::BestPrices& best);
void write_window_ticker(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, Window window,
                         const market_data::Statistics& statistics);

// A candle of `interval` that ends before `next_open`.
struct IntervalCandle {
  market_data::Interval interval = market_data::Interval::minute_1;
  core::Time next_open;
  bool is_closed = false;
  market_data::Candle candle;
};
void write_candle(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, const IntervalCandle& candle);

// A market's state and what an auction would come to now; price and quantities are zero where there is nothing to say.
struct AuctionFigures {
  instruments::MarketState state = instruments::MarketState::trading;
  std::uint64_t update_id = 0;
  core::Price price;
  core::Quantity paired, surplus;
  matching::Side surplus_side = matching::Side::buy;
};
void write_auction(spot::JsonWriter& json, const spot::Listing& listing, Stamp stamp, const AuctionFigures& figures);

void write_server_shutdown(spot::JsonWriter& json, Stamp stamp);

}  // namespace streams
