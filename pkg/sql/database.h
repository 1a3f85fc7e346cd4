// A relational store behind SOCI: statements with bound values in, rows out. SOCI's exceptions end here.
//
// SQLite today; PostgreSQL speaks the same interface when it comes. Single thread. Columns are declared `bigint` or
// `text`, the two types both dialects agree on; bytes are stored as hexadecimal text.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "pkg/core/error.h"

namespace sql {

using Value = std::variant<std::monostate, std::int64_t, std::string>;  // monostate: NULL
using Row = std::vector<Value>;

// A column's value, or zero / empty when it is NULL or of the other type.
[[nodiscard]] std::int64_t integer(const Value& value);
[[nodiscard]] std::string text(const Value& value);

class Database {
 public:
  // Opens or creates the file. A committed transaction survives a power cut (write-ahead log, synchronous=FULL).
  [[nodiscard]] static core::Result<Database> open_sqlite(const std::string& path);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  // Parameters are written :p1, :p2, … in the statement.
  [[nodiscard]] core::Result<void> execute(const std::string& statement, std::span<const Value> parameters = {});
  [[nodiscard]] core::Result<std::vector<Row>> query(const std::string& statement,
                                                     std::span<const Value> parameters = {});
  // All that `body` does, or nothing of it when it fails.
  [[nodiscard]] core::Result<void> transaction(const std::function<core::Result<void>()>& body);

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sql
