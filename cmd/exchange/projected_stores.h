// The stores as their projector sees them: something that takes events, writes rows with its cursor, and can be made
// anew.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/sql/projection.h"
#include "services/engine/replica.h"

namespace exchange {

class ProjectedStore {
 public:
  virtual ~ProjectedStore() = default;
  [[nodiscard]] virtual const char* name() const = 0;
  // See sql::Projection::open.
  [[nodiscard]] virtual core::Result<void> open(const std::string& path, const std::atomic<bool>* stop) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;

  // All below REQUIRES is_open().
  [[nodiscard]] virtual const sql::Cursor& cursor() const = 0;
  // A command's events; of commands behind the cursor, each once and in order.
  virtual void apply(const engine::Output& events, core::Time time) = 0;
  [[nodiscard]] virtual std::size_t pending_rows() const = 0;
  [[nodiscard]] virtual core::Result<void> write(const sql::Cursor& through) = 0;
  // Begins an empty store with what the views remember.
  [[nodiscard]] virtual core::Result<void> import(const engine::Views& views, const sql::Cursor& at) = 0;
  // A bite of at most `rows_max` of what is older than `before`. Returns how large it was; 0: there is no more.
  [[nodiscard]] virtual core::Result<std::size_t> prune(core::Time before, std::size_t rows_max) = 0;
  // See sql::Projection::before_commit.
  virtual void set_before_commit(std::function<core::Result<void>()> hook) = 0;
};

// history and market_data, in this order.
[[nodiscard]] std::vector<std::unique_ptr<ProjectedStore>> make_projected_stores();

}  // namespace exchange
