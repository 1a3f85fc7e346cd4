#include "gateways/websocket/utf8.h"

#include <cstring>

namespace websocket {
namespace {

constexpr std::uint64_t kAboveAscii = 0x8080808080808080;

// How many bytes at the front are ASCII, looked at eight at a time.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; at + sizeof kAboveAscii <= text.size(); at += sizeof kAboveAscii) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kAboveAscii) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8Check::take(std::string_view piece) {
  while (!piece.empty()) {
    if (left_ == 0) {
      piece.remove_prefix(ascii_prefix(piece));
      if (piece.empty()) return true;
    }
    const auto byte = static_cast<std::uint8_t>(piece.front());
    piece.remove_prefix(1);
    if (left_ > 0) {
      if (byte < low_ || byte > high_) return false;
      --left_;
      low_ = 0x80;
      high_ = 0xBF;
      continue;
    }
    // Table 3-7 of the Unicode standard: the first byte says how many follow and what the second may be.
    if (byte < 0xC2 || byte > 0xF4) return false;
    left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
  }
  return true;
}

}  // namespace websocket
