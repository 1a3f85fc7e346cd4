// The client's side of WebSocket for tests: frames written and read by the letter of RFC 6455, byte by byte, sharing no
// code with what is tested; and a network that is a string.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/io/net.h"

namespace websocket::testing {

// One frame, with everything about it that can be wrong.
struct Sent {
  unsigned opcode = 1;
  std::string payload;
  bool final = true;
  unsigned reserved = 0;  // 1, 2, 4: the bits as they stand, RSV1 is 4
  bool masked = true;
  std::string mask = "\x37\xFA\x21\x3D";
  std::size_t length_bytes = 0;                 // 0: as few as needed, else 1, 2 or 8
  std::optional<std::uint64_t> length_claimed;  // instead of the payload's
};

inline std::string frame(const Sent& sent) {
  std::string out;
  out += static_cast<char>((sent.final ? 128 : 0) + sent.reserved * 16 + sent.opcode);
  const std::uint64_t length = sent.length_claimed.value_or(sent.payload.size());
  std::size_t length_bytes = sent.length_bytes;
  if (length_bytes == 0) length_bytes = length < 126 ? 1 : length < 65536 ? 2 : 8;
  const unsigned mask_bit = sent.masked ? 128 : 0;
  out += static_cast<char>(mask_bit + (length_bytes == 1 ? length : length_bytes == 2 ? 126 : 127));
  for (std::size_t i = length_bytes; length_bytes > 1 && i > 0; --i) out += static_cast<char>(length >> (8 * (i - 1)));
  if (sent.masked) out += sent.mask;
  for (std::size_t i = 0; i < sent.payload.size(); ++i)
    out += static_cast<char>(sent.payload[i] ^ (sent.masked ? sent.mask[i % 4] : 0));
  return out;
}

inline std::string text(std::string_view payload) { return frame({.payload = std::string(payload)}); }
inline std::string ping(std::string_view payload) { return frame({.opcode = 9, .payload = std::string(payload)}); }
inline std::string pong(std::string_view payload) { return frame({.opcode = 10, .payload = std::string(payload)}); }
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code / 256);
  out += static_cast<char>(code % 256);
  return out.append(reason);
}
inline std::string close(unsigned code, std::string_view reason = {}) {
  return frame({.opcode = 8, .payload = close_payload(code, reason)});
}

struct Received {
  unsigned opcode = 0;
  std::string payload;
};

// A server's frames, each whole, final, without a mask and with the shortest length; whatever else is there becomes a
// frame of opcode 99 that tells.
inline std::vector<Received> frames_in(std::string_view bytes) {
  std::vector<Received> out;
  const auto wrong = [&out](std::string_view what) {
    out.push_back({99, std::string(what)});
    return out;
  };
  const auto number = [](std::string_view digits) {
    std::uint64_t value = 0;
    for (const char c : digits) value = value * 256 + static_cast<unsigned char>(c);
    return value;
  };
  while (!bytes.empty()) {
    if (bytes.size() < 2) return wrong("half a header");
    const unsigned first = static_cast<unsigned char>(bytes[0]), second = static_cast<unsigned char>(bytes[1]);
    if (first / 16 != 8) return wrong("not final, or reserved bits");
    if (second >= 128) return wrong("masked");
    const std::size_t length_bytes = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (bytes.size() < 2 + length_bytes) return wrong("half a header");
    const std::uint64_t length = length_bytes == 0 ? second : number(bytes.substr(2, length_bytes));
    if ((length_bytes == 2 && length < 126) || (length_bytes == 8 && length < 65536)) return wrong("a longer length");
    bytes.remove_prefix(2 + length_bytes);
    if (bytes.size() < length) return wrong("half a payload");
    out.push_back({first % 16, std::string(bytes.substr(0, length))});
    bytes.remove_prefix(length);
  }
  return out;
}

// "text(Hello) close(1002 unknown opcode)". Long payloads are told by their sizes.
inline std::string described(const std::vector<Received>& frames) {
  std::string out;
  for (const Received& each : frames) {
    if (!out.empty()) out += ' ';
    std::string payload = each.payload;
    if (each.opcode == 8 && payload.size() >= 2) {
      const unsigned code = static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
      payload = std::to_string(code) + (payload.size() > 2 ? " " + payload.substr(2) : "");
    } else if (payload.size() > 40) {
      payload = std::to_string(payload.size()) + " bytes";
    }
    switch (each.opcode) {
      case 1:
        out += "text(";
        break;
      case 8:
        out += "close(";
        break;
      case 9:
        out += "ping(";
        break;
      case 10:
        out += "pong(";
        break;
      default:
        out += "WRONG(" + std::to_string(each.opcode) + " ";
    }
    out += payload + ")";
  }
  return out;
}

class Net final : public io::Network {
 public:
  core::Result<std::string> listen(const std::string&, io::ConnectionHandler&) override { return "test"; }
  void send(io::ConnectionId, core::BytesView bytes) override {
    if (closed) sent_after_close = true;
    sent += core::as_text(bytes);
  }
  [[nodiscard]] std::size_t unsent_bytes(io::ConnectionId) const override { return unsent; }
  void close(io::ConnectionId) override { closed = true; }
  void drop(io::ConnectionId) override { dropped = true; }

  std::string sent;
  std::size_t unsent = 0;
  bool closed = false, dropped = false, sent_after_close = false;
};

}  // namespace websocket::testing
