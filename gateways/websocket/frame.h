// Writing WebSocket frames (RFC 6455, section 5.2) as a server does: whole, final, without a mask. Parser (parser.h)
// reads those of clients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateways/websocket/application.h"

namespace websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline constexpr std::size_t kControlPayloadBytesMax = 125;
inline constexpr std::size_t kCloseReasonBytesMax = kControlPayloadBytesMax - 2;

// What stands before a payload of that size.
class FrameHeader {
 public:
  FrameHeader(Opcode opcode, std::size_t payload_bytes);
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 10> bytes_;
  std::uint8_t size_;
};

// A text message for many readers. REQUIRES valid UTF-8.
[[nodiscard]] Frame make_text_frame(std::string_view message);

// payload ^ mask, as clients send it, into `out`, which has room for it and may be `in` itself. `mask` holds the four
// bytes as they lie in the frame, `phase` says how many bytes of the payload went before these.
void unmask(std::string_view in, std::uint32_t mask, std::size_t phase, char* out);

}  // namespace websocket
