// When to cut a batch. A commit costs about the same for one command as for a hundred, so under load it pays to wait a
// moment for more; when commands come one by one it only adds latency.
#pragma once

#include <cstdint>
#include <optional>

namespace host {

// Figures from a prototype on two cores: without waiting, 64 busy connections fell from 116,000 to 30,000 requests/s.
struct Pacing {
  std::int64_t wait_ns_max = 300'000;  // from when the batch could have been cut
  std::uint32_t wait_commands = 64;    // enough to stop waiting
  // Only when recent batches had at least so many commands on average. The wait itself fills batches: at 10,000
  // commands/s a commit and a wait gather 4, so with 3 the waiting would keep itself up and treble the latency there.
  std::uint32_t wait_when_recent = 8;
};

class Pacer {
 public:
  explicit Pacer(const Pacing& pacing) : pacing_(pacing) {}

  // For a batch of `commands` > 0 that could be cut now: nothing when it should be, else until when to wait for more.
  [[nodiscard]] std::optional<std::int64_t> wait_until(std::uint32_t commands, std::int64_t now_ns);
  // A batch was cut.
  void cut(std::uint32_t commands);

 private:
  Pacing pacing_;
  std::uint64_t recent_x16_ = 0;  // moving average of commands in a batch, in sixteenths
  std::optional<std::int64_t> waiting_since_ns_;
};

}  // namespace host
