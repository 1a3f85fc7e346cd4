#include "services/market_data/derive.h"

#include "services/market_data/candles.h"

namespace market_data {

std::vector<Candle> derive(const Periods& periods, std::span<const Candle> base, std::optional<core::Price> before) {
  std::vector<Candle> out;
  std::size_t next = 0;
  while (next < base.size() && base[next].open_time < periods.first) ++next;
  for (core::Time open = periods.first; open < periods.until;) {
    const core::Time end = next_open(periods.interval, open, periods.offset_ns);
    std::optional<Candle> candle;
    for (; next < base.size() && base[next].open_time < end; ++next) {
      if (candle)
        extend(*candle, base[next]);
      else
        candle = base[next];
    }
    if (!candle && before) candle = flat_candle(open, *before);
    if (candle) {
      candle->open_time = open;
      before = candle->close;
      out.push_back(*candle);
    }
    open = end;
  }
  return out;
}

}  // namespace market_data
