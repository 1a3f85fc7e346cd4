// The engine as the host drives it: one fold with its codec. Joins Engine to the concept host::Fold without either
// knowing of the other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "services/engine/engine.h"

namespace engine {

struct Fold {
  using Command = engine::Command;
  using Output = engine::Output;
  struct Mark {
    std::size_t account_events = 0, market_events = 0;
  };

  Engine& engine;

  static void encode(const core::RecordHeader& header, const Command& command, core::Bytes& bytes) {
    engine::encode(header, command, bytes);
  }
  void apply(const core::RecordHeader& header, const Command& command, Output& output) {
    engine.apply(header, command, output);
  }
  [[nodiscard]] std::uint64_t output_digest() const { return engine.output_digest(); }
  [[nodiscard]] static Command checkpoint(std::uint64_t digest) { return Checkpoint{digest}; }
  [[nodiscard]] static Mark mark(const Output& output) {
    return {output.account_events.size(), output.market_events.size()};
  }
};

}  // namespace engine
