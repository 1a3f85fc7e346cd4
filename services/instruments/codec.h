// How assets and markets are written, in records (services/engine/command.cpp) and in snapshots (registry.cpp). Only
// what a listing decides is written: ids follow from the order of listing, derived fields are computed again. Layouts
// in docs/formats/records.md; both directions share one function, so they cannot disagree.
#pragma once

#include "services/instruments/types.h"

namespace instruments {

// `Coder` is a functor that writes or reads each field it is called with, and that knows core's strong types and texts.
template <class Coder, class AssetLike>
void code_asset_terms(Coder& field, AssetLike& asset) {
  field(asset.symbol);
  field(asset.ledger_decimals);
  field(asset.supply_max);
}

template <class Coder, class MarketLike>
void code_market_terms(Coder& field, MarketLike& market) {
  field(market.symbol);
  field(market.base);
  field(market.quote);
  field(market.tick_mantissa);
  field(market.lot_mantissa);
  field(market.price_decimals);
  field(market.quantity_decimals);
  field(market.price_min);
  field(market.price_max);
  field(market.quantity_min);
  field(market.quantity_max);
  field(market.market_quantity_min);
  field(market.market_quantity_max);
  field(market.notional_min);
  field(market.notional_max);
  field(market.band.bid_up_bp);
  field(market.band.bid_down_bp);
  field(market.band.ask_up_bp);
  field(market.band.ask_down_bp);
  field(market.maker_fee);
  field(market.taker_fee);
  field(market.open_orders_max);
}

}  // namespace instruments
