// What `exchange start` lists on an empty log: four assets, four spot markets.
#pragma once

#include <vector>

#include "services/instruments/types.h"

namespace instruments {

// To be applied in this order, all assets first. The markets' base and quote name the ids these assets get in an empty
// registry: BTC 1, ETH 2, SOL 3, USDT 4.
[[nodiscard]] std::vector<AddAsset> default_assets();
[[nodiscard]] std::vector<AddMarket> default_markets();

}  // namespace instruments
