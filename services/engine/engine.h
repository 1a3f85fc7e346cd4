// The embedded exchange: the accounts fold and the matching fold in one thread, speaking by queued messages that are
// drained to the end inside each step. Pure: no clock, no I/O, no randomness; the same records give the same state, the
// same events and the same digest on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/record.h"
#include "services/engine/command.h"
#include "services/matching/types.h"
#include "services/orders/types.h"

namespace engine {

// What a step sends out. Appended to, never read, by the fold. Account events and market events are each in order; the
// two are not ordered against each other.
struct Output {
  std::vector<orders::AccountEvent> account_events;
  std::vector<matching::MarketEvent> market_events;
  void clear() {
    account_events.clear();
    market_events.clear();
  }
};

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // One command, to the end: all inner messages are drained. Only header.sequence and header.time are used. Every
  // command that came from a client gives at least one account event (accepted, rejected, ...), so it can be answered.
  void apply(const core::RecordHeader& header, const Command& command, Output& out);

  // Running digest over every event ever sent out.
  [[nodiscard]] std::uint64_t output_digest() const;
  // Digest of the whole state: linear in its size, independent of memory layout and insertion history.
  [[nodiscard]] std::uint64_t state_hash() const;
  // Whole-state invariants: per-asset sums are zero, no negative balance but the world's, held money is what open
  // orders need, clearing accounts are empty, books are FIFO and uncrossed and agree with the accounts' open orders.
  [[nodiscard]] core::Result<void> audit() const;

  void save(core::ByteWriter& out) const;
  // Replaces the state. On error the engine is unusable and must be destroyed.
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace engine
