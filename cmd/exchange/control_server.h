// The exchange's end of the control socket: a line of JSON in, a line of JSON out. Only the data folder's owner can
// connect.
#pragma once

#include <string>
#include <unordered_map>

#include "cmd/exchange/operations.h"
#include "pkg/io/net.h"

namespace exchange {

class ControlServer final : public io::ConnectionHandler {
 public:
  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  // REQUIRES both to outlive it.
  ControlServer(io::Network& network, Operations& operations) : network_(network), operations_(operations) {}

  void on_open(io::ConnectionId connection, std::string_view peer_address) override;
  void on_bytes(io::ConnectionId connection, core::BytesView bytes) override;
  void on_closed(io::ConnectionId connection) override;

 private:
  void handle_line(io::ConnectionId connection, std::string_view line);

  io::Network& network_;
  Operations& operations_;
  std::unordered_map<io::ConnectionId, std::string> unfinished_;  // what has come of the next line
};

// The answer as one line.
[[nodiscard]] std::string answer_line(const Answer& answer);

}  // namespace exchange
