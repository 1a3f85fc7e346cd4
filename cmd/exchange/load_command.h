// `exchange load`: signed orders against any running exchange, by REST or the WebSocket API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace exchange {

struct LoadCommandOptions {
  std::string protocol;  // "rest" or "websocket"
  std::string url = "http://127.0.0.1:8080";
  std::vector<std::string> key_files;        // what `keys create --json` prints; connections take them in turn
  std::string api_key, secret, private_key;  // one more key: of HMAC with its secret, or of Ed25519 with its PEM file
  bool no_logon = false;
  std::string pattern = "cancel";  // or "trade"
  std::string symbol = "BTCUSDT", price = "50000.00", quantity = "0.001";
  int connections = 64, pipelined = 1, seconds = 10;
  std::uint64_t rate = 0;
  bool json = false;
};

// The exit code: 1 when a request was refused or not answered.
int load_command(const LoadCommandOptions& options);

}  // namespace exchange
