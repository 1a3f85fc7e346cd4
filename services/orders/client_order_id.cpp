#include "services/orders/client_order_id.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "pkg/core/hash.h"

namespace orders {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::uint64_t kBase = 62;
constexpr std::size_t kIdDigits = 11;    // 62^11 > 2^64
constexpr std::size_t kCheckDigits = 2;  // so that of all texts of this form only one in 3844 stands for an order
constexpr std::size_t kMadeSize = 1 + kIdDigits + kCheckDigits;
constexpr std::uint64_t kOrderIdEnd = std::uint64_t{1} << 53;

// A bijection of 64-bit words: shift and multiplication by an odd number can each be undone.
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ull;

constexpr std::uint64_t inverse_of(std::uint64_t odd) {
  std::uint64_t inverse = odd;  // right in the lowest 3 bits; each round doubles them (Newton)
  for (int round = 0; round < 5; ++round) inverse *= 2 - odd * inverse;
  return inverse;
}
static_assert(kMultiplier * inverse_of(kMultiplier) == 1);

constexpr std::uint64_t scramble(std::uint64_t x) {
  x *= kMultiplier;
  x ^= x >> 32;
  return x * kMultiplier;
}
constexpr std::uint64_t unscramble(std::uint64_t x) {
  x *= inverse_of(kMultiplier);
  x ^= x >> 32;
  return x * inverse_of(kMultiplier);
}

constexpr int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 36;
  return -1;
}

void write_digits(std::uint64_t value, std::span<char> into) {
  for (std::size_t i = into.size(); i-- > 0; value /= kBase) into[i] = kDigits[value % kBase];
}

}  // namespace

core::ClientOrderId made_client_order_id(core::OrderId order) {
  std::array<char, kMadeSize> text{};
  text[0] = 'x';
  const std::uint64_t scrambled = scramble(order.value());
  write_digits(scrambled, std::span(text).subspan(1, kIdDigits));
  write_digits(core::mix(scrambled, kMultiplier), std::span(text).subspan(1 + kIdDigits));
  return core::ClientOrderId{std::string_view{text.data(), text.size()}};
}

std::optional<core::OrderId> order_of_made_id(std::string_view client_order_id) {
  if (client_order_id.size() != kMadeSize || client_order_id[0] != 'x') return std::nullopt;
  std::uint64_t scrambled = 0;
  for (const char c : client_order_id.substr(1, kIdDigits)) {
    const int digit = digit_value(c);
    if (digit < 0) return std::nullopt;
    scrambled = scrambled * kBase + static_cast<std::uint64_t>(digit);  // may wrap: the comparison below finds out
  }
  const core::OrderId order{unscramble(scrambled)};
  if (order.is_none() || order.value() >= kOrderIdEnd) return std::nullopt;
  if (made_client_order_id(order).view() != client_order_id) return std::nullopt;
  return order;
}

bool is_valid_client_order_id(std::string_view text) {
  return !text.empty() && text.size() <= core::ClientOrderId::capacity &&
         std::ranges::all_of(text, [](char c) { return digit_value(c) >= 0 || c == '-' || c == '_'; });
}

}  // namespace orders
