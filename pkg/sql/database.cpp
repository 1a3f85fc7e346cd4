#include "pkg/sql/database.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "pkg/core/check.h"

namespace sql {

struct Database::State {
  soci::session session;
  std::string path;
};

namespace {

core::ErrorKind kind_of(const std::exception& exception) {
  const auto* failure = dynamic_cast<const soci::sqlite3_soci_error*>(&exception);
  if (failure == nullptr) return core::ErrorKind::io;
  switch (failure->result() & 0xff) {  // the SQLITE_… codes; the extended codes have theirs in the lowest byte
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return core::ErrorKind::corrupt;
    case SQLITE_FULL:
      return core::ErrorKind::no_space;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return core::ErrorKind::busy;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return core::ErrorKind::denied;
    default:
      return core::ErrorKind::io;
  }
}

// SQLite asks now and then, in the middle of a statement, whether to go on.
void stop_when(soci::session& session, const std::atomic<bool>& stop) {
  constexpr int kInstructionsBetween = 100'000;  // about a millisecond
  const auto asked = [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; };
  auto* const backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  sqlite_api::sqlite3_progress_handler(backend->conn_, kInstructionsBetween, asked,
                                       const_cast<std::atomic<bool>*>(&stop));
}

core::Error error_of(const std::exception& exception, const std::string& path, const std::string& statement) {
  std::string what = exception.what();
  return core::Error{kind_of(exception), what + " in \"" + statement.substr(0, 120) + "\"", path, {}};
}

// SOCI keeps references to what is bound, so values and indicators live beside the statement until it has run.
struct Bound {
  explicit Bound(std::span<const Value> parameters)
      : values(parameters.begin(), parameters.end()), indicators(parameters.size(), soci::i_ok) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::holds_alternative<std::monostate>(values[i])) {
        values[i] = std::string();
        indicators[i] = soci::i_null;
      }
    }
    numbers.resize(values.size());
  }
  void bind(soci::statement& statement) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
        numbers[i] = *number;
        statement.exchange(soci::use(numbers[i], indicators[i], "p" + std::to_string(i + 1)));
      } else {
        statement.exchange(soci::use(std::get<std::string>(values[i]), indicators[i], "p" + std::to_string(i + 1)));
      }
    }
  }
  std::vector<Value> values;
  std::vector<long long> numbers;
  std::vector<soci::indicator> indicators;
};

Value value_of(const soci::row& row, std::size_t column) {
  if (row.get_indicator(column) == soci::i_null) return {};
  switch (row.get_properties(column).get_data_type()) {
    case soci::dt_integer:
      return static_cast<std::int64_t>(row.get<int>(column));
    case soci::dt_long_long:
      return static_cast<std::int64_t>(row.get<long long>(column));
    case soci::dt_unsigned_long_long:
      return static_cast<std::int64_t>(row.get<unsigned long long>(column));
    default:
      return row.get<std::string>(column);
  }
}

}  // namespace

std::int64_t integer(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* string = std::get_if<std::string>(&value);
  const auto count = string == nullptr ? std::nullopt : parse_decimal(*string);
  const bool fits = count && *count >= INT64_MIN && *count <= INT64_MAX;
  return fits ? static_cast<std::int64_t>(*count) : 0;
}

std::string text(const Value& value) {
  const auto* string = std::get_if<std::string>(&value);
  return string ? *string : std::string();
}

std::string decimal(core::int128 count) {
  std::string out;
  core::uint128 left = count < 0 ? -static_cast<core::uint128>(count) : static_cast<core::uint128>(count);
  do {
    out += static_cast<char>('0' + static_cast<int>(left % 10));
    left /= 10;
  } while (left > 0);
  if (count < 0) out += '-';
  std::ranges::reverse(out);
  return out;
}

std::optional<core::int128> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  core::int128 count = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const core::int128 digit = negative ? '0' - c : c - '0';
    if (__builtin_mul_overflow(count, static_cast<core::int128>(10), &count)) return std::nullopt;
    if (__builtin_add_overflow(count, digit, &count)) return std::nullopt;
  }
  return count;
}

Batch::Batch(std::initializer_list<ColumnType> columns) {
  for (const ColumnType type : columns) {
    if (type == ColumnType::bigint) {
      columns_.emplace_back(std::vector<long long>());
    } else {
      columns_.emplace_back(std::vector<std::string>());
    }
  }
}

void Batch::clear() {
  for (Column& column : columns_) std::visit([](auto& values) { values.clear(); }, column);
  size_ = 0;
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

core::Result<Database> Database::open_sqlite(const std::string& path, OpenOptions options) {
  const bool read_only = options.access == Access::read_only;
  try {
    auto state = std::make_unique<State>();
    state->path = path;
    // SOCI could set `synchronous` too, but would lose the connection when the file turns out to be no database.
    state->session.open(soci::sqlite3, "dbname=\"" + path + "\" timeout=5" + (read_only ? " readonly=true" : ""));
    state->session << (options.durability == Durability::power_cut ? "pragma synchronous = full"
                                                                   : "pragma synchronous = normal");
    if (options.stop != nullptr) stop_when(state->session, *options.stop);
    if (!read_only) {
      std::string mode;
      state->session << "pragma journal_mode = wal", soci::into(mode);
      state->session << "pragma foreign_keys = on";
    }
    return Database(std::move(state));
  } catch (const std::exception& exception) {
    return core::fail(kind_of(exception), exception.what(), path,
                      "the folder must exist and be writable, the file a SQLite database");
  }
}

core::Result<void> Database::execute(const std::string& statement, std::span<const Value> parameters) {
  try {
    Bound bound(parameters);
    soci::statement prepared(state_->session);
    bound.bind(prepared);
    prepared.alloc();
    prepared.prepare(statement);
    prepared.define_and_bind();
    prepared.execute(true);
    return {};
  } catch (const std::exception& exception) {
    return std::unexpected(error_of(exception, state_->path, statement));
  }
}

core::Result<std::vector<Row>> Database::query(const std::string& statement, std::span<const Value> parameters) {
  try {
    Bound bound(parameters);
    soci::row row;
    soci::statement prepared(state_->session);
    bound.bind(prepared);
    prepared.exchange(soci::into(row));
    prepared.alloc();
    prepared.prepare(statement);
    prepared.define_and_bind();
    prepared.execute(false);
    std::vector<Row> rows;
    while (prepared.fetch()) {
      Row& values = rows.emplace_back();
      for (std::size_t column = 0; column < row.size(); ++column) values.push_back(value_of(row, column));
    }
    return rows;
  } catch (const std::exception& exception) {
    return std::unexpected(error_of(exception, state_->path, statement));
  }
}

core::Result<void> Database::execute_many(const std::string& statement, Batch& batch) {
  if (batch.empty()) return {};
  try {
    soci::statement prepared(state_->session);
    for (std::size_t i = 0; i < batch.columns_.size(); ++i) {
      std::visit([&](auto& values) { prepared.exchange(soci::use(values, "p" + std::to_string(i + 1))); },
                 batch.columns_[i]);
    }
    prepared.alloc();
    prepared.prepare(statement);
    prepared.define_and_bind();
    prepared.execute(true);
    return {};
  } catch (const std::exception& exception) {
    return std::unexpected(error_of(exception, state_->path, statement));
  }
}

core::Result<void> Database::transaction(const std::function<core::Result<void>()>& body) {
  if (auto begun = execute("begin immediate"); !begun) return begun;
  auto done = body();
  if (done) done = execute("commit");
  if (!done) {
    const auto undone =
        execute("rollback");  // fails when the commit already ended it; nothing of it was kept either way
    static_cast<void>(undone);
  }
  return done;
}

core::Result<void> Database::reading(const std::function<core::Result<void>()>& body) {
  if (auto begun = execute("begin deferred"); !begun) return begun;
  auto done = body();
  const auto ended = execute("commit");  // of a transaction that wrote nothing
  return done && !ended ? ended : done;
}

}  // namespace sql
