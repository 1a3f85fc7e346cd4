// The exchange behind the gateways: host, engine and read models joined, and replies led back to who waits for them.
//
// Commands go into the host, which folds them at once; when they are durable this updates the views and then answers,
// in the order of submission. One thread; whoever owns it calls step() after events and at the times it asks for.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <span>
#include <vector>

#include "gateways/exchange_port.h"
#include "pkg/host/host.h"
#include "pkg/io/clock.h"
#include "pkg/journal/sink.h"
#include "services/engine/fold.h"
#include "services/engine/replica.h"

namespace exchange {

// Counted since the start of the process.
struct ExchangeCounters {
  std::uint64_t released = 0;  // commands durable and answered
  std::uint64_t rejected = 0;  // of them, those answered by a rejection
  std::uint64_t batches = 0;
  std::uint64_t refused_overloaded = 0, refused_no_space = 0, refused_stopping = 0;
};

// Hears of each released batch; for metrics.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void on_batch(std::uint32_t commands) = 0;
};

class Exchange final : public gateways::ExchangePort, private host::ReleaseHandler<engine::Fold> {
 public:
  // Continues where the replica stands. REQUIRES all references to outlive it.
  Exchange(engine::Replica& replica, journal::Sink& sink, const io::Clock& clock, const host::Options& options,
           BatchObserver* observer = nullptr);

  // gateways::ExchangePort
  [[nodiscard]] std::expected<void, gateways::Refusal> submit(const engine::Command& command, std::uint64_t token,
                                                              gateways::ReplyHandler& handler,
                                                              core::Time received_at) override;
  [[nodiscard]] const engine::Views& views() const override { return replica_.views; }
  [[nodiscard]] core::Time now() const override { return clock_.now(); }
  [[nodiscard]] bool ready() const override;

  // From now on `listener` hears of every release. REQUIRES it to outlive the last step.
  void add_listener(gateways::EventListener& listener) { listeners_.push_back(&listener); }

  // Releases what is durable and cuts the next batch; see host::Host::step.
  host::Turn step() { return host_.step(clock_.monotonic_ns()); }
  void request_checkpoint() { host_.request_checkpoint(); }
  // From now on ready() may be true: recovery and the first records are done.
  void serve() { serving_ = true; }
  // Refuses every later command; step() until drained().
  void stop() {
    host_.stop();
    serving_ = false;
  }
  [[nodiscard]] bool drained() const { return host_.drained(); }

  [[nodiscard]] std::size_t in_flight() const { return host_.in_flight(); }
  [[nodiscard]] core::Sequence sequenced() const { return host_.sequenced(); }
  [[nodiscard]] core::Sequence durable() const { return host_.durable(); }
  [[nodiscard]] core::Sequence last_checkpoint() const {
    return last_checkpoint_;
  }  // durable; none before the first of this run
  [[nodiscard]] const std::optional<core::Error>& failure() const { return host_.failure(); }
  [[nodiscard]] const ExchangeCounters& counters() const { return counters_; }

 private:
  struct Waiting {
    gateways::ReplyHandler* handler = nullptr;
    std::uint64_t token = 0;
  };
  void on_release(const host::Released<engine::Fold>& released) override;
  void on_batch_end(core::Sequence durable) override;
  void answer(const host::Released<engine::Fold>& released, std::span<const orders::AccountEvent> account_events,
              bool rejected);

  engine::Replica& replica_;
  engine::Fold fold_;
  journal::Sink& sink_;
  const io::Clock& clock_;
  BatchObserver* const observer_;
  host::Host<engine::Fold> host_;
  std::vector<gateways::EventListener*> listeners_;
  std::deque<Waiting> waiting_;  // in the order of submission, which is that of release
  core::Sequence last_checkpoint_;
  ExchangeCounters counters_;
  std::uint32_t batch_commands_ = 0;
  bool serving_ = false;
};

}  // namespace exchange
