// Many readers of market streams over WebSocket, counted: what an exchange sends out, driven turn by turn like Load,
// with which it may share a thread.
//
// A reader that the exchange drops (too slow) is counted and not opened again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/load.h"
#include "bench/socket.h"
#include "pkg/core/error.h"

namespace bench {

struct StreamReadersOptions {
  Endpoint endpoint;
  std::string path;  // for example "/stream?streams=btcusdt@trade/btcusdt@bookTicker"
  int readers = 100;
};

struct StreamCounts {
  std::uint64_t messages = 0, bytes = 0;  // bytes with frame headers
  std::uint64_t receives = 0;             // system calls that brought them
  std::uint64_t readers_lost = 0;
  std::string first_loss;  // why
};

class StreamReaders {
 public:
  explicit StreamReaders(const StreamReadersOptions& options);
  ~StreamReaders();
  StreamReaders(const StreamReaders&) = delete;
  StreamReaders& operator=(const StreamReaders&) = delete;

  // Errors: unavailable, denied.
  [[nodiscard]] core::Result<void> open();
  // Takes what has come. Errors: invalid_input, when it is no frame.
  [[nodiscard]] core::Result<void> turn(std::int64_t wait_ns_max);
  [[nodiscard]] const StreamCounts& counts() const;  // of all readers together, from the beginning
  [[nodiscard]] int descriptor() const;              // readable when there is something to take

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct FanOutResult {
  LoadResult orders;     // of what makes the messages
  StreamCounts streams;  // in the measured time
  double messages_per_second = 0, megabytes_per_second = 0;
};

// Readers while a load runs, all on this thread.
[[nodiscard]] core::Result<FanOutResult> run_fan_out(const StreamReadersOptions& readers, const LoadOptions& load,
                                                     const ClientFactory& make_client);

}  // namespace bench
