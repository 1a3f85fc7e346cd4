// Reading a client's WebSocket frames (RFC 6455, section 5) from bytes that may be anything and may be cut anywhere:
// whole text messages and control frames come out, or the code to close with.
//
// A parser holds what is incomplete and nothing else: a message that lies in the bytes at hand as one frame is unmasked
// into a scratch all parsers of a thread share, so an idle connection costs the size of this class. Extensions are not
// spoken, so the reserved bits must be zero; binary messages are refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "gateways/websocket/frame.h"
#include "gateways/websocket/utf8.h"

namespace websocket {

// Why a connection cannot go on.
struct Fault {
  CloseCode code = CloseCode::protocol_error;
  std::string_view reason;  // a constant, short enough for a close frame
};

class Parser {
 public:
  enum class Found : std::uint8_t { more, text, ping, pong, close, fault };

  explicit Parser(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Goes on in `input` up to the end of the next message or control frame and takes what it used from its front;
  // `more`: all was used and nothing is whole. What was found lives until the next call, at most as long as the scratch
  // is left alone. REQUIRES no fault before.
  [[nodiscard]] Found next(std::string_view& input, std::string& scratch);
  [[nodiscard]] std::string_view payload() const { return payload_; }
  [[nodiscard]] const Fault& fault() const { return fault_; }
  // The last bytes ended a message or a control frame, and no fragmented message is open.
  [[nodiscard]] bool at_rest() const { return header_size_ == 0 && !message_open_; }

 private:
  [[nodiscard]] bool fill_header(std::string_view& input, std::size_t wanted);
  [[nodiscard]] bool take_header(std::string_view& input);
  [[nodiscard]] bool check_opening();
  [[nodiscard]] bool check_length();
  [[nodiscard]] bool take_control(std::string_view& input);
  [[nodiscard]] bool take_data(std::string_view& input, std::string& scratch);
  bool fail(CloseCode code, std::string_view reason);
  [[nodiscard]] std::size_t header_bytes_wanted() const;
  [[nodiscard]] bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 8; }

  std::size_t message_bytes_max_;
  std::string message_;  // what has come of a message that is not whole
  std::string_view payload_;
  Fault fault_;
  std::size_t left_ = 0;  // of the frame's payload
  std::uint32_t mask_ = 0;
  std::array<char, 14> header_;
  std::uint8_t header_size_ = 0;  // bytes of the frame's header that are there; 0 between frames
  std::uint8_t control_size_ = 0;
  Opcode opcode_ = Opcode::continuation;
  std::uint8_t phase_ = 0;  // of the mask
  Utf8Check utf8_;
  bool final_ = false;
  bool in_payload_ = false;
  bool message_open_ = false;  // a fragment has come, the last one has not
  bool message_handed_out_ = false;
  std::array<char, kControlPayloadBytesMax> control_;
};

// The code in a close frame; 0 when it has none.
[[nodiscard]] std::expected<std::uint16_t, Fault> close_code_of(std::string_view close_payload);

}  // namespace websocket
