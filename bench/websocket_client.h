// The client's end of WebSocket (RFC 6455): handshake, masked frames out, frames of a server in; and over it signed
// orders by the WebSocket API.
#pragma once

#include <optional>
#include <vector>

#include "bench/client_session.h"
#include "bench/order_flow.h"
#include "bench/signer.h"

namespace bench {

// Asks for `path` (with its query) to become a WebSocket and waits for it; leaves in `in` what has come beyond the
// answer.
// Errors: unavailable; denied when the answer is another than 101; invalid_input when it is no right one.
[[nodiscard]] core::Result<void> open_websocket(const Socket& socket, const Endpoint& endpoint, std::string_view path,
                                                std::string& in);

// A whole text frame with a mask. The mask is not random: nothing between client and server needs to be kept from
// guessing it here.
void append_text_frame(std::string_view message, std::string& out);

// Cuts a server's frames. Answers pings, joins fragments.
class FrameReader {
 public:
  struct Read {
    std::size_t bytes = 0;                 // consumed; 0: the frame is not complete
    std::optional<std::string_view> text;  // a whole message; valid until the next call, and while `in` is
  };
  // The frame that `in` begins with; a pong, if it owes one, is appended to `out`. Errors: invalid_input (masked, too
  // large, of an unknown kind); unavailable when it is a close frame, with its code and reason.
  [[nodiscard]] core::Result<Read> next(std::string_view in, std::string& out);

 private:
  std::string fragments_;
  bool in_fragments_ = false;
};

struct WebSocketApiOptions {
  Endpoint endpoint;
  std::vector<Credentials> credentials;  // connections take them in turn; at least one
  // Credentials with a private key log on once a connection and sign nothing afterwards; others sign every request.
  bool log_on = true;
  OrderFlowOptions flow;
};
[[nodiscard]] ClientFactory websocket_api_clients(WebSocketApiOptions options);

}  // namespace bench
