// Fee rates: maker and taker in 1e-8 of what is received, per market with an override per account.
#pragma once

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"

namespace fees {

struct Rates {
  core::FeeRate maker, taker;
  friend bool operator==(const Rates&, const Rates&) = default;
};
inline constexpr core::FeeRate kRateMax{10'000'000};  // 10 %; rebates (negative rates) come with the fee service

// ---- commands (record types 30 to 39) ----
struct SetAccountFees {
  core::AccountId account;
  bool use_market_rates = false;  // true: back to the market's
  Rates rates;
};

}  // namespace fees
