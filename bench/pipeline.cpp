#include "bench/pipeline.h"

#include <algorithm>
#include <chrono>

#include "bench/engine_flow.h"
#include "pkg/core/check.h"
#include "pkg/host/host.h"
#include "services/engine/fold.h"
#include "services/engine/replica.h"

namespace bench {
namespace {

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

using Host = host::Host<engine::Fold>;

// The running exchange's release: views first; what would be the reply is only counted and timed.
class Release final : public host::ReleaseHandler<engine::Fold> {
 public:
  void on_release(const host::Released<engine::Fold>& released) override {
    for (std::size_t i = released.begin.account_events; i < released.end.account_events; ++i) {
      views.apply(released.output.account_events[i]);
    }
    for (std::size_t i = released.begin.market_events; i < released.end.market_events; ++i) {
      views.apply(released.output.market_events[i], released.time);
    }
    if (timing) taken_ns.push_back(now_ns() - released.received_at_ns);
  }
  void on_batch_end(core::Sequence) override { ++batches; }

  engine::Views views;
  std::uint64_t batches = 0;
  bool timing = false;
  std::vector<std::int64_t> taken_ns;
};

class Pipeline {
 public:
  Pipeline(journal::Sink& sink, const std::function<void(std::int64_t)>& wait)
      : wait_(wait), host_(fold_, sink, release_, {}, {}) {}

  [[nodiscard]] bool failed() const { return host_.failure().has_value(); }
  [[nodiscard]] const core::Error& failure() const { return *host_.failure(); }
  [[nodiscard]] Release& release() { return release_; }

  // Gives the command in, however long it takes; `due_ns` comes back with its release.
  void put(const engine::Command& command, std::int64_t due_ns = 0) {
    while (!host_.submit(command, 0, core::Time{due_ns}, core::Time{now_ns()}) && !failed()) turn(kWaitNs);
  }
  // One turn of the loop; blocks when there was nothing to do.
  void turn(std::int64_t wait_ns_max) {
    const std::int64_t now = now_ns();
    const host::Turn turn = host_.step(now);
    if (turn.released > 0 || wait_ns_max <= 0) return;
    if (turn.call_again_ns) wait_ns_max = std::clamp<std::int64_t>(*turn.call_again_ns - now, 0, wait_ns_max);
    wait_(wait_ns_max);
  }
  void drain() {
    while (!host_.drained() && !failed()) turn(kWaitNs);
  }

 private:
  static constexpr std::int64_t kWaitNs = 10'000'000;
  const std::function<void(std::int64_t)>& wait_;
  engine::Engine engine_;
  engine::Fold fold_{engine_};
  Release release_;
  Host host_;
};

}  // namespace

core::Result<PipelineResult> bench_pipeline(const Trace& trace, journal::Sink& sink,
                                            const std::function<void(std::int64_t)>& wait,
                                            const PipelineOptions& options) {
  const std::size_t total = trace.commands.size(), prefill = trace.header.prefill_count;
  CHECK(prefill + options.latency_commands < total && options.latency_rate_hz > 0);
  const std::size_t paced_from = total - options.latency_commands;
  Pipeline pipeline(sink, wait);
  engine::Command command;
  for (const engine::Command& prepared : preparation(trace)) pipeline.put(prepared);
  std::size_t i = 0;
  for (; i < prefill; ++i) {
    translate(trace.commands[i], command);
    pipeline.put(command);
  }
  pipeline.drain();

  PipelineResult result;
  result.commands = paced_from - prefill;
  pipeline.release().batches = 0;
  const std::int64_t start = now_ns();
  for (; i < paced_from; ++i) {
    translate(trace.commands[i], command);
    pipeline.put(command);
    // A release every so often keeps the batch in flight short; one atomic load when there is nothing.
    if (i % 64 == 0) pipeline.turn(0);
  }
  pipeline.drain();
  const double seconds = static_cast<double>(now_ns() - start) / 1e9;
  result.commands_per_second = static_cast<double>(result.commands) / seconds;
  result.commands_per_batch = static_cast<double>(result.commands) / static_cast<double>(pipeline.release().batches);

  pipeline.release().timing = true;
  pipeline.release().taken_ns.reserve(options.latency_commands);
  const std::int64_t interval_ns = 1'000'000'000 / static_cast<std::int64_t>(options.latency_rate_hz);
  for (std::int64_t due = now_ns(); i < total; ++i, due += interval_ns) {
    for (std::int64_t now = now_ns(); now < due; now = now_ns()) pipeline.turn(due - now);
    translate(trace.commands[i], command);
    pipeline.put(command, due);
    pipeline.turn(0);
  }
  pipeline.drain();
  if (pipeline.failed()) return std::unexpected(pipeline.failure());
  result.latency = percentiles(pipeline.release().taken_ns);
  return result;
}

}  // namespace bench
