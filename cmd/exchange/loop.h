// The loop of the running exchange: sockets, host and snapshots in turn, on one thread, until it is told to stop.
//
// It spins only while replies are pending, and only for a moment; otherwise it blocks in the network until something
// comes in or the journal thread wakes it.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "cmd/exchange/archive.h"
#include "cmd/exchange/demo_traders.h"
#include "cmd/exchange/exchange.h"
#include "cmd/exchange/live_streams.h"
#include "cmd/exchange/snapshots.h"
#include "cmd/exchange/stores.h"
#include "gateways/rest/gateway.h"
#include "pkg/core/error.h"
#include "pkg/io/asio_network.h"

namespace exchange {

// SIGTERM and SIGINT, asked for instead of delivered. Construct it before the first thread: they inherit what is
// blocked.
class StopSignals {
 public:
  StopSignals();
  // Whether one has come since the last call.
  [[nodiscard]] bool asked();
};

// Carries a command out before the gateways listen, waiting until it is durable. Returns its events; a rejection is no
// error.
[[nodiscard]] core::Result<std::vector<orders::AccountEvent>> carry_out(Exchange& exchange,
                                                                        const engine::Command& command);

class Loop {
 public:
  // What takes its turn; all of it outlives the loop.
  struct Parts {
    Exchange& exchange;
    io::AsioNetwork& network;
    rest::Gateway& gateway;
    LiveStreams& streams;
    Snapshots& snapshots;
    Stores& stores;
    Archive& archive;
    const io::Clock& clock;
    DemoTraders* traders = nullptr;  // null: nobody trades by itself
  };
  explicit Loop(const Parts& parts) : at_(parts) {}

  // Until a signal: drains, writes a last checkpoint, sends what is owed. Errors: the journal's device failed.
  [[nodiscard]] core::Result<void> run(StopSignals& signals);

 private:
  void turn();
  [[nodiscard]] std::int64_t wait_ns(const host::Turn& turn, std::int64_t now_ns);
  [[nodiscard]] core::Result<void> stop();

  const Parts at_;
  std::int64_t pending_since_ns_ = 0;  // 0: nothing in flight at the last turn
  std::int64_t next_tick_ns_ = 0;
};

}  // namespace exchange
