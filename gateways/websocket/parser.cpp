#include "gateways/websocket/parser.h"

#include <algorithm>
#include <cstring>

#include "pkg/core/check.h"

namespace websocket {
namespace {

constexpr unsigned kFinalBit = 0x80, kReservedBits = 0x70, kOpcodeBits = 0x0F;  // of the first byte
constexpr unsigned kMaskBit = 0x80, kLengthBits = 0x7F;                         // of the second
constexpr unsigned kLengthIn16Bits = 126, kLengthIn64Bits = 127;
constexpr std::size_t kOpeningBytes = 2, kMaskBytes = 4;

constexpr std::string_view kBadUtf8 = "not UTF-8";

std::size_t length_bytes_of(unsigned length) {
  return length == kLengthIn16Bits ? 2 : length == kLengthIn64Bits ? 8 : 0;
}

unsigned byte_at(const char* bytes) { return static_cast<unsigned char>(*bytes); }

// RFC 6455, section 7.4, and the codes registered since.
bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

bool Parser::fail(CloseCode code, std::string_view reason) {
  fault_ = {code, reason};
  return false;
}

std::size_t Parser::header_bytes_wanted() const {
  return kOpeningBytes + length_bytes_of(byte_at(&header_[1]) & kLengthBits) + kMaskBytes;
}

Parser::Found Parser::next(std::string_view& input, std::string& scratch) {
  CHECK(fault_.reason.empty());
  if (message_handed_out_) {
    message_handed_out_ = false;
    std::string{}.swap(message_);
  }
  while (true) {
    if (!in_payload_ && !take_header(input)) break;
    const bool is_whole = is_control() ? take_control(input) : take_data(input, scratch);
    if (!is_whole) {
      if (in_payload_ || !fault_.reason.empty()) break;
      continue;  // a fragment
    }
    switch (opcode_) {
      case Opcode::ping:
        return Found::ping;
      case Opcode::pong:
        return Found::pong;
      case Opcode::close:
        return Found::close;
      default:
        return Found::text;
    }
  }
  return fault_.reason.empty() ? Found::more : Found::fault;
}

bool Parser::fill_header(std::string_view& input, std::size_t wanted) {
  const std::size_t size = std::min(wanted - header_size_, input.size());
  input.copy(header_.data() + header_size_, size);
  input.remove_prefix(size);
  header_size_ = static_cast<std::uint8_t>(header_size_ + size);
  return header_size_ == wanted;
}

bool Parser::take_header(std::string_view& input) {
  if (header_size_ < kOpeningBytes && !(fill_header(input, kOpeningBytes) && check_opening())) return false;
  if (!fill_header(input, header_bytes_wanted()) || !check_length()) return false;
  std::memcpy(&mask_, header_.data() + header_size_ - kMaskBytes, sizeof mask_);
  phase_ = control_size_ = 0;
  return in_payload_ = true;
}

bool Parser::check_opening() {
  constexpr auto kProtocolError = CloseCode::protocol_error;
  const unsigned first = byte_at(&header_[0]), second = byte_at(&header_[1]);
  const unsigned opcode = first & kOpcodeBits;
  final_ = (first & kFinalBit) != 0;
  opcode_ = static_cast<Opcode>(opcode);
  if ((first & kReservedBits) != 0) return fail(kProtocolError, "a reserved bit is set");
  if ((opcode > 2 && opcode < 8) || opcode > 10) return fail(kProtocolError, "unknown opcode");
  if ((second & kMaskBit) == 0) return fail(kProtocolError, "a client's frame without a mask");
  if (is_control()) {
    if (!final_) return fail(kProtocolError, "a fragmented control frame");
    if ((second & kLengthBits) > kControlPayloadBytesMax) return fail(kProtocolError, "a control frame too long");
    return true;
  }
  if (opcode_ == Opcode::continuation) {
    return message_open_ || fail(kProtocolError, "a continuation of nothing");
  }
  if (message_open_) return fail(kProtocolError, "a new message inside another");
  if (opcode_ == Opcode::binary) return fail(CloseCode::unsupported_data, "only text messages are taken");
  return true;
}

bool Parser::check_length() {
  const unsigned in_opening = byte_at(&header_[1]) & kLengthBits;
  const std::size_t length_bytes = length_bytes_of(in_opening);
  std::uint64_t length = length_bytes == 0 ? in_opening : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | byte_at(&header_[kOpeningBytes + i]);
  if ((length_bytes == 2 && length < kLengthIn16Bits) || (length_bytes == 8 && length <= 0xFFFF))
    return fail(CloseCode::protocol_error, "a length in more bytes than it needs");
  if (length >> 63 != 0) return fail(CloseCode::protocol_error, "a length above 63 bits");
  if (!is_control() && length > message_bytes_max_ - message_.size())
    return fail(CloseCode::message_too_big, "the message is too big");
  left_ = length;
  return true;
}

bool Parser::take_control(std::string_view& input) {
  const std::size_t size = std::min(left_, input.size());
  unmask(input.substr(0, size), mask_, phase_, control_.data() + control_size_);
  input.remove_prefix(size);
  control_size_ = static_cast<std::uint8_t>(control_size_ + size);
  phase_ = static_cast<std::uint8_t>((phase_ + size) % 4);
  left_ -= size;
  if (left_ > 0) return false;
  header_size_ = 0;
  in_payload_ = false;
  payload_ = {control_.data(), control_size_};
  return true;
}

// True when a message is whole with it.
bool Parser::take_data(std::string_view& input, std::string& scratch) {
  const std::size_t size = std::min(left_, input.size());
  const bool is_first_piece = !message_open_ && message_.empty();
  std::string& text = is_first_piece && final_ && size == left_ ? scratch : message_;
  const std::size_t before = is_first_piece ? 0 : message_.size();
  text.resize(before + size);
  unmask(input.substr(0, size), mask_, phase_, text.data() + before);
  input.remove_prefix(size);
  phase_ = static_cast<std::uint8_t>((phase_ + size) % 4);
  left_ -= size;
  if (!utf8_.take(std::string_view(text).substr(before))) return fail(CloseCode::invalid_payload, kBadUtf8);
  if (left_ > 0) return false;
  header_size_ = 0;
  in_payload_ = false;
  message_open_ = !final_;
  if (!final_) return false;
  if (!utf8_.complete()) return fail(CloseCode::invalid_payload, kBadUtf8);
  payload_ = text;
  message_handed_out_ = &text == &message_;
  return true;
}

std::expected<std::uint16_t, Fault> close_code_of(std::string_view close_payload) {
  const auto bad = [](CloseCode code, std::string_view reason) { return std::unexpected(Fault{code, reason}); };
  if (close_payload.empty()) return 0;
  if (close_payload.size() == 1) return bad(CloseCode::protocol_error, "half a close code");
  const unsigned code = byte_at(&close_payload[0]) << 8 | byte_at(&close_payload[1]);
  if (!may_be_sent(code)) return bad(CloseCode::protocol_error, "no close code");
  Utf8Check reason;
  if (!reason.take(close_payload.substr(2)) || !reason.complete()) return bad(CloseCode::invalid_payload, kBadUtf8);
  return static_cast<std::uint16_t>(code);
}

}  // namespace websocket
