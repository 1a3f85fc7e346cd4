// What a client protocol needs of the exchange behind it, and what it hears back. All on one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "pkg/core/ids.h"
#include "services/engine/command.h"
#include "services/engine/replica.h"

namespace gateways {

// Why a command was not even sequenced: nothing happened and nothing will.
enum class Refusal : std::uint8_t {
  overloaded,  // ingress is full
  no_space,    // the journal cannot grow: the disk is full
  stopping,
};

// A command's events, durable and already in the views.
struct Reply {
  std::uint64_t token = 0;  // as given to submit
  core::Sequence sequence;
  core::Time time;  // the command's
  std::span<const orders::AccountEvent> events;
};

class ReplyHandler {
 public:
  virtual ~ReplyHandler() = default;
  virtual void on_reply(const Reply& reply) = 0;
};

// Hears of every durable command's events, in order, after the views have taken them and the reply has been given. What
// streams to clients are made of.
class EventListener {
 public:
  virtual ~EventListener() = default;
  // Once per command that had any. May submit; may not wait.
  virtual void on_events(core::Time time, std::span<const orders::AccountEvent> account_events,
                         std::span<const matching::MarketEvent> market_events) = 0;
  // Behind the last command of a batch: the time to send what was gathered.
  virtual void on_batch_end() = 0;
};

class ExchangePort {
 public:
  virtual ~ExchangePort() = default;
  // The reply goes to `handler`, later, on the same thread, unless the process dies first (then the outcome is unknown
  // to the client, who can ask for the order by its client id). REQUIRES handler to outlive it.
  [[nodiscard]] virtual std::expected<void, Refusal> submit(const engine::Command& command, std::uint64_t token,
                                                            ReplyHandler& handler, core::Time received_at) = 0;
  [[nodiscard]] virtual const engine::Views& views() const = 0;
  [[nodiscard]] virtual core::Time now() const = 0;
  [[nodiscard]] virtual bool ready() const = 0;  // recovered, serving and able to write
};

}  // namespace gateways
