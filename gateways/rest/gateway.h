// The REST gateway: the Binance-compatible Spot endpoints, health and metrics, over HTTP/1.1; and the door to whatever
// runs over WebSocket connections, which begin as HTTP requests.
//
// It owns its connections' sessions (gateways/http), the limits' counters (gateways/limits) and the table of requests
// that wait for the exchange; it reads the views and submits commands through the ExchangePort. It knows no socket, no
// clock and no thread: bytes come from io::Network, time from ExchangePort::now() and tick(). All on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateways/auth/key_ring.h"
#include "gateways/exchange_port.h"
#include "gateways/http/options.h"
#include "gateways/limits/profile.h"
#include "gateways/websocket/application.h"
#include "gateways/websocket/options.h"
#include "pkg/io/net.h"
#include "services/orders/types.h"

namespace rest {

struct Options {
  limits::Profile limits = limits::binance_profile();  // or limits::open_profile()
  http::Options http;
  websocket::Options websocket;                // its messages_per_second_max is the limits' profile's
  std::size_t waiting_requests_max = 200'000;  // requests whose command is on its way; above it: -1008
  orders::SelfTrade self_trade_default = orders::SelfTrade::none;  // of orders that name no selfTradePreventionMode
};

// Appends the text of GET /metrics (Prometheus text format). May be empty: then /metrics has the gateway's own figures
// only.
using MetricsText = std::function<void(std::string& out)>;

struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t responses_2xx = 0, responses_4xx = 0, responses_5xx = 0;
  std::uint64_t orders_submitted = 0;        // commands given to the exchange
  std::uint64_t rate_limited = 0;            // 429 and 418
  std::uint64_t replies_without_client = 0;  // the connection was gone when the reply came
  std::size_t connections_open = 0;
  std::size_t websockets_open = 0;   // of them
  std::size_t requests_waiting = 0;  // for the exchange
};

class Gateway final : public io::ConnectionHandler, public gateways::ReplyHandler {
 public:
  // REQUIRES port, keys and network to outlive it. Pass it to Network::listen as the handler.
  Gateway(Options options, gateways::ExchangePort& port, auth::KeyRing& keys, io::Network& network,
          MetricsText metrics = {});
  ~Gateway() override;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Time-outs: idle connections, half requests, clients that do not read. Call about ten times a second; `monotonic_ns`
  // never falls.
  void tick(std::int64_t monotonic_ns);
  // From now on a request that asks for WebSocket gets it, when `factory` makes an application for its path. Once,
  // before the first connection.
  void set_upgrade(websocket::Factory factory);
  // Every later command is answered with -1016 and every response closes its connection; reads still work.
  void stop();
  // Ends every WebSocket connection with 1001: the last step of a stop, when the replies that were due have been given.
  void close_websockets();
  [[nodiscard]] Counters counters() const;

  // io::ConnectionHandler
  void on_open(io::ConnectionId connection, std::string_view peer_address) override;
  void on_bytes(io::ConnectionId connection, core::BytesView bytes) override;
  void on_closed(io::ConnectionId connection) override;
  // gateways::ReplyHandler
  void on_reply(const gateways::Reply& reply) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rest
