#include "services/instruments/defaults.h"

#include "pkg/core/decimal.h"

namespace instruments {
namespace {

constexpr core::AssetId kBtc{1}, kEth{2}, kSol{3}, kUsdt{4};
constexpr std::uint8_t kLedgerDecimals = 8;

// A whole number of `step`s, written as decimals: 1,000,000 dollars in steps of 0.01 is steps(1'000'000, 2).
std::int64_t steps(std::int64_t whole, int decimals) {
  return whole * static_cast<std::int64_t>(core::power_of_ten(decimals));
}

core::Amount units(std::int64_t whole) { return core::Amount{whole * core::power_of_ten(kLedgerDecimals)}; }

AddAsset asset(std::string_view symbol, std::int64_t supply_max) {
  return {core::Symbol(symbol), kLedgerDecimals, units(supply_max)};
}

struct Terms {
  std::string_view symbol;
  core::AssetId base, quote;
  int price_decimals, quantity_decimals;                      // tick and lot are one unit of the last decimal
  std::int64_t price_max, quantity_max, market_quantity_max;  // whole units of quote and base
  core::Amount notional_min, notional_max;
};

AddMarket market(const Terms& terms) {
  Market out;
  out.symbol = core::Symbol(terms.symbol);
  out.base = terms.base;
  out.quote = terms.quote;
  out.price_decimals = static_cast<std::uint8_t>(terms.price_decimals);
  out.quantity_decimals = static_cast<std::uint8_t>(terms.quantity_decimals);
  out.price_min = core::Price{1};
  out.price_max = core::Price{steps(terms.price_max, terms.price_decimals)};
  out.quantity_min = out.market_quantity_min = core::Quantity{1};
  out.quantity_max = core::Quantity{steps(terms.quantity_max, terms.quantity_decimals)};
  out.market_quantity_max = core::Quantity{steps(terms.market_quantity_max, terms.quantity_decimals)};
  out.notional_min = terms.notional_min;
  out.notional_max = terms.notional_max;
  out.band = {.bid_up_bp = 50'000, .bid_down_bp = 2'000, .ask_up_bp = 50'000, .ask_down_bp = 2'000};  // 5 and 0.2 times
  out.maker_fee = out.taker_fee = core::FeeRate{100'000};                                             // 0.1 %
  out.open_orders_max = 200;
  return {out};
}

}  // namespace

std::vector<AddAsset> default_assets() {
  // Far above what any of them has in circulation, far below what 96 bits of ledger units hold.
  return {asset("BTC", 100'000'000), asset("ETH", 10'000'000'000), asset("SOL", 100'000'000'000),
          asset("USDT", 10'000'000'000'000)};
}

std::vector<AddMarket> default_markets() {
  const core::Amount notional_min_usdt = units(5);
  const core::Amount notional_min_btc{10'000};  // 0.0001 BTC
  return {
      market({"BTCUSDT", kBtc, kUsdt, 2, 5, 1'000'000, 9'000, 500, notional_min_usdt, units(9'000'000)}),
      market({"ETHUSDT", kEth, kUsdt, 2, 4, 1'000'000, 9'000, 5'000, notional_min_usdt, units(9'000'000)}),
      market({"SOLUSDT", kSol, kUsdt, 2, 3, 100'000, 90'000, 50'000, notional_min_usdt, units(9'000'000)}),
      market({"ETHBTC", kEth, kBtc, 5, 3, 1'000, 100'000, 5'000, notional_min_btc, units(9'000)}),
  };
}

}  // namespace instruments
