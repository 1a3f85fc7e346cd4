#include "pkg/core/decimal.h"

#include <array>

#include "pkg/core/check.h"

namespace core {
namespace {

constexpr int kExponentMax = 38;  // 10^38 is the largest power of ten in 127 bits

constexpr auto kPowersOfTen = [] {
  std::array<int128, kExponentMax + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000ull;  // 10^19, the largest power of ten in 64 bits
constexpr std::size_t kChunkDigits = 19;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many digits `text` starts with.
std::size_t leading_digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

// REQUIRES digits only, few enough to fit.
int128 value_of(std::string_view digits) {
  int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// The digits of a number, without leading zeros; none for zero. 128-bit divisions are slow, so there are two at most.
class Digits {
 public:
  explicit Digits(uint128 value) {
    if (value > ~std::uint64_t{0}) {
      const uint128 high = value / kChunk;
      append(static_cast<std::uint64_t>(value % kChunk), kChunkDigits);
      if (high >= kChunk) {
        append(static_cast<std::uint64_t>(high % kChunk), kChunkDigits);
        append(static_cast<std::uint64_t>(high / kChunk), 1);
      } else {
        append(static_cast<std::uint64_t>(high), 1);
      }
    } else if (value != 0) {
      append(static_cast<std::uint64_t>(value), 1);
    }
  }
  [[nodiscard]] std::string_view view() const { return {text_.data() + begin_, text_.size() - begin_}; }

 private:
  // Puts `value` in front of what is there, with zeros up to `width_min` digits.
  void append(std::uint64_t value, std::size_t width_min) {
    const std::size_t end = begin_;
    for (; value != 0 || end - begin_ < width_min; value /= 10) text_[--begin_] = static_cast<char>('0' + value % 10);
  }

  std::array<char, 2 * kChunkDigits + 20> text_;
  std::size_t begin_ = text_.size();
};

constexpr uint128 magnitude(int128 value) {
  return value < 0 ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
}

}  // namespace

int128 power_of_ten(int exponent) {
  CHECK(exponent >= 0 && exponent <= kExponentMax);
  return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

std::expected<int128, DecimalError> parse_decimal(std::string_view text, int decimals) {
  CHECK(decimals >= 0 && decimals <= kDecimalsMax);
  const std::string_view whole = text.substr(0, leading_digits(text));
  std::string_view rest = text.substr(whole.size());
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = rest.substr(0, leading_digits(rest));
    rest.remove_prefix(fraction.size());
  }
  // The form first, so that an answer does not depend on how far a malformed text was understood.
  if (!rest.empty() || whole.size() + fraction.size() == 0) return std::unexpected(DecimalError::malformed);
  if (whole.size() > static_cast<std::size_t>(kDecimalDigitsMax)) return std::unexpected(DecimalError::too_large);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > static_cast<std::size_t>(decimals)) return std::unexpected(DecimalError::too_many_decimals);

  // 20 digits and 18 decimals stay below 10^38, which is inside 127 bits: nothing here can overflow.
  static_assert(kDecimalDigitsMax + kDecimalsMax <= kExponentMax);
  return value_of(whole) * power_of_ten(decimals) +
         value_of(fraction) * power_of_ten(decimals - static_cast<int>(fraction.size()));
}

void append_decimal(std::string& out, int128 count, int decimals, int shown) {
  CHECK(decimals >= 0 && decimals <= kExponentMax && shown >= 0);
  if (count < 0) out.push_back('-');
  const Digits number(magnitude(count));
  const std::string_view digits = number.view();
  const auto places = static_cast<std::size_t>(decimals);
  const auto wanted = static_cast<std::size_t>(shown);

  const std::size_t whole_size = digits.size() > places ? digits.size() - places : 0;
  if (whole_size == 0) out.push_back('0');
  out.append(digits.substr(0, whole_size));
  if (wanted == 0) {
    CHECK_MSG(digits.find_first_not_of('0', whole_size) == std::string_view::npos, "digits would be lost");
    return;
  }
  out.push_back('.');
  const std::size_t fraction_begin = out.size();
  if (whole_size == 0) out.append(places - digits.size(), '0');  // 0.00…0 in front of the first digit there is
  out.append(digits.substr(whole_size));
  while (out.size() - fraction_begin > wanted) {
    CHECK_MSG(out.back() == '0', "digits would be lost");
    out.pop_back();
  }
  out.append(wanted - (out.size() - fraction_begin), '0');
}

std::string format_decimal(int128 count, int decimals, int shown) {
  std::string out;
  append_decimal(out, count, decimals, shown);
  return out;
}

int decimals_needed(int128 count, int decimals) {
  CHECK(decimals >= 0 && decimals <= kExponentMax);
  const Digits number(magnitude(count));
  const std::string_view digits = number.view();
  if (digits.empty()) return 0;
  const auto trailing_zeros = static_cast<int>(digits.size() - 1 - digits.find_last_not_of('0'));
  return trailing_zeros >= decimals ? 0 : decimals - trailing_zeros;
}

}  // namespace core
