// User data streams: an account's events as the published JSON objects, to whoever has subscribed to the account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "gateways/exchange_port.h"
#include "gateways/spot/context.h"
#include "pkg/core/ids.h"

namespace streams {

class UserReader {
 public:
  virtual ~UserReader() = default;
  // One event: executionReport, outboundAccountPosition, balanceUpdate. `json` lives until this returns. May subscribe
  // and unsubscribe, itself and others.
  virtual void on_user_event(std::string_view json) = 0;
  // Of the times in what it reads. Never changes while it is subscribed.
  [[nodiscard]] virtual spot::TimeUnit time_unit() const { return spot::TimeUnit::millisecond; }
};

// Counted since the start; `subscriptions` are those there are now.
struct UserHubCounters {
  std::size_t subscriptions = 0;
  std::uint64_t messages_encoded = 0, messages_sent = 0;
};

// Encodes each event once (once per time unit), however many read it, and nothing for accounts nobody reads. One
// thread.
//
// Per step of an order: executionReport, then outboundAccountPosition with the balances after that step. Per deposit:
// balanceUpdate, then outboundAccountPosition. An order that was rejected is told of only when it was to replace one
// that the same command has cancelled; refused cancels are not told of: nothing happened, and who asked is answered.
class UserHub final : public gateways::EventListener {
 public:
  // REQUIRES port to outlive it.
  explicit UserHub(gateways::ExchangePort& port);
  ~UserHub() override;

  void subscribe(core::AccountId account, UserReader& reader);    // once per reader and account
  void unsubscribe(core::AccountId account, UserReader& reader);  // no-op when it has not subscribed

  // gateways::EventListener
  void on_events(core::Time time, std::span<const orders::AccountEvent> account_events,
                 std::span<const matching::MarketEvent> market_events) override;
  void on_batch_end() override {}

  [[nodiscard]] const UserHubCounters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace streams
