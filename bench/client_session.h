// One connection's protocol, as the load generator drives it: bytes of requests out, answers cut from bytes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bench/socket.h"
#include "pkg/core/error.h"

namespace bench {

struct Answer {
  std::size_t bytes = 0;     // of `in`, consumed; 0: not complete yet
  bool is_answer = false;    // else bytes that belong to no request: a ping, an event
  std::uint32_t ticket = 0;  // of the request
  bool is_ok = false;        // the exchange has done it
  std::string_view body;     // valid until the next call
};

class ClientSession {
 public:
  virtual ~ClientSession() = default;
  // All that comes before the first request: handshake, logon. Blocks; leaves in `in` what has come beyond it.
  [[nodiscard]] virtual core::Result<void> open(const Socket& socket, std::string& in) = 0;
  // Appends the next request. Its answer bears the ticket, which is not under way.
  virtual void append_request(std::uint32_t ticket, std::string& out) = 0;
  // The answer that `in` begins with. May append to `out` what the protocol owes in return. Errors: invalid_input.
  [[nodiscard]] virtual core::Result<Answer> take_answer(std::string_view in, std::string& out) = 0;
  // The last request placed an order that only the next one takes away.
  [[nodiscard]] virtual bool owes_cancel() const = 0;
};

// The session of the connection with this number. Errors: invalid_input (keys that are none).
using ClientFactory = std::function<core::Result<std::unique_ptr<ClientSession>>(int connection)>;

}  // namespace bench
