// A network in memory: what the exchange sees is io::Network, what a test or the simulator holds is the clients' end of
// every connection. Nothing moves but in step(), and everything random about it comes from one seed, so a run can be
// repeated.
//
// Per connection and direction bytes arrive in order, cut anywhere and at any delay; connections are independent of
// each other. A client that does not take what it received fills its window, and what the exchange sends then stays
// unsent. One thread. Handlers may call back into the network from inside their callbacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/random.h"
#include "pkg/io/net.h"

namespace io {

class SimulatedNetwork final : public Network {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::size_t piece_bytes_max = 1500;    // the longest cut delivered at once
    std::uint32_t delay_steps = 2;         // a connection moves in one of this many steps; 1: in every step
    std::uint32_t reset_one_in = 0;        // a moving connection is reset in one of this many steps; 0: never
    std::size_t window_bytes = 64 * 1024;  // what a client can have received and not taken
  };

  explicit SimulatedNetwork(Options options);

  // The exchange's end.
  [[nodiscard]] core::Result<std::string> listen(const std::string& address, ConnectionHandler& handler) override;
  void send(ConnectionId connection, core::BytesView bytes) override;
  [[nodiscard]] std::size_t unsent_bytes(ConnectionId connection) const override;
  void close(ConnectionId connection) override;
  void drop(ConnectionId connection) override { client_reset(connection); }

  // The clients' end. A client may send at once; the exchange hears of the connection in a later step.
  // Errors: unavailable when nobody listens there.
  [[nodiscard]] core::Result<ConnectionId> connect(const std::string& address,
                                                   std::string_view peer_address = "192.0.2.1");
  void client_send(ConnectionId connection, core::BytesView bytes);  // no-op when closed
  [[nodiscard]] core::Bytes client_take(ConnectionId connection);    // what has arrived since the last time
  void client_close(ConnectionId connection);                        // after what it sent has been delivered
  void client_reset(ConnectionId connection);                        // at once: what is under way is lost
  [[nodiscard]] bool client_closed(ConnectionId connection) const;   // by either side; nothing more will arrive

  // Moves what can move a little. False when nothing could: all quiet until somebody acts again.
  bool step();
  // Steps until all is quiet. REQUIRES that to happen within `steps_max`.
  void run(std::size_t steps_max = 10'000'000);
  [[nodiscard]] std::size_t open_connections() const { return open_; }  // of which on_closed has not been called

 private:
  // Bytes in order, taken from the front without moving the rest each time.
  class Queue {
   public:
    [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    void append(core::BytesView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    [[nodiscard]] core::Bytes take(std::size_t size);
    void clear();

   private:
    core::Bytes bytes_;
    std::size_t begin_ = 0;
  };
  struct Connection {
    ConnectionHandler* handler = nullptr;
    std::string peer_address;
    Queue to_exchange, to_client, received;
    bool opened = false;  // on_open has been called
    bool exchange_closing = false;
    bool client_closing = false;
    bool reset = false;
    bool closed = false;  // on_closed has been called; kept until the client has taken the last bytes
  };

  [[nodiscard]] Connection* open_connection(ConnectionId id);
  [[nodiscard]] std::size_t window_room(const Connection& connection) const;
  [[nodiscard]] bool can_close(const Connection& connection) const;
  [[nodiscard]] bool can_move(const Connection& connection) const;
  void move(ConnectionId id, Connection& connection);
  void deliver_to_client(Connection& connection);
  void finish(ConnectionId id, Connection& connection);
  [[nodiscard]] std::size_t piece_size(std::size_t available);

  Options options_;
  core::Random random_;
  std::map<std::string, ConnectionHandler*> listeners_;
  std::map<ConnectionId, Connection> connections_;  // ordered: a run must not depend on addresses in memory
  ConnectionId next_id_ = 1;
  unsigned next_port_ = 49152;
  std::size_t open_ = 0;
};

}  // namespace io
