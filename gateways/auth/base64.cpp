#include "gateways/auth/base64.h"

#include <array>
#include <cstdint>

namespace auth {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

}  // namespace

bool decode_base64(std::string_view text, std::span<unsigned char> out) {
  if (text.size() != base64_chars(out.size())) return false;
  const std::size_t padding = (3 - out.size() % 3) % 3;
  for (std::size_t i = 0; i < padding; ++i) {
    if (text.back() != '=') return false;
    text.remove_suffix(1);
  }
  std::uint32_t bits = 0, count = 0;  // read and not yet written
  std::size_t written = 0;
  for (const char c : text) {
    const std::uint32_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNone) return false;
    bits = (bits << 6 | value) & 0xFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[written++] = static_cast<unsigned char>(bits >> count);
  }
  return (bits & ((1u << count) - 1)) == 0;
}

std::string base64_form(std::size_t bytes) {
  const std::size_t whole = bytes / 3 * 4;
  const auto any = [](std::size_t chars) { return "^[A-Za-z0-9+/]{" + std::to_string(chars) + "}"; };
  switch (bytes % 3) {
    case 1:
      return any(whole + 1) + "[AQgw]==$";
    case 2:
      return any(whole + 2) + "[AEIMQUYcgkosw048]=$";
    default:
      return any(whole) + "$";
  }
}

}  // namespace auth
