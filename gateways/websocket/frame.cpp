#include "gateways/websocket/frame.h"

#include <bit>
#include <cstring>

namespace websocket {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr std::size_t kShortBytesMax = 125;
constexpr char kLengthIn16Bits = 126, kLengthIn64Bits = 127;

}  // namespace

FrameHeader::FrameHeader(Opcode opcode, std::size_t payload_bytes) {
  bytes_[0] = static_cast<char>(kFinal | static_cast<unsigned>(opcode));
  std::size_t length_bytes = 0;
  if (payload_bytes <= kShortBytesMax) {
    bytes_[1] = static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    bytes_[1] = kLengthIn16Bits;
    length_bytes = 2;
  } else {
    bytes_[1] = kLengthIn64Bits;
    length_bytes = 8;
  }
  for (std::size_t i = 0; i < length_bytes; ++i)
    bytes_[2 + i] = static_cast<char>(payload_bytes >> (8 * (length_bytes - 1 - i)));
  size_ = static_cast<std::uint8_t>(2 + length_bytes);
}

Frame make_text_frame(std::string_view message) {
  const FrameHeader header(Opcode::text, message.size());
  auto frame = std::make_shared<std::string>();
  frame->reserve(header.bytes().size() + message.size());
  frame->append(header.bytes()).append(message);
  return frame;
}

void unmask(std::string_view in, std::uint32_t mask, std::size_t phase, char* out) {
  static_assert(std::endian::native == std::endian::little, "a rotation to the right starts the mask later");
  mask = std::rotr(mask, static_cast<int>(8 * (phase % 4)));
  const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
  std::size_t at = 0;
  for (; at + sizeof wide <= in.size(); at += sizeof wide) {
    std::uint64_t word;
    std::memcpy(&word, &in[at], sizeof word);
    word ^= wide;
    std::memcpy(out + at, &word, sizeof word);
  }
  for (; at < in.size(); ++at) out[at] = static_cast<char>(in[at] ^ static_cast<char>(mask >> (8 * (at % 4))));
}

}  // namespace websocket
