// One market as the traders see it at one moment: what it is worth to them, in its own ticks and lots, and the orders
// they could make of it. Every price and quantity that comes out of here passes the market's filters.
#pragma once

#include <cstdint>
#include <optional>

#include "services/engine/replica.h"
#include "services/orders/types.h"
#include "services/traders/prices.h"

namespace traders {

using matching::Side;

class Desk {
 public:
  // Nothing: not listed, halted, or worth so little or much that no price of the market says it.
  static std::optional<Desk> look(std::string_view symbol, Coin base, Coin quote, const Prices& prices,
                                  const engine::Views& views);

  // `offset_ppm` behind fair value, away from the other side; negative: beyond it. A buy rounds down, a sell up.
  [[nodiscard]] core::Price price(Side side, std::int64_t offset_ppm) const;
  // How far behind fair value a price lies; negative: beyond it, where it gives money away.
  [[nodiscard]] std::int64_t offset_ppm(Side side, core::Price price) const;
  // What this many cents buy, at least what the filters ask for at `price`.
  [[nodiscard]] core::Quantity lots(std::int64_t cents, core::Price price) const;
  [[nodiscard]] core::Amount quote_units(std::int64_t cents) const;  // of the quote asset

  [[nodiscard]] const instruments::Market& market() const { return *market_; }
  [[nodiscard]] const std::optional<market_data::DepthLevel>& best(Side side) const {
    return side == Side::buy ? best_.bid : best_.ask;
  }
  [[nodiscard]] Coin base() const { return base_; }
  [[nodiscard]] Coin quote() const { return quote_; }
  // Half of the spread that pays for the risk at this volatility.
  [[nodiscard]] std::int64_t half_spread_ppm() const { return half_spread_ppm_; }
  [[nodiscard]] std::int64_t tick_ppm() const { return tick_ppm_; }  // rounded up
  // Change of fair value.
  [[nodiscard]] std::int64_t moved_ppm(std::size_t seconds) const;

 private:
  Desk() = default;
  const instruments::Market* market_ = nullptr;
  const Prices* prices_ = nullptr;
  market_data::BestPrices best_;
  Coin base_ = Coin::btc, quote_ = Coin::usdt;
  std::int64_t fair_ = 0;  // 1/1024 of a tick
  std::int64_t half_spread_ppm_ = 0, tick_ppm_ = 0;
  core::int128 units_per_dollar_ = 0;  // ledger units of the quote asset
};

// An order that lacks its price and quantity. It never trades with the account's own orders.
[[nodiscard]] orders::PlaceOrder place(const Desk& desk, core::AccountId account, Side side, orders::OrderType type);

}  // namespace traders
