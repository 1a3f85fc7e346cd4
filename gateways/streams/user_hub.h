// User data streams: an account's events as the published JSON objects, to whoever has subscribed to the account.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "gateways/exchange_port.h"
#include "pkg/core/ids.h"

namespace streams {

class UserReader {
 public:
  virtual ~UserReader() = default;
  // One event: executionReport, outboundAccountPosition, balanceUpdate, eventStreamTerminated, ... `json` lives until
  // this returns. May unsubscribe.
  virtual void on_user_event(std::string_view json) = 0;
};

// Encodes each event once, however many read it, and nothing for accounts nobody reads. One thread.
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

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace streams
