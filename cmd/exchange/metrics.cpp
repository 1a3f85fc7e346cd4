#include "cmd/exchange/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace exchange {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kCommitSeconds{25e-6,  50e-6,  100e-6,  200e-6,  400e-6, 800e-6, 1.6e-3,
                                                 3.2e-3, 6.4e-3, 12.8e-3, 51.2e-3, 0.2,    1};
const Histogram::BucketBoundaries kBatchCommands{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

Counter& counter(prometheus::Registry& registry, const char* name, const char* help,
                 const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}
Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}
// Counters are kept elsewhere as plain numbers; this brings the exported one up to them.
void raise(Counter& exported, std::uint64_t value) {
  exported.Increment(static_cast<double>(value) - exported.Value());
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Counter& commands = counter(registry, "exchange_commands_total", "Commands made durable and answered.");
  Counter& rejected = counter(registry, "exchange_commands_rejected_total", "Of them, those answered by a rejection.");
  Counter& overloaded = counter(registry, "exchange_commands_refused_total",
                                "Commands refused before they were sequenced.", {{"reason", "overloaded"}});
  Counter& no_space = counter(registry, "exchange_commands_refused_total",
                              "Commands refused before they were sequenced.", {{"reason", "no_space"}});
  Counter& stopping = counter(registry, "exchange_commands_refused_total",
                              "Commands refused before they were sequenced.", {{"reason", "stopping"}});
  Counter& accepted = counter(registry, "exchange_connections_accepted_total", "Connections accepted, all protocols.");
  Counter& dropped = counter(registry, "exchange_connections_dropped_slow_total",
                             "Connections closed because their client did not read.");
  Counter& bytes_in =
      counter(registry, "exchange_network_bytes_total", "Bytes over all connections.", {{"direction", "in"}});
  Counter& bytes_out =
      counter(registry, "exchange_network_bytes_total", "Bytes over all connections.", {{"direction", "out"}});
  Gauge& sequence = gauge(registry, "exchange_durable_sequence", "Sequence of the last durable record.");
  Gauge& in_flight = gauge(registry, "exchange_commands_in_flight", "Commands sequenced and not yet durable.");
  Gauge& reserved =
      gauge(registry, "exchange_journal_reserved_bytes", "Room for the next batch without asking the file system.");
  Gauge& open = gauge(registry, "exchange_connections_open", "Connections open now, all protocols.");
  Gauge& buffered = gauge(registry, "exchange_connections_buffered_bytes", "Held for clients that have not taken it.");
  Gauge& ready = gauge(registry, "exchange_ready", "1 when the exchange takes commands.");
  Histogram& commit_seconds = prometheus::BuildHistogram()
                                  .Name("exchange_commit_seconds")
                                  .Help("Time to make a batch durable.")
                                  .Register(registry)
                                  .Add({}, kCommitSeconds);
  Histogram& batch_commands = prometheus::BuildHistogram()
                                  .Name("exchange_batch_commands")
                                  .Help("Commands in a batch.")
                                  .Register(registry)
                                  .Add({}, kBatchCommands);
  const Exchange* exchange = nullptr;
  const ThreadedSink* sink = nullptr;
  const io::AsioNetwork* network = nullptr;
  const Stores* stores = nullptr;
  const Archive* archive = nullptr;

  void read_stores();
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::watch(const Exchange& exchange, const ThreadedSink& sink, const io::AsioNetwork& network) {
  state_->exchange = &exchange;
  state_->sink = &sink;
  state_->network = &network;
}

void Metrics::watch(const Stores& stores, const Archive& archive) {
  state_->stores = &stores;
  state_->archive = &archive;
}

void Metrics::State::read_stores() {
  for (const StoreFigures& one : stores->figures()) {
    const prometheus::Labels labels{{"store", one.name}};
    const std::uint64_t durable = exchange->durable().value();
    prometheus::BuildGauge()
        .Name("exchange_store_lag_commands")
        .Help("Durable commands that are not yet in the store.")
        .Register(registry)
        .Add(labels)
        .Set(static_cast<double>(durable - std::min(durable, one.cursor.value())));
    raise(counter(registry, "exchange_store_rows_written_total", "Rows written into the store.", labels),
          one.rows_written);
    raise(counter(registry, "exchange_store_rebuilds_total", "Times the store was made anew.", labels), one.rebuilds);
  }
  const ArchiveCounters& counters = archive->counters();
  const auto questions = [this](const char* outcome, std::uint64_t value) {
    raise(counter(registry, "exchange_archive_questions_total", "Questions to the stores, by their outcome.",
                  {{"outcome", outcome}}),
          value);
  };
  questions("answered", counters.answered);
  questions("failed", counters.failed);
  questions("refused", counters.refused);
}

void Metrics::on_batch(std::uint32_t commands) {
  state_->batch_commands.Observe(commands);
  if (state_->sink) state_->commit_seconds.Observe(static_cast<double>(state_->sink->last_commit_ns()) * 1e-9);
}

void Metrics::append(std::string& out) {
  State& s = *state_;
  if (s.exchange) {
    const ExchangeCounters& counters = s.exchange->counters();
    raise(s.commands, counters.released);
    raise(s.rejected, counters.rejected);
    raise(s.overloaded, counters.refused_overloaded);
    raise(s.no_space, counters.refused_no_space);
    raise(s.stopping, counters.refused_stopping);
    s.sequence.Set(static_cast<double>(s.exchange->durable().value()));
    s.in_flight.Set(static_cast<double>(s.exchange->in_flight()));
    s.ready.Set(s.exchange->ready() ? 1 : 0);
    s.reserved.Set(static_cast<double>(s.sink->reserved_bytes()));
    const auto& network = s.network->counters();
    raise(s.accepted, network.accepted);
    raise(s.dropped, network.dropped_slow);
    raise(s.bytes_in, network.bytes_in);
    raise(s.bytes_out, network.bytes_out);
    s.open.Set(static_cast<double>(network.open));
    s.buffered.Set(static_cast<double>(network.buffered_bytes));
  }
  if (s.stores && s.exchange) s.read_stores();
  out += prometheus::TextSerializer().Serialize(s.registry.Collect());
}

}  // namespace exchange
