// Identifiers as types that do not mix and that have no arithmetic but "the next one".
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace core {

template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;
  constexpr Id() = default;
  explicit constexpr Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr Id next() const { return Id(static_cast<Rep>(value_ + 1)); }
  // Zero names nothing: counters start at one.
  [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
  friend constexpr bool operator==(Id, Id) = default;

 private:
  Rep value_ = 0;
};

using AccountId = Id<struct AccountTag, std::uint32_t>;
using AssetId = Id<struct AssetTag, std::uint32_t>;
using MarketId = Id<struct MarketTag, std::uint32_t>;
using OrderId = Id<struct OrderTag, std::uint64_t>;      // account shard << 40 | counter; below 2^53, rising
using TradeId = Id<struct TradeTag, std::uint64_t>;      // counter per market
using Sequence = Id<struct SequenceTag, std::uint64_t>;  // of a command in its log; the first is 1
using SenderId = Id<struct SenderTag, std::uint32_t>;    // who sent a record: a gateway, a fold
using Epoch = Id<struct EpochTag, std::uint32_t>;        // a sender's start, rising

// Accounts that belong to the exchange itself. Users' accounts count up from kFirstUserAccount; one clearing account
// per market is kFirstClearingAccount + market id.
inline constexpr AccountId kWorldAccount{1};    // what came in from outside, negated: the only one that may be negative
inline constexpr AccountId kFeesAccount{2};     // collected fees
inline constexpr AccountId kCustodyAccount{3};  // reserved
inline constexpr AccountId kSuspenseAccount{4};  // reserved
inline constexpr AccountId kFirstUserAccount{1000};
inline constexpr AccountId kFirstClearingAccount{0x8000'0000};

// Nanoseconds since 1970-01-01T00:00:00Z, as logged: folds never ask for the time.
struct Time {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(Time, Time) = default;
  friend constexpr bool operator==(Time, Time) = default;
  [[nodiscard]] constexpr std::int64_t milliseconds() const { return ns / 1'000'000; }
  [[nodiscard]] constexpr std::int64_t microseconds() const { return ns / 1'000; }
};

}  // namespace core

template <class Tag, class Rep>
struct std::hash<core::Id<Tag, Rep>> {
  std::size_t operator()(core::Id<Tag, Rep> id) const noexcept {
    return static_cast<std::size_t>(id.value() * 0x9E3779B97F4A7C15ull >> 7);
  }
};
