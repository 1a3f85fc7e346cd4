// A short string held inside the object: symbols, client order ids. No allocation, ordered and compared by content.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pkg/core/check.h"

namespace core {

template <std::size_t Capacity>
class ShortText {
  static_assert(Capacity <= 255);

 public:
  static constexpr std::size_t capacity = Capacity;
  constexpr ShortText() = default;
  // REQUIRES text.size() <= Capacity: whoever takes text from outside measures first.
  explicit constexpr ShortText(std::string_view text) : size_(static_cast<std::uint8_t>(text.size())) {
    CHECK(text.size() <= Capacity);
    for (std::size_t i = 0; i < text.size(); ++i) text_[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  friend constexpr bool operator==(const ShortText& a, const ShortText& b) { return a.view() == b.view(); }
  friend constexpr auto operator<=>(const ShortText& a, const ShortText& b) { return a.view() <=> b.view(); }

 private:
  std::uint8_t size_ = 0;
  std::array<char, Capacity> text_{};
};

using ClientOrderId = ShortText<36>;  // ^[a-zA-Z0-9-_]{1,36}$, or empty: the exchange shows one made from the order id
using Symbol = ShortText<20>;         // ^[A-Z0-9]{1,20}$

}  // namespace core
