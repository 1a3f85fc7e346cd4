// The exchange's figures for /metrics, in Prometheus' text format. Counted once per released batch; gauges are read
// when somebody asks. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cmd/exchange/archive.h"
#include "cmd/exchange/exchange.h"
#include "cmd/exchange/journal_thread.h"
#include "cmd/exchange/stores.h"
#include "pkg/io/asio_network.h"

namespace exchange {

class Metrics final : public BatchObserver {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // What the figures are read from. REQUIRES all to outlive the calls of append().
  void watch(const Exchange& exchange, const ThreadedSink& sink, const io::AsioNetwork& network);
  void watch(const Stores& stores, const Archive& archive);
  void on_batch(std::uint32_t commands) override;
  void append(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace exchange
