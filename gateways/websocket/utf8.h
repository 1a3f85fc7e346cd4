// Whether bytes are UTF-8 (RFC 3629), told as they come, in pieces cut anywhere: no overlong forms, no surrogates,
// nothing above U+10FFFF.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket {

class Utf8Check {
 public:
  // False at the first byte that no text can have there; the check is of no use after that.
  [[nodiscard]] bool take(std::string_view piece);
  // No character is half there.
  [[nodiscard]] bool complete() const { return left_ == 0; }

 private:
  std::uint8_t left_ = 0;                  // bytes of the present character still to come
  std::uint8_t low_ = 0x80, high_ = 0xBF;  // the next of them is between these
};

}  // namespace websocket
