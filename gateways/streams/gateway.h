// Stream connections: what runs behind the paths /ws and /stream.
//
//   /ws                      nothing subscribed yet
//   /ws/<stream>[/<stream>]  raw messages; a segment that names no stream is passed over
//   /stream?streams=<a>/<b>  combined messages: {"stream":"<a>","data":...}
//
// A stream is a market's (stream_name.h) or an account's, by its listen key. `timeUnit=MICROSECOND` in the query
// switches times. Commands (command.h) change what is subscribed later. All on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "gateways/exchange_port.h"
#include "gateways/streams/listen_keys.h"
#include "gateways/streams/market_streams.h"
#include "gateways/streams/user_hub.h"
#include "gateways/websocket/application.h"

namespace streams {

struct Options {
  std::size_t streams_max = 1'024;  // of one connection
  SlowReaderLimits slow;
};

class Gateway {
 public:
  // REQUIRES port and users to outlive it, and it to outlive its connections. Add markets() and `users` to the
  // exchange's listeners.
  Gateway(Options options, gateways::ExchangePort& port, UserHub& users, ListenKeys::RandomBytes random);

  // A connection's application; null: no such path. A websocket::Factory in all but name.
  [[nodiscard]] std::unique_ptr<websocket::Application> open(websocket::Peer& peer, std::string_view path,
                                                             std::string_view query);
  // At least ten times a second; `monotonic_ns` never falls.
  void tick(std::int64_t monotonic_ns, core::Time now);
  // Tells every connection that its server is about to stop.
  void announce_shutdown(core::Time now) { markets_.announce_shutdown(now); }

  [[nodiscard]] MarketStreams& markets() { return markets_; }
  [[nodiscard]] ListenKeys& listen_keys() { return listen_keys_; }
  [[nodiscard]] UserHub& users() { return users_; }
  [[nodiscard]] gateways::ExchangePort& port() { return port_; }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  const Options options_;
  gateways::ExchangePort& port_;
  UserHub& users_;
  ListenKeys listen_keys_;
  MarketStreams markets_;
};

}  // namespace streams
