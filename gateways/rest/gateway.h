// The REST gateway: the Binance-compatible Spot endpoints, health and metrics, over HTTP/1.1; and the door to whatever
// runs over WebSocket connections, which begin as HTTP requests.
//
// It owns its connections' sessions (gateways/http) and their routes; requests are carried out at the desk
// (gateways/desk), which it may share with other gateways. It knows no socket, no clock and no thread: bytes come from
// io::Network, time from the desk and tick(). All on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateways/desk/desk.h"
#include "gateways/http/options.h"
#include "gateways/websocket/application.h"
#include "gateways/websocket/options.h"
#include "pkg/io/net.h"

namespace rest {

struct Options {
  http::Options http;
  websocket::Options websocket;  // its messages_per_second_max is the limits' profile's
};

// Appends the text of GET /metrics (Prometheus text format). May be empty: then /metrics has the gateway's own figures
// only.
using MetricsText = std::function<void(std::string& out)>;

struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t responses_2xx = 0, responses_4xx = 0, responses_5xx = 0;
  std::size_t connections_open = 0;
  std::size_t websockets_open = 0;  // of them
};

class Gateway final : public io::ConnectionHandler {
 public:
  // REQUIRES desk and network to outlive it. Pass it to Network::listen as the handler.
  Gateway(Options options, desk::Desk& desk, io::Network& network, MetricsText metrics = {});
  ~Gateway() override;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Time-outs: idle connections, half requests, clients that do not read; and the desk's tick, before them. Call about
  // ten times a second; `monotonic_ns` never falls.
  void tick(std::int64_t monotonic_ns);
  // From now on a request that asks for WebSocket gets it, when `factory` makes an application for its path. Once,
  // before the first connection.
  void set_upgrade(websocket::Factory factory);
  // Stops the desk: every later command is answered with -1016. Every response closes its connection; reads still work.
  void stop();
  // Ends every WebSocket connection with 1001: the last step of a stop, when the replies that were due have been given.
  void close_websockets();
  [[nodiscard]] Counters counters() const;

  // io::ConnectionHandler
  void on_open(io::ConnectionId connection, std::string_view peer_address) override;
  void on_bytes(io::ConnectionId connection, core::BytesView bytes) override;
  void on_closed(io::ConnectionId connection) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rest
