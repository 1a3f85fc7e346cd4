// The engine as the host wants to see it: what the host sequences, journals and folds is engine::Command, what it
// releases is engine::Output. A thin adapter, so that pkg/host knows no service and the engine no host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "services/engine/command.h"
#include "services/engine/engine.h"

namespace engine {

class HostFold {
 public:
  using Command = engine::Command;
  using Output = engine::Output;
  // How far the two event lists of an output have been filled.
  struct Mark {
    std::size_t account_events = 0, market_events = 0;
  };

  HostFold() = default;
  // Continues where recovery's engine stands.
  explicit HostFold(Engine recovered) : engine_(std::move(recovered)) {}

  static void encode(const core::RecordHeader& header, const Command& command, core::Bytes& out) {
    engine::encode(header, command, out);
  }
  void apply(const core::RecordHeader& header, const Command& command, Output& out) {
    engine_.apply(header, command, out);
  }
  [[nodiscard]] std::uint64_t output_digest() const { return engine_.output_digest(); }
  [[nodiscard]] static Command checkpoint(std::uint64_t digest) { return Checkpoint{digest}; }
  [[nodiscard]] static Mark mark(const Output& output) {
    return {output.account_events.size(), output.market_events.size()};
  }

  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  Engine engine_;
};

}  // namespace engine
