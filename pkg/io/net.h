// Stream connections as events: protocol code takes bytes and gives bytes and never sees a socket, so that the same
// sessions run over real sockets (AsioNetwork) and over a simulated network (SimulatedNetwork). One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"

namespace io {

using ConnectionId = std::uint64_t;  // never reused within a process

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  virtual void on_open(ConnectionId connection, std::string_view peer_address) = 0;  // address without port
  virtual void on_bytes(ConnectionId connection, core::BytesView bytes) = 0;         // in order, cut anywhere
  virtual void on_closed(ConnectionId connection) = 0;  // once, by either side; id is dead after it
};

class Network {
 public:
  virtual ~Network() = default;
  // "127.0.0.1:8080" (port 0: any free one) or "unix:/path/to.sock". Returns the bound address. Errors: busy (port
  // taken).
  [[nodiscard]] virtual core::Result<std::string> listen(const std::string& address, ConnectionHandler& handler) = 0;
  // Queues bytes; they leave with the next flush of the loop, all of a connection's in one system call. No-op on a dead
  // id.
  virtual void send(ConnectionId connection, core::BytesView bytes) = 0;
  [[nodiscard]] virtual std::size_t unsent_bytes(ConnectionId connection) const = 0;
  // After what is queued has been sent. on_closed follows.
  virtual void close(ConnectionId connection) = 0;
  // At once, for a client that does not take what is queued: that is lost. on_closed follows, not from inside.
  virtual void drop(ConnectionId connection) { close(connection); }
};

}  // namespace io
