// The WebSocket API: the operations of REST and a few of its own, asked for by messages on a connection behind
// /ws-api/v3, and the events of accounts whose user data stream is subscribed to there.
//
// It makes the application of each such connection (session.h); requests are carried out at the desk that REST uses
// too, so limits, keys and answers are the same. All on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gateways/desk/desk.h"
#include "gateways/spot/parameters.h"
#include "gateways/streams/user_hub.h"
#include "gateways/websocket/application.h"
#include "gateways/ws_api/message.h"

namespace ws_api {

struct Options {
  std::size_t requests_waiting_max = 4'096;     // of one connection, with the exchange or the archive: above it -1008
  std::size_t subscriptions_max = 1'000;        // of one connection at a time
  std::uint64_t subscription_ids_max = 65'535;  // of one connection in all
};

struct Counters {
  std::uint64_t requests = 0;  // messages of clients, whatever they were
  std::uint64_t responses_2xx = 0, responses_4xx = 0, responses_5xx = 0;
  std::uint64_t events = 0;  // sent
  std::size_t sessions_open = 0;
};

class Session;

class Gateway {
 public:
  // REQUIRES desk and users to outlive it, and it to outlive its connections. Add `users` to the exchange's listeners.
  Gateway(Options options, desk::Desk& desk, streams::UserHub& users);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // A connection's application; null: no such path, or a query that cannot be. A websocket::Factory in all but name.
  // `query` may say timeUnit=MICROSECOND and returnRateLimits=false.
  [[nodiscard]] std::unique_ptr<websocket::Application> open(websocket::Peer& peer, std::string_view path,
                                                             std::string_view query);
  // Tells every connection that its server is about to stop.
  void announce_shutdown();
  [[nodiscard]] Counters counters() const;
  // In Prometheus' text format.
  void append_metrics(std::string& out) const;

 private:
  friend class Session;
  const Options options_;
  desk::Desk& desk_;
  streams::UserHub& users_;
  std::unordered_set<Session*> sessions_;
  Counters counters_;
  // Scratch of the request or the event at hand, kept for its capacity.
  Message message_;
  spot::Parameters parameters_;
  std::string payload_, body_, out_;
};

}  // namespace ws_api
