// The history store: orders and fills of all accounts in SQLite (docs/formats/stores.md), made of durable account
// events. It is written here and read through store_reader.h. One thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "pkg/core/error.h"
#include "pkg/sql/projection.h"
#include "services/history/reducer.h"

namespace history {

class Store {
 public:
  // Errors: as sql::Projection::open.
  [[nodiscard]] static core::Result<Store> open(const std::string& path, const std::atomic<bool>* stop = nullptr);
  [[nodiscard]] const sql::Cursor& cursor() const { return file_.cursor(); }

  // Of commands behind the cursor, in order.
  void apply(const orders::AccountEvent& event) { reducer_.apply(event); }
  [[nodiscard]] std::size_t pending_rows() const { return reducer_.rows().size(); }
  // Writes what was applied and moves the cursor. After an error call it again, or open the store anew.
  [[nodiscard]] core::Result<void> write(const sql::Cursor& through);
  // Begins with what the read model remembers. REQUIRES an empty store and nothing applied.
  [[nodiscard]] core::Result<void> import(const Accounts& accounts, const sql::Cursor& at);
  // Looks at up to `rows_max` of the oldest orders and removes those that were closed before `before`, and their fills.
  // Returns how many were looked at; 0: that was all.
  [[nodiscard]] core::Result<std::size_t> prune(core::Time before, std::size_t rows_max);

  // See sql::Projection::before_commit.
  void set_before_commit(std::function<core::Result<void>()> hook) { file_.before_commit = std::move(hook); }

 private:
  explicit Store(sql::Projection file) : file_(std::move(file)) {}
  [[nodiscard]] core::Result<void> restore();
  [[nodiscard]] core::Result<void> write_orders(std::span<const Order> orders);
  [[nodiscard]] core::Result<void> write_fills(std::span<const FillRow> fills);

  sql::Projection file_;
  Reducer reducer_;
  std::int64_t pruned_through_ = 0;  // the order that the last prune() looked at last
};

}  // namespace history
