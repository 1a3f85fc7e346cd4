#include "services/market_data/store_rows.h"

#include <optional>

namespace market_data {
namespace {

std::optional<Volume> volume_from(const sql::Value& lots, const sql::Value& tick_lots) {
  const auto count = sql::parse_decimal(sql::text(lots)), sum = sql::parse_decimal(sql::text(tick_lots));
  if (!count || !sum) return std::nullopt;
  return Volume{*count, *sum};
}

std::uint64_t number(const sql::Value& value) { return static_cast<std::uint64_t>(sql::integer(value)); }

}  // namespace

const char* const kTradeColumns = "id, aggregate, price, quantity, time_ns, buyer_is_maker";
const char* const kCandleColumns =
    "open_time_ns, open, high, low, close, lots, tick_lots, taker_buy_lots, taker_buy_tick_lots, trade_count, "
    "first_trade, last_trade";

core::Result<Trade> trade_from(const sql::Row& row) {
  const Trade trade{.id = core::TradeId{number(row[0])},
                    .aggregate = number(row[1]),
                    .price = core::Price{sql::integer(row[2])},
                    .quantity = core::Quantity{sql::integer(row[3])},
                    .time = core::Time{sql::integer(row[4])},
                    .buyer_is_maker = sql::integer(row[5]) != 0};
  if (trade.id.is_none() || trade.price.value() <= 0 || trade.quantity.value() <= 0)
    return core::fail(core::ErrorKind::corrupt, "a stored trade that cannot be");
  return trade;
}

namespace {

// low × lots <= tick_lots <= high × lots, without leaving 128 bits.
bool is_within(const Volume& volume, const Candle& candle) {
  core::int128 least = 0, most = 0;
  return volume.lots >= 0 && !__builtin_mul_overflow(volume.lots, candle.low.value(), &least) &&
         !__builtin_mul_overflow(volume.lots, candle.high.value(), &most) && least <= volume.tick_lots &&
         volume.tick_lots <= most;
}

}  // namespace

core::Result<Candle> candle_from(const sql::Row& row) {
  const auto volume = volume_from(row[5], row[6]), taker_buy = volume_from(row[7], row[8]);
  Candle candle{.open_time = core::Time{sql::integer(row[0])},
                .open = core::Price{sql::integer(row[1])},
                .high = core::Price{sql::integer(row[2])},
                .low = core::Price{sql::integer(row[3])},
                .close = core::Price{sql::integer(row[4])},
                .trade_count = number(row[9]),
                .first_trade = core::TradeId{number(row[10])},
                .last_trade = core::TradeId{number(row[11])}};
  // Damage must not get as far as arithmetic.
  const bool prices = candle.low.value() > 0 && candle.low <= candle.open && candle.low <= candle.close &&
                      candle.open <= candle.high && candle.close <= candle.high;
  if (!volume || !taker_buy || !prices || candle.trade_count == 0 || volume->lots <= 0 || !is_within(*volume, candle) ||
      !is_within(*taker_buy, candle) || taker_buy->lots > volume->lots)
    return core::fail(core::ErrorKind::corrupt, "a stored candle that cannot be");
  candle.volume = *volume;
  candle.taker_buy = *taker_buy;
  return candle;
}

}  // namespace market_data
