// Answers from the history store, read beside whoever writes it: on a thread of its own, with a connection of its own
// that cannot write. The queries mean what they mean to the read model (accounts.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/sql/projection.h"
#include "services/history/accounts.h"

namespace history {

class StoreReader {
 public:
  [[nodiscard]] static core::Result<StoreReader> open(const std::string& path);
  // For reading several answers of one moment: database().reading(...).
  [[nodiscard]] sql::Database& database() { return *database_; }
  [[nodiscard]] core::Result<sql::Cursor> cursor() { return sql::read_cursor(*database_); }

  [[nodiscard]] core::Result<std::vector<Order>> orders(core::AccountId account, const Query& query);
  [[nodiscard]] core::Result<std::vector<Fill>> fills(core::AccountId account, const Query& query);
  [[nodiscard]] core::Result<std::optional<Order>> order(core::AccountId account, core::MarketId market,
                                                         core::OrderId order);
  // The open order of that client id, else the latest closed one.
  [[nodiscard]] core::Result<std::optional<Order>> order(core::AccountId account, core::MarketId market,
                                                         std::string_view client_order_id);

 private:
  explicit StoreReader(sql::Database database) : database_(std::make_unique<sql::Database>(std::move(database))) {}
  [[nodiscard]] core::Result<std::vector<Order>> read_orders(const std::string& rest, std::span<const sql::Value> with);

  std::unique_ptr<sql::Database> database_;
};

}  // namespace history
