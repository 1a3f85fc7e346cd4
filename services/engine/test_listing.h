// The assets and markets of the tests of the engine, in round numbers.
//
// BTCUSDT: a lot is 100,000 units of BTC, a tick of a lot 1,000 units of USDT; maker 0.1 %, taker 0.2 %.
// ETHBTC: a lot is 1,000 units of ETH, a tick of a lot 10 units of BTC; no fees.
#pragma once

#include <vector>

#include "services/engine/command.h"

namespace engine {

inline constexpr core::AssetId kBtc{1}, kUsdt{2}, kEth{3};
inline constexpr core::MarketId kBtcUsdt{1}, kEthBtc{2};
inline constexpr core::int128 kLot = 100'000, kTickLot = 1'000;  // of BTCUSDT

inline std::vector<Command> listing(instruments::PriceBand band = {}) {
  const core::Amount supply{core::kAmountMax};
  instruments::Market btcusdt;
  btcusdt.symbol = core::Symbol{"BTCUSDT"};
  btcusdt.base = kBtc;
  btcusdt.quote = kUsdt;
  btcusdt.price_decimals = 2;
  btcusdt.quantity_decimals = 3;
  btcusdt.price_min = core::Price{10};
  btcusdt.price_max = core::Price{100'000};
  btcusdt.quantity_min = core::Quantity{2};
  btcusdt.quantity_max = core::Quantity{1'000'000};
  btcusdt.market_quantity_min = core::Quantity{2};
  btcusdt.market_quantity_max = core::Quantity{500'000};
  btcusdt.notional_min = core::Amount{500 * kTickLot};
  btcusdt.notional_max = core::Amount{1'000'000'000 * kTickLot};
  btcusdt.band = band;
  btcusdt.maker_fee = core::FeeRate{100'000};
  btcusdt.taker_fee = core::FeeRate{200'000};
  btcusdt.open_orders_max = 5;
  instruments::Market ethbtc = btcusdt;
  ethbtc.symbol = core::Symbol{"ETHBTC"};
  ethbtc.base = kEth;
  ethbtc.quote = kBtc;
  ethbtc.quantity_decimals = 5;
  ethbtc.notional_min = core::Amount{1};
  ethbtc.maker_fee = ethbtc.taker_fee = {};
  return {instruments::AddAsset{core::Symbol{"BTC"}, 8, supply}, instruments::AddAsset{core::Symbol{"USDT"}, 8, supply},
          instruments::AddAsset{core::Symbol{"ETH"}, 8, supply}, instruments::AddMarket{btcusdt},
          instruments::AddMarket{ethbtc}};
}

}  // namespace engine
