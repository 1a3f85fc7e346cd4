// What the tests of the engine share: a small exchange (test_listing.h) that audits itself after every command.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/engine/engine.h"
#include "services/engine/test_listing.h"

namespace engine {

inline orders::PlaceOrder limit(core::AccountId account, orders::Side side, std::int64_t price, std::int64_t quantity,
                                std::string_view client_order_id = {}) {
  orders::PlaceOrder place;
  place.account = account;
  place.market = kBtcUsdt;
  place.side = side;
  place.price = core::Price{price};
  place.quantity = core::Quantity{quantity};
  place.client_order_id = core::ClientOrderId{client_order_id};
  return place;
}
inline orders::PlaceOrder market(core::AccountId account, orders::Side side, std::int64_t quantity) {
  orders::PlaceOrder place = limit(account, side, 0, quantity);
  place.type = orders::OrderType::market;
  return place;
}
inline orders::PlaceOrder by_quote(core::AccountId account, orders::Side side, core::int128 amount) {
  orders::PlaceOrder place = limit(account, side, 0, 0);
  place.type = orders::OrderType::market_by_quote;
  place.quote_quantity = core::Amount{amount};
  return place;
}
inline orders::CancelOrder cancel(core::AccountId account, core::OrderId order, std::string_view client_order_id = {}) {
  orders::CancelOrder command;
  command.account = account;
  command.market = kBtcUsdt;
  command.target = {order, core::ClientOrderId{client_order_id}};
  return command;
}
inline orders::MoveOrder move(core::AccountId account, core::OrderId order, std::int64_t price) {
  return {account, kBtcUsdt, {order, {}}, core::Price{price}};
}
inline orders::ReduceOrder reduce(core::AccountId account, core::OrderId order, std::int64_t by) {
  return {account, kBtcUsdt, {order, {}}, core::Quantity{by}};
}

class TestExchange {
 public:
  explicit TestExchange(instruments::PriceBand band = {}) {
    for (const Command& command : listing(band)) run(command);
  }

  // The events of the step. Audits.
  const std::vector<orders::AccountEvent>& run(const Command& command) {
    output.clear();
    header.sequence = header.sequence.next();
    header.time.ns += 1'000;
    engine.apply(header, command, output);
    const auto audit = engine.audit();
    EXPECT_TRUE(audit.has_value()) << audit.error().text();
    return output.account_events;
  }
  // The order events of the step.
  std::vector<orders::OrderEvent> trade(const Command& command) {
    std::vector<orders::OrderEvent> events;
    for (const orders::AccountEvent& event : run(command)) events.push_back(std::get<orders::OrderEvent>(event.body));
    return events;
  }
  core::AccountId open(std::string_view name, core::int128 btc = 0, core::int128 usdt = 0) {
    const auto& opened =
        std::get<orders::AccountOpened>(run(ledger::OpenAccount{ledger::AccountName{name}}).at(0).body);
    const core::AccountId account = opened.account;
    if (btc != 0) run(ledger::Deposit{account, kBtc, core::Amount{btc}, {}});
    if (usdt != 0) run(ledger::Deposit{account, kUsdt, core::Amount{usdt}, {}});
    return account;
  }

  Engine engine;
  Output output;
  core::RecordHeader header;
};

}  // namespace engine
