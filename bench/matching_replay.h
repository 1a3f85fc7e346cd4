// A trace through the matching fold, with the fold's reports used as accounts uses them: each order's handle is taken
// from them and given back with cancels and moves. What the matching benchmark times and dev/instructions counts.
#pragma once

#include <vector>

#include "bench/trace.h"
#include "services/matching/huge_array.h"
#include "services/matching/matching.h"

namespace bench {

// Feeds commands to a matching fold and does with its reports what accounts does.
class MatchingReplay {
 public:
  explicit MatchingReplay(const TraceHeader& header) {
    while (handles_.capacity() <= header.order_id_max) handles_.grow();
    for (std::uint32_t symbol = 0; symbol < header.symbol_count; ++symbol) {
      instruments::Market market;
      market.id = core::MarketId{symbol + 1};
      market.lot_units = market.tick_lot_units = core::Amount{1};
      matching_.apply(matching::ConfigureMarket{market}, {reports_, events_});
    }
  }

  void apply(const TraceCommand& command) {
    reports_.clear();
    events_.clear();
    send(command);
    for (const matching::Report& report : reports_) {
      if (report.handle != matching::kNoHandle) handles_[report.order.value()] = report.handle;
      if (report.kind == matching::ReportKind::filled && !report.is_maker) {
        totals_.add(report.counter_order.value(), report.order.value(),
                    static_cast<std::uint64_t>(report.price.value()),
                    static_cast<std::uint64_t>(report.quantity.value()));
      }
    }
  }

  // The commands that fill the book; the first of the others.
  std::size_t prefill(const Trace& trace) {
    std::size_t i = 0;
    for (; i < trace.header.prefill_count; ++i) apply(trace.commands[i]);
    return i;
  }

  [[nodiscard]] const TradeTotals& totals() const { return totals_; }
  [[nodiscard]] std::uint64_t resting_orders() const { return matching_.resting_orders(); }
  [[nodiscard]] bool agrees(const TraceHeader& header) const {
    return totals_ == header.totals && resting_orders() == header.resting_orders;
  }

 private:
  void send(const TraceCommand& command) {
    const matching::Output out{reports_, events_};
    const core::OrderId order{command.order_id};
    const core::MarketId market{command.symbol + 1u};
    const auto slot = static_cast<std::uint32_t>(command.order_id);
    const core::Price price{command.price_ticks};
    const core::Quantity quantity{command.quantity_lots};
    switch (command.kind) {
      case TraceKind::limit:
      case TraceKind::ioc:
      case TraceKind::market: {
        const bool is_market = command.kind == TraceKind::market;
        return matching_.apply(
            matching::NewOrder{.order = order,
                               .account = core::AccountId{command.account},
                               .market = market,
                               .account_slot = slot,
                               .side = static_cast<matching::Side>(command.side),
                               .type = is_market ? matching::OrderType::market : matching::OrderType::limit,
                               .time_in_force = command.kind == TraceKind::ioc ? matching::TimeInForce::ioc
                                                                               : matching::TimeInForce::gtc,
                               .price = price,
                               .quantity = quantity,
                               .quote_quantity = {},
                               .budget = core::kAmountMax},
            out);
      }
      case TraceKind::cancel:
        return matching_.apply(matching::CancelOrder{order, market, handles_[command.order_id], slot}, out);
      case TraceKind::move:
        return matching_.apply(matching::MoveOrder{order, market, handles_[command.order_id], slot, price}, out);
      case TraceKind::reduce:
        return matching_.apply(matching::ReduceOrder{order, market, handles_[command.order_id], slot, quantity}, out);
    }
  }

  matching::Matching matching_;
  std::vector<matching::Report> reports_;
  std::vector<matching::MarketEvent> events_;
  matching::HugeArray<matching::Handle> handles_;  // by order id
  TradeTotals totals_;
};

}  // namespace bench
