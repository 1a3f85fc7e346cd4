// Market data streams: durable market events as the published messages, to all who have subscribed.
//
// Messages are made of events and of the read models, encoded once per format, and nothing is done for markets and
// streams that nobody reads. Trades leave with the command that made them, best prices once per batch, everything else
// by the clock of tick(). A new reader of a stream of which only the latest state matters gets that state with the next
// tick; a new reader of depth changes gets whole intervals only, so that the chain of updates holds from the first.
//
// One thread. It knows no clock: time comes from events, from the port and from tick().
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "gateways/exchange_port.h"
#include "gateways/streams/fan_out.h"
#include "gateways/streams/stream_name.h"

namespace streams {

class MarketStreams final : public gateways::EventListener {
 public:
  // REQUIRES port to outlive it.
  explicit MarketStreams(gateways::ExchangePort& port, SlowReaderLimits limits = {});
  ~MarketStreams() override;
  MarketStreams(const MarketStreams&) = delete;
  MarketStreams& operator=(const MarketStreams&) = delete;

  // A connection comes and goes; it is told of a shutdown, whatever it reads.
  void join(Reader& reader);
  void leave(Reader& reader);
  // Once is enough, more do not harm. REQUIRES a name that parse_stream_name gave.
  void subscribe(Reader& reader, const StreamName& name);
  void unsubscribe(Reader& reader, const StreamName& name);
  [[nodiscard]] bool is_subscribed(const Reader& reader, const StreamName& name);
  [[nodiscard]] FanOut& fan_out();

  // What is due by the clock. At least ten times a second; `monotonic_ns` never falls.
  void tick(std::int64_t monotonic_ns, core::Time now);
  // To every connection: it will end soon, and by the server.
  void announce_shutdown(core::Time now);

  // gateways::EventListener
  void on_events(core::Time time, std::span<const orders::AccountEvent> account_events,
                 std::span<const matching::MarketEvent> market_events) override;
  void on_batch_end() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace streams
