// The text a REST signature covers: the raw query string and the raw body put together, without the signature
// parameter, exactly as received: nothing is decoded, encoded or put in order.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace auth {

// Up to four pieces of the request, in order.
class Payload {
 public:
  // The `signature` parameter is left out, of the query if it is there, else of the body, with the '&' that joined it.
  Payload(std::string_view query, std::string_view body);
  [[nodiscard]] std::span<const std::string_view> pieces() const { return std::span(pieces_).first(count_); }

 private:
  void add_without_signature(std::string_view text);
  void add(std::string_view piece) {
    if (!piece.empty()) pieces_[count_++] = piece;
  }
  std::array<std::string_view, 4> pieces_;
  std::size_t count_ = 0;
  bool found_ = false;
};

}  // namespace auth
