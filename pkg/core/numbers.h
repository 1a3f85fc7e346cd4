// The numbers of a market and of money, as types that do not mix.
//
// Price counts ticks, Quantity counts lots (both int64, meaning only beside their market), Amount counts an asset's
// ledger unit (128 bits), FeeRate counts 1e-8. Sums and differences of one type are checked for overflow in every
// build; products across types exist only as the named functions here. There is no floating point anywhere in the
// exchange's arithmetic.
#pragma once

#include <compare>
#include <cstdint>

#include "pkg/core/check.h"

namespace core {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

// A checked count of one kind of thing. Tag keeps kinds apart, Rep is its width.
template <class Tag, class Rep>
class Count {
 public:
  using rep = Rep;
  constexpr Count() = default;
  explicit constexpr Count(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }
  friend constexpr auto operator<=>(Count, Count) = default;
  friend constexpr bool operator==(Count, Count) = default;

  constexpr Count& operator+=(Count other) {
    CHECK(!__builtin_add_overflow(value_, other.value_, &value_));
    return *this;
  }
  constexpr Count& operator-=(Count other) {
    CHECK(!__builtin_sub_overflow(value_, other.value_, &value_));
    return *this;
  }
  friend constexpr Count operator+(Count a, Count b) { return a += b; }
  friend constexpr Count operator-(Count a, Count b) { return a -= b; }
  friend constexpr Count operator-(Count a) { return Count{} -= a; }

 private:
  Rep value_ = 0;
};

using Price = Count<struct PriceTag, std::int64_t>;        // ticks
using Quantity = Count<struct QuantityTag, std::int64_t>;  // lots
using Amount = Count<struct AmountTag, int128>;            // ledger units of one asset
using FeeRate = Count<struct FeeRateTag, std::int32_t>;    // 1e-8 of what is received; 100'000 is 0.1 %

inline constexpr std::int64_t kFeeRateOne = 100'000'000;
// Every balance, every sum of balances and every notional stays below this bound (REQUIRES on listing and deposits), so
// that sums of a few of them, and fee products of fee-sized rates, cannot leave 128 bits.
inline constexpr Amount kAmountMax{static_cast<int128>(1) << 96};

// quantity × (ledger units per lot). The listing caps make the product fit; CHECKed all the same.
[[nodiscard]] constexpr Amount times(Quantity quantity, Amount units_per_lot) {
  int128 product = 0;
  CHECK(!__builtin_mul_overflow(static_cast<int128>(quantity.value()), units_per_lot.value(), &product));
  return Amount{product};
}

// price × quantity × (quote ledger units in one tick × lot): exact by the rules of listing.
[[nodiscard]] constexpr Amount notional(Price price, Quantity quantity, Amount units_per_tick_lot) {
  const int128 tick_lots = static_cast<int128>(price.value()) * quantity.value();  // 63 + 63 bits: cannot overflow
  int128 product = 0;
  CHECK(!__builtin_mul_overflow(tick_lots, units_per_tick_lot.value(), &product));
  return Amount{product};
}

// The fee on `received`, rounded down: in favour of whoever pays it. A negative rate is a rebate, rounded down in size
// too.
[[nodiscard]] constexpr Amount fee_on(Amount received, FeeRate rate) {
  int128 product = 0;
  CHECK(!__builtin_mul_overflow(received.value(), static_cast<int128>(rate.value()), &product));
  return Amount{product / kFeeRateOne};
}

}  // namespace core
