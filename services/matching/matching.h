// The matching fold: one book per market, price-time priority. See services/matching/README.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/matching/types.h"

namespace matching {

// Where a step's messages go: appended, in order.
struct Output {
  std::vector<Report>& reports;      // to accounts
  std::vector<MarketEvent>& events;  // public
};

struct RestingOrder {
  core::MarketId market;
  Side side = Side::buy;
  core::Price price;
  core::Quantity open;
  core::OrderId order;
  core::AccountId account;
  std::uint32_t account_slot = 0;
  Handle handle = kNoHandle;
  core::Quantity hidden = {};  // of what is open

  friend bool operator==(const RestingOrder&, const RestingOrder&) = default;
};

// A conditional order that has not gone on yet.
struct WaitingOrder {
  core::MarketId market;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  Trigger trigger = Trigger::none;
  Phase phase = Phase::price;
  std::uint16_t trailing_bp = 0;
  core::Price price, trigger_price;
  core::Price extreme;  // tracking: the highest (sell) or lowest (buy) price seen
  core::Quantity open;
  core::Amount budget;
  core::OrderId order;
  core::AccountId account;
  std::uint32_t account_slot = 0;
  Handle handle = kNoHandle;
  Peak peak = {};

  friend bool operator==(const WaitingOrder&, const WaitingOrder&) = default;
};

class Matching {
 public:
  Matching();
  ~Matching();
  Matching(Matching&&) noexcept;
  Matching& operator=(Matching&&) noexcept;

  void apply(const ConfigureMarket& command, Output out);
  void apply(const NewOrder& command, Output out);
  void apply(const CancelOrder& command, Output out);
  void apply(const MoveOrder& command, Output out);
  void apply(const ReduceOrder& command, Output out);

  [[nodiscard]] std::uint64_t state_hash() const;  // of what matters: independent of slots and pages' history
  [[nodiscard]] core::Result<void> audit() const;
  [[nodiscard]] std::size_t resting_orders() const;
  [[nodiscard]] std::size_t waiting_orders() const;  // conditional ones that have not gone on
  // Memory that orders, levels and markets take up now; what pools have in reserve is not counted.
  [[nodiscard]] std::size_t bytes_in_use() const;
  // Every resting order, by market, side (buys first) and priority: for audits and tests.
  void for_each_order(const std::function<void(const RestingOrder&)>& visit) const;
  // Every conditional order that has not gone on, by market, then by entry, those that have fired last in their order.
  void for_each_waiting(const std::function<void(const WaitingOrder&)>& visit) const;
  void save(core::ByteWriter& out) const;  // handles survive save and load
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace matching
