#include "bench/histogram.h"

#include <algorithm>
#include <bit>

#include "pkg/core/check.h"

namespace bench {
namespace {

constexpr unsigned kPartBits = 8;  // of a power of two
constexpr std::uint64_t kParts = 1u << kPartBits;
constexpr unsigned kValueBits = 44;  // 17,592 s
constexpr std::size_t kCounts = (kValueBits - kPartBits + 1) * kParts;

// Values below kParts have a place each; above, the leading one bit chooses the row and the eight bits behind it the
// place in it.
std::size_t index_of(std::uint64_t value) {
  if (value < kParts) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kPartBits;
  return (static_cast<std::size_t>(shift) << kPartBits) + (value >> shift);
}

std::uint64_t highest_at(std::size_t index) {
  if (index < kParts) return index;
  const std::size_t shift = (index >> kPartBits) - 1;
  return (((index & (kParts - 1)) + kParts + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kCounts) {}

void Histogram::record(std::int64_t value_ns) {
  const std::uint64_t value =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value_ns, 0)), (std::uint64_t{1} << kValueBits) - 1);
  ++counts_[index_of(value)];
  ++count_;
  max_ns_ = std::max(max_ns_, value_ns);
}

std::int64_t Histogram::value_at(std::uint64_t per_million) const {
  CHECK(per_million <= 1'000'000);
  if (count_ == 0) return 0;
  // The rank, rounded up, of the value that is asked for: the first for 0, the last for a million.
  const auto product = static_cast<unsigned __int128>(count_) * per_million;
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>((product + 999'999) / 1'000'000), 1);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < kCounts; ++i) {
    passed += counts_[i];
    if (passed >= rank) return std::min(static_cast<std::int64_t>(highest_at(i)), max_ns_);
  }
  return max_ns_;
}

Latency Histogram::latency() const { return {value_at(500'000), value_at(990'000), value_at(999'000), max_ns_}; }

}  // namespace bench
