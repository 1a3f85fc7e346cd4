// What runs over a WebSocket connection, and what it sees of it: whole text messages in, frames out. The protocol
// (handshake, framing, pings, close codes) is the session's business; an application knows no socket and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/io/net.h"

namespace limits {
struct Address;
}

namespace websocket {

// RFC 6455, section 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_payload = 1007,  // bad UTF-8
  policy_violation = 1008,
  message_too_big = 1009,
  internal_error = 1011,
};

// A server's whole text frame, header and payload: made once, sent to any number of readers (see make_text_frame in
// frame.h).
using Frame = std::shared_ptr<const std::string>;

// One connection, as its application sees it. Valid for as long as the application lives.
class Peer {
 public:
  virtual ~Peer() = default;
  [[nodiscard]] virtual io::ConnectionId connection() const = 0;
  [[nodiscard]] virtual limits::Address& address() = 0;  // the client's address, for limits
  virtual void send(const Frame& frame) = 0;
  virtual void send_text(std::string_view message) = 0;
  [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;
  // A close frame with this code, then the connection's end. Nothing is delivered or sent after it.
  virtual void close(CloseCode code, std::string_view reason) = 0;
};

class Application {
 public:
  virtual ~Application() = default;
  // A whole text message, valid UTF-8, of bounded size. Binary messages never get here.
  virtual void on_text(std::string_view message) = 0;
  // True: how many texts a client may send is the application's business (it counts their weights), and the session's
  // messages a second are its pings and pongs alone.
  [[nodiscard]] virtual bool limits_its_messages() const { return false; }
  // About ten times a second. Time limits of the protocol itself are not its business.
  virtual void tick(std::int64_t /*monotonic_ns*/) {}
  // Destruction is the end of the connection, by either side; the peer must not be used in it.
};

// Makes the application of a new connection by the path and the raw query of its handshake; null: no such path (404).
using Factory = std::function<std::unique_ptr<Application>(Peer& peer, std::string_view path, std::string_view query)>;

}  // namespace websocket
