// Noise as the saved form of the read model. Whatever loads answers every question and saves to the bytes it came from.
#include <cstdint>

#include "services/market_data/markets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace market_data;
  const Limits limits{.trades = 8, .seconds = 8, .minutes = 8, .quarter_hours = 8, .days = 8};
  const core::BytesView bytes(reinterpret_cast<const std::byte*>(data), size);
  core::ByteReader reader(bytes);
  Markets markets(limits);
  if (!markets.load(reader)) return 0;
  core::Bytes saved;
  core::ByteWriter writer(saved);
  markets.save(writer);
  core::ByteReader again(saved);
  Markets loaded(limits);
  CHECK(loaded.load(again) && again.complete());  // the same but for what the rings had no place for
  core::Bytes saved_again;
  core::ByteWriter second(saved_again);
  loaded.save(second);
  CHECK(saved_again == saved);
  for (std::uint32_t id = 1; id <= 2; ++id) {
    const core::MarketId market{id};
    const Trade* last = markets.last_trade(market);
    const core::Time now{last == nullptr ? 0 : last->time.ns + 1};
    for (const Interval interval : kIntervals) (void)markets.candle(market, interval, now, 23 * kQuarterHourNs);
    (void)markets.statistics(market, now, 7 * kDayNs);
    (void)markets.trading_day(market, now, -48 * kQuarterHourNs);
    (void)markets.average_price(market, now);
    (void)markets.reach(market);
    (void)markets.depth(market, 100);
    (void)markets.recent_trades(market, 100);
    (void)markets.aggregate_trades({.market = market, .from_id = 1});
    (void)markets.aggregate_trades({.market = market});
  }
  return 0;
}
