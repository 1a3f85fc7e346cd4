// io::Network over the machine's sockets: Boost.Asio, one thread, hidden behind a pointer so that only one file
// compiles it.
//
// The owner runs the loop: `run_once` first sends what has been queued (everything of a connection in one system call),
// then waits for and delivers what has come in. Handlers are only ever called from inside `run_once`, never from `send`
// or `close`, so a handler may call either at any time. A client that does not read is dropped once `unsent_bytes_max`
// wait for it; one that is closed while it still sends (a request too large) is drained for a while, so that it gets to
// see the answer. Everything but `wake` belongs to the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pkg/io/net.h"

namespace io {

struct AsioNetworkOptions {
  std::size_t connections_max = 16'000;        // those above it are closed at once
  std::size_t unsent_bytes_max = 8'000'000;    // of one connection
  std::int64_t linger_ns_max = 2'000'000'000;  // how long a closed connection is drained
};

class AsioNetwork final : public Network {
 public:
  using Options = AsioNetworkOptions;
  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;       // over the connection limit
    std::uint64_t dropped_slow = 0;  // over the limit of unsent bytes
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::size_t open = 0;
    std::size_t buffered_bytes =
        0;  // of all connections: what waits to be sent, and what of it has been sent meanwhile
  };

  explicit AsioNetwork(Options options = {});
  ~AsioNetwork() override;
  AsioNetwork(const AsioNetwork&) = delete;
  AsioNetwork& operator=(const AsioNetwork&) = delete;

  [[nodiscard]] core::Result<std::string> listen(const std::string& address, ConnectionHandler& handler) override;
  void send(ConnectionId connection, core::BytesView bytes) override;
  [[nodiscard]] std::size_t unsent_bytes(ConnectionId connection) const override;
  void close(ConnectionId connection) override;
  void drop(ConnectionId connection) override;

  // Sends what is queued, then delivers what has arrived, waiting for the first of it at most `wait_ns_max` (0: not at
  // all; a wait is rounded up to whole milliseconds).
  void run_once(std::int64_t wait_ns_max);
  // Ends the wait of the present or the next run_once. From any thread.
  void wake();
  // No new connections; those there are stay.
  void stop_listening();
  // Nothing is left to send on any connection.
  [[nodiscard]] bool all_sent() const;
  [[nodiscard]] const Counters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace io
