// A relational store behind SOCI: statements with bound values in, rows out. SOCI's exceptions end here.
//
// SQLite today; PostgreSQL speaks the same interface when it comes. Single thread. Columns are declared `bigint` or
// `text`, the two types both dialects agree on; bytes are stored as hexadecimal text.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/core/check.h"
#include "pkg/core/error.h"
#include "pkg/core/numbers.h"

namespace sql {

using Value = std::variant<std::monostate, std::int64_t, std::string>;  // monostate: NULL
using Row = std::vector<Value>;

// A column's value, or zero / empty when it is NULL or of the other type. Expressions such as count(*) have no type of
// their own and come as text: a whole number in it counts as one.
[[nodiscard]] std::int64_t integer(const Value& value);
[[nodiscard]] std::string text(const Value& value);

// 128-bit counts, as decimal text.
[[nodiscard]] std::string decimal(core::int128 count);
// Nothing when it is no whole number, or one that does not fit.
[[nodiscard]] std::optional<core::int128> parse_decimal(std::string_view text);

// Many rows for one statement, kept by column: the statement is prepared once and run for all of them.
enum class ColumnType : std::uint8_t { bigint, text };
class Batch {
 public:
  Batch(std::initializer_list<ColumnType> columns);

  // One row: a whole number or a text for each column, of its type.
  template <class... Values>
  void add(const Values&... values) {
    CHECK(sizeof...(Values) == columns_.size());
    std::size_t column = 0;
    (put(column++, values), ...);
    ++size_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void clear();

 private:
  friend class Database;
  using Column = std::variant<std::vector<long long>, std::vector<std::string>>;
  template <class Value>
  void put(std::size_t column, const Value& value) {
    if constexpr (std::integral<Value>) {
      std::get<std::vector<long long>>(columns_[column]).push_back(static_cast<long long>(value));
    } else {
      std::get<std::vector<std::string>>(columns_[column]).emplace_back(value);
    }
  }
  std::vector<Column> columns_;
  std::size_t size_ = 0;
};

// What a committed transaction outlives. A store that is rebuilt from a log may lose its last transactions to a power
// cut: it stays whole, and takes them from the log again. It then never waits for the disk but at checkpoints.
enum class Durability : std::uint8_t { power_cut, process };
enum class Access : std::uint8_t { read_write, read_only };  // read_only: of a file that is there
struct OpenOptions {
  Durability durability = Durability::power_cut;
  Access access = Access::read_write;
  // Makes statements that take long fail soon after it has become true. REQUIRES it to outlive the database.
  const std::atomic<bool>* stop = nullptr;
};

// Errors of statements: corrupt (the file is no database, is damaged, or contradicts itself), no_space, busy, denied,
// io.
class Database {
 public:
  // Opens or creates the file, with a write-ahead log: readers and the one writer do not wait for each other.
  [[nodiscard]] static core::Result<Database> open_sqlite(const std::string& path, OpenOptions options = {});
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  // Parameters are written :p1, :p2, … in the statement.
  [[nodiscard]] core::Result<void> execute(const std::string& statement, std::span<const Value> parameters = {});
  [[nodiscard]] core::Result<std::vector<Row>> query(const std::string& statement,
                                                     std::span<const Value> parameters = {});
  // The statement once for each row of the batch, inside a transaction of the caller's; :p1, :p2, … are its columns.
  // Nothing to do for an empty one.
  [[nodiscard]] core::Result<void> execute_many(const std::string& statement, Batch& batch);
  // All that `body` does, or nothing of it when it fails.
  [[nodiscard]] core::Result<void> transaction(const std::function<core::Result<void>()>& body);
  // What `body` reads is of one moment, whatever is written meanwhile.
  [[nodiscard]] core::Result<void> reading(const std::function<core::Result<void>()>& body);

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sql
