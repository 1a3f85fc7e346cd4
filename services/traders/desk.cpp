#include "services/traders/desk.h"

#include <algorithm>

#include "pkg/core/decimal.h"

namespace traders {
namespace {

using core::int128;
using instruments::Market;

constexpr std::int64_t kParts = 1'024;            // of a tick
constexpr std::int64_t kFairMax = INT64_MAX / 8;  // far from overflow in the sums below
constexpr std::int64_t kQuietSpreadPpm = 30, kVolatilityPerSpreadPpm = 400;

}  // namespace

std::optional<Desk> Desk::look(std::string_view symbol, Coin base, Coin quote, const Prices& prices,
                               const engine::Views& views) {
  const Market* const market = views.instruments.market(symbol);
  if (market == nullptr || market->state != instruments::MarketState::trading) return std::nullopt;
  const instruments::Asset* const asset = views.instruments.asset(market->quote);
  const int128 tick_value =
      static_cast<int128>(prices.value(quote)) * market->tick_mantissa;  // 1e-8 dollars × 10^price_decimals
  const int128 fair = static_cast<int128>(prices.value(base)) * core::power_of_ten(market->price_decimals) * kParts /
                      std::max<int128>(tick_value, 1);
  if (fair > kFairMax || fair / kParts <= market->price_min.value() || fair / kParts >= market->price_max.value()) {
    return std::nullopt;
  }
  Desk desk;
  desk.market_ = market;
  desk.prices_ = &prices;
  desk.best_ = views.markets.best(market->id);
  desk.base_ = base;
  desk.quote_ = quote;
  desk.fair_ = static_cast<std::int64_t>(fair);
  desk.tick_ppm_ = (kPpm * kParts + desk.fair_ - 1) / desk.fair_;
  const std::int64_t volatility = prices.volatility_ppb(base) + prices.volatility_ppb(quote);
  desk.half_spread_ppm_ = kQuietSpreadPpm + volatility / kVolatilityPerSpreadPpm;
  desk.units_per_dollar_ =
      core::power_of_ten(asset->ledger_decimals) * kDollar / static_cast<int128>(prices.value(quote));
  return desk;
}

core::Price Desk::price(Side side, std::int64_t offset_ppm) const {
  const std::int64_t away = side == Side::buy ? -offset_ppm : offset_ppm;
  const int128 parts = static_cast<int128>(fair_) * (kPpm + away) / kPpm;
  const int128 ticks = side == Side::buy ? parts / kParts : (parts + kParts - 1) / kParts;
  return core::Price{
      static_cast<std::int64_t>(std::clamp<int128>(ticks, market_->price_min.value(), market_->price_max.value()))};
}

std::int64_t Desk::offset_ppm(Side side, core::Price price) const {
  const int128 above = static_cast<int128>(price.value()) * kParts - fair_;
  const int128 ppm = (side == Side::buy ? -above : above) * kPpm / fair_;
  return static_cast<std::int64_t>(std::clamp<int128>(ppm, -1'000 * kPpm, 1'000 * kPpm));
}

core::Quantity Desk::lots(std::int64_t cents, core::Price price) const {
  // The filters hold at the price itself, the wish at fair value: prices in between keep a tenth of room.
  const core::Amount per_lot = core::notional(price, core::Quantity{1}, market_->tick_lot_units);
  const int128 wished = quote_units(cents).value() / per_lot.value();
  const int128 least = market_->notional_min.value() * 11 / 10 / per_lot.value() + 1;
  const int128 most = market_->notional_max.value() * 9 / 10 / per_lot.value();
  const int128 lots = std::min(std::max(wished, least), most);
  const auto low = std::max(market_->quantity_min, market_->market_quantity_min).value();
  const auto high = std::max(low, std::min(market_->quantity_max, market_->market_quantity_max).value());
  return core::Quantity{static_cast<std::int64_t>(std::clamp<int128>(lots, low, high))};
}

core::Amount Desk::quote_units(std::int64_t cents) const { return core::Amount{units_per_dollar_ * cents / 100}; }

std::int64_t Desk::moved_ppm(std::size_t seconds) const {
  return prices_->moved_ppm(base_, seconds) - prices_->moved_ppm(quote_, seconds);
}

orders::PlaceOrder place(const Desk& desk, core::AccountId account, Side side, orders::OrderType type) {
  orders::PlaceOrder order;
  order.account = account;
  order.market = desk.market().id;
  order.side = side;
  order.type = type;
  order.self_trade = orders::SelfTrade::expire_taker;
  return order;
}

}  // namespace traders
