// Hashes of content, the same on every machine, compiler and optimisation level. Not for keys that an attacker chooses.
#pragma once

#include <cstdint>
#include <string_view>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"

namespace core {

// Folds two words into one by a 64 × 64 → 128 bit multiplication (the step of wyhash,
// https://github.com/wangyi-fudan/wyhash).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const uint128 product = static_cast<uint128>(a ^ 0x9E3779B97F4A7C15ull) * (b ^ 0xE7037ED1A0B428DBull);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// An order-sensitive running digest: the same values in the same order give the same 64 bits.
class Digest {
 public:
  constexpr Digest() = default;
  explicit constexpr Digest(std::uint64_t resumed) : state_(resumed) {}

  constexpr Digest& add(std::uint64_t word) {
    state_ = mix(state_ + 0xA0761D6478BD642Full, word);
    return *this;
  }
  // Two words for the price of one multiplication in sequence.
  constexpr Digest& add(std::uint64_t a, std::uint64_t b) {
    state_ = mix(state_ ^ a, b + 0x8EBC6AF09C88C6E3ull);
    return *this;
  }
  constexpr Digest& add(int128 value) {
    return add(static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(static_cast<uint128>(value) >> 64));
  }
  template <class Tag, class Rep>
  constexpr Digest& add(Count<Tag, Rep> count) {
    if constexpr (sizeof(Rep) == 16)
      return add(static_cast<int128>(count.value()));
    else
      return add(static_cast<std::uint64_t>(count.value()));
  }
  template <class Tag, class Rep>
  constexpr Digest& add(Id<Tag, Rep> id) {
    return add(static_cast<std::uint64_t>(id.value()));
  }
  constexpr Digest& add(std::string_view text) {
    add(text.size());
    for (std::size_t i = 0; i < text.size(); i += 8) {
      std::uint64_t word = 0;
      for (std::size_t j = i; j < text.size() && j < i + 8; ++j)
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[j])) << (8 * (j - i));
      add(word);
    }
    return *this;
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace core
