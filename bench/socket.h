// What the load generators need of sockets: a URL, a connection, and blocking exchanges with a deadline for what comes
// before the measurement (handshakes, logons). The measured part works on the bare descriptor, without blocking.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "pkg/core/error.h"

namespace bench {

// Where an exchange listens.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

// "http://host:port" or "ws://host:port", a name or an address; without a port 80; a path is refused but for "/".
// Errors: invalid_input; unsupported: encrypted (https, wss).
[[nodiscard]] core::Result<Endpoint> parse_url(std::string_view url);

std::int64_t now_ns();   // steady clock
std::int64_t wall_ms();  // since 1970

class Socket {
 public:
  // TCP_NODELAY. Errors: unavailable; not_found when the name does not resolve; busy when no descriptor is left.
  [[nodiscard]] static core::Result<Socket> connect(const Endpoint& endpoint);
  ~Socket();
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Both block for at most 10 s. Errors: unavailable.
  [[nodiscard]] core::Result<void> send_all(std::string_view bytes) const;
  // Appends at least one byte.
  [[nodiscard]] core::Result<void> receive_some(std::string& in) const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Raises the limit of open descriptors as far as the system allows; gives what it then is.
std::uint64_t raise_descriptor_limit();

}  // namespace bench
