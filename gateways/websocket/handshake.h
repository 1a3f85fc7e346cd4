// The opening handshake (RFC 6455, section 4.2): an HTTP request that asks for WebSocket, and what it is told.
//
// No extension and no subprotocol is spoken: what a client offers of them is not negotiated, which it must accept.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "gateways/http/request.h"

namespace websocket {

struct HandshakeFault {
  int status = 400;
  std::string_view reason;        // a constant
  std::string_view header_lines;  // to answer with
};

// Whether its Upgrade header lists websocket.
[[nodiscard]] bool asks_for_websocket(const http::Head& head);
// The value of Sec-WebSocket-Accept for a handshake that is as it must be.
[[nodiscard]] std::expected<std::string, HandshakeFault> check_handshake(const http::Request& request);
// The head of the answer that switches protocols.
[[nodiscard]] std::string switching_protocols(std::string_view accept);

}  // namespace websocket
