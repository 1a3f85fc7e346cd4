// What the views have forgotten and the stores on disk keep: asked for on the loop's thread, read on another, answered
// later on the loop's thread. A slow or dead disk delays only those who ask.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "services/history/accounts.h"
#include "services/market_data/types.h"

namespace gateways {

// Orders of an account by `query` (see history::Query), open ones included as the store last saw them.
struct OrdersQuestion {
  core::AccountId account;
  history::Query query;
};
// One order, by id, or by client order id in a market (then the latest of that name).
struct OrderQuestion {
  core::AccountId account;
  core::MarketId market;
  std::optional<core::OrderId> order;
  core::ClientOrderId client_order_id;
};
struct FillsQuestion {
  core::AccountId account;
  history::Query query;
};

using ArchiveQuestion = std::variant<market_data::TradesQuestion, market_data::AggregateTradesQuestion,
                                     market_data::CandlesQuestion, OrdersQuestion, OrderQuestion, FillsQuestion>;

// Rows in the order that the question states: trades, aggregate trades, candles ascending; orders by id; fills by
// (time, trade).
using ArchiveRows = std::variant<std::vector<market_data::Trade>, std::vector<market_data::AggregateTrade>,
                                 market_data::CandlesAnswer, std::vector<history::Order>, std::vector<history::Fill>>;
struct ArchiveAnswer {
  ArchiveRows rows;
  // Everything up to this command, and to its time, is in the rows; what came later is in the views if they have not
  // forgotten it.
  core::Sequence written_through;
  core::Time written_until;
  // Where the archive does not reach back to the beginning: retention, or a store begun anew on a pruned journal, have
  // taken what was before. Lists begin there.
  bool begins_late = false;
  core::Time pruned_before;    // what is older may be gone by retention; zero: nothing is
  core::TradeId oldest_trade;  // of questions on trades: the market's first that is there; none: none is
};

class ArchiveHandler {
 public:
  virtual ~ArchiveHandler() = default;
  // Errors: unavailable (store damaged, being rebuilt, or its disk does not answer).
  virtual void on_archive(std::uint64_t token, core::Result<ArchiveAnswer> answer) = 0;
};

class ArchivePort {
 public:
  virtual ~ArchivePort() = default;
  // False when too many questions wait already. Else the answer comes once, later, from the loop. REQUIRES handler to
  // outlive it.
  [[nodiscard]] virtual bool ask(ArchiveQuestion question, std::uint64_t token, ArchiveHandler& handler) = 0;
};

}  // namespace gateways
