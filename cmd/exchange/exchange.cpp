#include "cmd/exchange/exchange.h"

#include <span>
#include <variant>

#include "pkg/core/check.h"

namespace exchange {
namespace {

bool is_rejection(const orders::AccountEvent& event) {
  if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) {
    return order->execution == orders::Execution::rejected || order->execution == orders::Execution::cancel_rejected;
  }
  return std::holds_alternative<orders::CommandRejected>(event.body);
}

gateways::Refusal refusal_of(host::Refusal refusal) {
  switch (refusal) {
    case host::Refusal::overloaded:
      return gateways::Refusal::overloaded;
    case host::Refusal::no_space:
      return gateways::Refusal::no_space;
    case host::Refusal::stopping:
      return gateways::Refusal::stopping;
  }
  return gateways::Refusal::stopping;
}

}  // namespace

Exchange::Exchange(engine::Replica& replica, journal::Sink& sink, const io::Clock& clock, const host::Options& options,
                   BatchObserver* observer)
    : replica_(replica),
      fold_{replica.engine},
      sink_(sink),
      clock_(clock),
      observer_(observer),
      host_(fold_, sink, *this, options, {replica.applied(), replica.time()}) {}

std::expected<void, gateways::Refusal> Exchange::submit(const engine::Command& command, std::uint64_t token,
                                                        gateways::ReplyHandler& handler, core::Time received_at) {
  const auto sequence = host_.submit(command, token, received_at, clock_.now());
  if (sequence) {
    waiting_.push_back({&handler, token});
    return {};
  }
  switch (sequence.error()) {
    case host::Refusal::overloaded:
      ++counters_.refused_overloaded;
      break;
    case host::Refusal::no_space:
      ++counters_.refused_no_space;
      break;
    case host::Refusal::stopping:
      ++counters_.refused_stopping;
      break;
  }
  return std::unexpected(refusal_of(sequence.error()));
}

bool Exchange::ready() const {
  if (!serving_ || host_.failure()) return false;
  return !sink_.poll().disk_full || sink_.reserved_bytes() >= core::kRecordBytesMax;
}

void Exchange::on_release(const host::Released<engine::Fold>& released) {
  const auto& output = released.output;
  const std::span account_events(output.account_events.data() + released.begin.account_events,
                                 released.end.account_events - released.begin.account_events);
  bool rejected = false;
  for (const auto& event : account_events) {
    replica_.views.apply(event);
    rejected |= is_rejection(event);
  }
  const std::span market_events(output.market_events.data() + released.begin.market_events,
                                released.end.market_events - released.begin.market_events);
  for (const auto& event : market_events) replica_.views.apply(event, released.time);
  if (released.own) {
    last_checkpoint_ = released.sequence;
  } else {
    answer(released, account_events, rejected);
  }
  if (account_events.empty() && market_events.empty()) return;
  for (gateways::EventListener* const listener : listeners_) {
    listener->on_events(released.time, account_events, market_events);
  }
}

void Exchange::answer(const host::Released<engine::Fold>& released,
                      std::span<const orders::AccountEvent> account_events, bool rejected) {
  ++batch_commands_;
  ++counters_.released;
  counters_.rejected += rejected ? 1 : 0;
  CHECK(!waiting_.empty() && waiting_.front().token == released.token);
  const Waiting waiting = waiting_.front();
  waiting_.pop_front();
  waiting.handler->on_reply({released.token, released.sequence, released.time, account_events});
}

void Exchange::on_batch_end(core::Sequence) {
  ++counters_.batches;
  if (observer_) observer_->on_batch(batch_commands_);
  batch_commands_ = 0;
  for (gateways::EventListener* const listener : listeners_) listener->on_batch_end();
}

}  // namespace exchange
