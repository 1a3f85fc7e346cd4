// A whole exchange of one thread, on simulated time, for tests of the traders: the real folds and read models.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "services/engine/engine.h"
#include "services/engine/replica.h"
#include "services/instruments/defaults.h"
#include "services/traders/traders.h"

namespace traders {

class TestMarket {
 public:
  TestMarket() {
    for (const auto& asset : instruments::default_assets()) apply(asset);
    for (const auto& market : instruments::default_markets()) apply(market);
  }

  // One look of the traders, then all they sent carried out, in order.
  void turn(Traders& traders) {
    sent.clear();
    traders.act(time, views, [this](const engine::Command& command) {
      if (refuses) return false;
      sent.push_back(command);
      return true;
    });
    for (const engine::Command& command : sent) {
      apply(command);
      traders.hear(time, output.account_events);
    }
  }
  // Until `seconds` later, with a look every `step_ms`; `each_second` after every whole second.
  void run(Traders& traders, std::int64_t seconds, const std::function<void()>& each_second = {},
           std::int64_t step_ms = 20) {
    const std::int64_t until = time.ns + seconds * 1'000'000'000;
    std::int64_t next_second = time.ns + 1'000'000'000;
    while (time.ns < until) {
      time.ns += step_ms * 1'000'000;
      turn(traders);
      if (time.ns < next_second) continue;
      next_second += 1'000'000'000;
      if (each_second) each_second();
    }
  }
  const std::vector<orders::AccountEvent>& apply(const engine::Command& command) {
    core::RecordHeader header;
    header.sequence = sequence = sequence.next();
    header.time = time;
    output.clear();
    engine.apply(header, command, output);
    for (const auto& event : output.account_events) {
      views.apply(event);
      if (const auto* order = std::get_if<orders::OrderEvent>(&event.body); order != nullptr)
        if (order->rejection != core::Rejection::none) ++rejections[order->rejection];
      if (const auto* rejected = std::get_if<orders::CommandRejected>(&event.body); rejected != nullptr)
        ++rejections[rejected->rejection];
    }
    for (const auto& event : output.market_events) {
      views.apply(event, time);
      if (event.kind == matching::MarketEventKind::traded) ++trades[event.market.value()];
    }
    return output.account_events;
  }
  [[nodiscard]] core::AccountId account(std::string_view name) {
    if (const auto found = views.accounts.find(name)) return *found;
    apply(ledger::OpenAccount{ledger::AccountName(name)});
    return *views.accounts.find(name);
  }
  [[nodiscard]] std::size_t open_orders(core::MarketId market) const {
    std::size_t count = 0;
    for (std::uint32_t id = core::kFirstUserAccount.value(); views.accounts.exists(core::AccountId{id}); ++id)
      count += views.accounts.open_order_count(core::AccountId{id}, market);
    return count;
  }

  core::Time time{1'700'000'000'000'000'000};
  core::Sequence sequence;
  engine::Engine engine;
  engine::Views views;
  engine::Output output;
  std::vector<engine::Command> sent;  // at the last turn
  std::map<std::uint32_t, std::uint64_t> trades;
  std::map<core::Rejection, std::uint64_t> rejections;
  bool refuses = false;
};

}  // namespace traders
