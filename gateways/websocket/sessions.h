// All WebSocket connections of one gateway: made from a handshake that is as it must be, found by their ids, ticked.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "gateways/websocket/session.h"

namespace websocket {

class Sessions {
 public:
  // REQUIRES the network to outlive it.
  Sessions(const Options& options, Factory factory, io::Network& network)
      : options_(options), factory_(std::move(factory)), wire_(network) {}
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // A session whose handshake has been answered; null, and nothing sent: no application has that path. `accept` as
  // check_handshake gave it. It is the caller's until it is added.
  [[nodiscard]] std::unique_ptr<Session> make(io::ConnectionId connection, limits::Address& address,
                                              std::string_view path, std::string_view query, std::string_view accept);
  // Not from inside tick().
  Session& add(std::unique_ptr<Session> session);
  [[nodiscard]] Session* find(io::ConnectionId connection);
  // Once the network has closed it.
  void remove(io::ConnectionId connection);

  void tick(std::int64_t now_ns);
  // Every connection, at the end of the exchange: 1001.
  void close_all(std::string_view reason);

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] const Counters& counters() const { return wire_.counters; }

 private:
  const Options options_;
  const Factory factory_;
  Wire wire_;
  std::int64_t now_ns_ = 0;  // of the last tick
  std::unordered_map<io::ConnectionId, std::unique_ptr<Session>> sessions_;
};

}  // namespace websocket
