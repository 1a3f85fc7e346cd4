// Candles of an interval, put together from base candles, wherever those were kept. A pure function.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "services/market_data/intervals.h"
#include "services/market_data/types.h"

namespace market_data {

// The periods that open at `first` and later, but before `until`. REQUIRES `first` to be where a period opens.
struct Periods {
  Interval interval = Interval::minute_1;
  std::int64_t offset_ns = 0;  // the time zone's
  core::Time first, until;
};

// A candle for each period from the first that has a trade in it or before it: one without trades is flat at the price
// before it. `base`: ascending candles of base_layer(interval, offset), those outside the periods are passed over;
// `before`: the price of the last trade before `first`.
[[nodiscard]] std::vector<Candle> derive(const Periods& periods, std::span<const Candle> base,
                                         std::optional<core::Price> before);

}  // namespace market_data
