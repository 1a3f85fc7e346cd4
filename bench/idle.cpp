#include "bench/idle.h"

#include "bench/rest_client.h"
#include "bench/websocket_client.h"

namespace bench {
namespace {

core::Result<void> ping(const Socket& socket, std::string& in) {
  if (auto sent = socket.send_all("GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n\r\n"); !sent) return sent;
  while (true) {
    const auto answer = take_http_answer(in);
    if (!answer) return std::unexpected(answer.error());
    if (answer->bytes > 0 && answer->status != 200)
      return core::fail(core::ErrorKind::denied, "answered " + std::to_string(answer->status), "/api/v3/ping");
    if (answer->bytes > 0) return {};
    if (auto received = socket.receive_some(in); !received) return received;
  }
}

core::Result<Socket> open_one(const Endpoint& endpoint, const std::string& websocket_path) {
  auto socket = Socket::connect(endpoint);
  if (!socket) return socket;
  std::string in;
  const auto opened =
      websocket_path.empty() ? ping(*socket, in) : open_websocket(*socket, endpoint, websocket_path, in);
  if (!opened) return std::unexpected(opened.error());
  return socket;
}

}  // namespace

core::Result<IdleConnections> open_idle(const Endpoint& endpoint, int count, const std::string& websocket_path) {
  IdleConnections connections;
  for (int i = 0; i < count; ++i) {
    auto socket = open_one(endpoint, websocket_path);
    if (!socket && i == 0) return std::unexpected(socket.error());
    if (!socket) {
      connections.shortfall = socket.error().text();
      break;
    }
    connections.open.push_back(std::move(*socket));
  }
  return connections;
}

}  // namespace bench
