// The exchange that `bench rest` and `bench websocket` measure: this binary as a child process with limits `open` and a
// data folder of its own, and funded accounts in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/signer.h"
#include "bench/socket.h"
#include "cmd/exchange/json.h"
#include "pkg/core/error.h"

namespace exchange {

// A running exchange that ends with this object.
class BenchChild {
 public:
  // Its data and its log go into `folder`, which outlives it.
  explicit BenchChild(std::string folder) : folder_(std::move(folder)) {}
  ~BenchChild();
  BenchChild(const BenchChild&) = delete;
  BenchChild& operator=(const BenchChild&) = delete;

  // Returns when it serves.
  [[nodiscard]] core::Result<void> start();
  [[nodiscard]] core::Result<json::object> ask(const json::object& request) const;
  // Opens and funds that many accounts, each with a key: of HMAC, or with `is_ed25519` of that type.
  [[nodiscard]] core::Result<std::vector<bench::Credentials>> make_accounts(int count, bool is_ed25519) const;
  [[nodiscard]] const bench::Endpoint& endpoint() const { return endpoint_; }
  // Memory that is its own and in use now (resident).
  [[nodiscard]] core::Result<std::uint64_t> resident_bytes() const;

 private:
  const std::string folder_;
  pid_t process_ = 0;
  bench::Endpoint endpoint_;
};

// The load generator on the last processor; the exchange goes where the system puts it, which is the other one.
void pin_to_last_processor();

}  // namespace exchange
