#include "gateways/websocket/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "pkg/core/check.h"

namespace websocket {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3
constexpr std::size_t kKeyCharacters = 24;                                  // 16 bytes in base64

bool lists_in(const http::Head& head, std::string_view name, std::string_view word) {
  return std::ranges::any_of(head.all_headers(), [&](const http::Header& header) {
    return http::equal_ignoring_case(header.name, name) && http::lists(header.value, word);
  });
}

// The value of a header that is there once; null data when it is not there or more than once.
std::string_view single(const http::Head& head, std::string_view name) {
  std::string_view value;
  for (const http::Header& header : head.all_headers()) {
    if (!http::equal_ignoring_case(header.name, name)) continue;
    if (value.data() != nullptr) return {};
    value = header.value;
  }
  return value;
}

bool is_key(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return text.size() == kKeyCharacters && text.ends_with("==") &&
         std::ranges::all_of(text.substr(0, kKeyCharacters - 2), is_digit);
}

std::string accept_for(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  std::array<unsigned char, 20> digest;
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1 && size == digest.size());
  std::array<unsigned char, 29> base64;  // with a NUL at the end
  const int characters = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(characters)};
}

}  // namespace

bool asks_for_websocket(const http::Head& head) { return lists_in(head, "Upgrade", "websocket"); }

std::expected<std::string, HandshakeFault> check_handshake(const http::Request& request) {
  const auto bad = [](int status, std::string_view reason, std::string_view header_lines = {}) {
    return std::unexpected(HandshakeFault{status, reason, header_lines});
  };
  const http::Head& head = request.head;
  if (head.method != http::Method::get) return bad(405, "a WebSocket handshake is a GET", "Allow: GET\r\n");
  if (head.is_http_1_0) return bad(400, "a WebSocket handshake needs HTTP/1.1");
  if (!request.body.empty()) return bad(400, "a WebSocket handshake has no body");
  if (!lists_in(head, "Connection", "upgrade")) return bad(400, "the Connection header does not list Upgrade");
  if (single(head, "Sec-WebSocket-Version") != "13") {
    return bad(426, "Sec-WebSocket-Version must be 13",
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  }
  const std::string_view key = single(head, "Sec-WebSocket-Key");
  if (!is_key(key)) return bad(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  return accept_for(key);
}

std::string switching_protocols(std::string_view accept) {
  return std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
      .append("Sec-WebSocket-Accept: ")
      .append(accept)
      .append("\r\n\r\n");
}

}  // namespace websocket
