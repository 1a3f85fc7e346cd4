#include "cmd/exchange/store_check.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "cmd/exchange/projector.h"
#include "cmd/exchange/temporary_folder.h"

namespace exchange {
namespace {

using core::Result;

constexpr std::size_t kPageRows = 20'000;

// A table's key is its first columns; `made` and `kept` are conditions on rows that were made of the journal's records
// alone (since :from) and that retention has not touched (since :kept).
struct Table {
  const char* name;
  std::vector<const char*> columns;
  std::size_t key_columns;
  const char* made;
  const char* kept;
};

std::vector<Table> tables_of(const std::string& store, bool from_the_beginning) {
  if (store == kHistoryStore) {
    return {{"orders",
             {"id",
              "account_id",
              "market_id",
              "side",
              "type",
              "time_in_force",
              "self_trade",
              "status",
              "price",
              "quantity",
              "executed",
              "prevented",
              "quote_quantity",
              "executed_quote",
              "created_ns",
              "updated_ns",
              "client_order_id",
              "working_ns",
              "condition",
              "trailing_bp",
              "condition_price"},
             1,
             "created_ns > :p1",
             "(updated_ns >= :p2 or status < 3)"},
            {"fills",
             {"account_id", "market_id", "trade_id", "is_maker", "order_id", "price", "quantity", "quote", "fee",
              "fee_asset_id", "time_ns", "is_buyer"},
             4,
             "time_ns > :p1",
             "time_ns >= :p2"}};
  }
  std::vector<Table> tables{{"trades",
                             {"market_id", "id", "price", "quantity", "time_ns", "buyer_is_maker"},
                             2,
                             "time_ns > :p1",
                             "time_ns >= :p2"},
                            {"candles",
                             {"market_id", "layer", "open_time_ns", "open", "high", "low", "close", "lots", "tick_lots",
                              "taker_buy_lots", "taker_buy_tick_lots", "trade_count", "first_trade", "last_trade"},
                             3,
                             "open_time_ns > :p1",
                             "(layer > 1 or open_time_ns >= :p2)"}};
  // A snapshot's views do not tell whose order made the last trade, which the next aggregate's number may depend on.
  if (from_the_beginning) {
    tables[0].columns.push_back("aggregate");
    tables.push_back(
        {"aggregations", {"market_id", "latest", "taker_order", "price", "time_ns"}, 1, "1 > :p1", "1 > :p2"});
  }
  return tables;
}

std::string text_of(const sql::Value& value) {
  return std::holds_alternative<std::int64_t>(value) ? std::to_string(std::get<std::int64_t>(value)) : sql::text(value);
}

// One table's rows in the order of its key, a page at a time.
class Rows {
 public:
  Rows(sql::Database& database, const Table& table, std::int64_t made_after, std::int64_t kept_since)
      : database_(database), table_(table), bounds_{made_after, kept_since} {
    for (const char* const column : table.columns) columns_ += (columns_.empty() ? "" : ", ") + std::string(column);
    for (std::size_t i = 0; i < table.key_columns; ++i) {
      key_ += (i == 0 ? "" : ", ") + std::string(table.columns[i]);
      last_ += (i == 0 ? ":p" : ", :p") + std::to_string(i + 3);
    }
  }
  // Null behind the last one. Valid until the next call.
  Result<const sql::Row*> next() {
    if (at_ == page_.size() && !is_last_page_) {
      if (auto read = read_page(); !read) return std::unexpected(read.error());
    }
    return at_ == page_.size() ? nullptr : &page_[at_++];
  }

 private:
  Result<void> read_page() {
    std::string statement =
        "select " + columns_ + " from " + table_.name + " where " + table_.made + " and " + table_.kept;
    std::vector<sql::Value> parameters = bounds_;
    if (!page_.empty()) {
      statement += " and (" + key_ + ") > (" + last_ + ")";
      const sql::Row& last = page_.back();
      parameters.insert(parameters.end(), last.begin(), last.begin() + static_cast<std::ptrdiff_t>(table_.key_columns));
    }
    auto rows = database_.query(statement + " order by " + key_ + " limit " + std::to_string(kPageRows), parameters);
    if (!rows) return std::unexpected(rows.error());
    is_last_page_ = rows->size() < kPageRows;
    page_ = std::move(*rows);
    at_ = 0;
    return {};
  }

  sql::Database& database_;
  const Table& table_;
  const std::vector<sql::Value> bounds_;
  std::string columns_, key_, last_;
  std::vector<sql::Row> page_;
  std::size_t at_ = 0;
  bool is_last_page_ = false;
};

std::string describe(const Table& table, const sql::Row& row) {
  std::string out = table.name;
  for (std::size_t i = 0; i < table.key_columns; ++i)
    out += std::string(i == 0 ? " " : ", ") + table.columns[i] + " " + text_of(row[i]);
  return out;
}

// One of the data folder's stores, as it was when the check began.
struct Checked {
  std::string name, path;
  std::optional<sql::Database> database;
  sql::Cursor cursor;
};

Result<void> compare(Checked& one, sql::Database& fresh, core::Time begins, std::uint64_t& rows_compared) {
  const auto wrong = [&one](const std::string& what) {
    return core::fail(core::ErrorKind::corrupt, what, one.path,
                      "remove the file: the next start makes it anew from the journal");
  };
  const auto fresh_cursor = sql::read_cursor(fresh);
  if (!fresh_cursor) return std::unexpected(fresh_cursor.error());
  if (fresh_cursor->chain != one.cursor.chain) return wrong("it was made from another journal");
  const bool from_the_beginning = fresh_cursor->complete_from.is_none() && one.cursor.complete_from.is_none();
  const std::int64_t made_after = from_the_beginning ? -1 : begins.ns;
  const std::int64_t kept_since = std::max(one.cursor.pruned, fresh_cursor->pruned).ns;
  for (const Table& table : tables_of(one.name, from_the_beginning)) {
    Rows stored(*one.database, table, made_after, kept_since), expected(fresh, table, made_after, kept_since);
    while (true) {
      const auto got = stored.next(), wanted = expected.next();
      if (!got) return std::unexpected(got.error());
      if (!wanted) return std::unexpected(wanted.error());
      if (*got == nullptr && *wanted == nullptr) break;
      if (*wanted == nullptr) return wrong(describe(table, **got) + " is too much");
      if (*got == nullptr) return wrong(describe(table, **wanted) + " is missing");
      const auto differs = std::ranges::mismatch(**got, **wanted);
      if (differs.in1 != (*got)->end()) {
        const auto column = static_cast<std::size_t>(differs.in1 - (*got)->begin());
        if (column < table.key_columns)
          return wrong(describe(table, std::min(**got, **wanted)) + " is missing or too much");
        return wrong(describe(table, **got) + " has " + table.columns[column] + " " + text_of(*differs.in1) +
                     ", the journal says " + text_of(*differs.in2));
      }
      ++rows_compared;
    }
  }
  return {};
}

class Check {
 public:
  Check(const StoredLog& log, std::string data, const Progress& progress)
      : log_(log), data_(std::move(data)), progress_(progress) {}

  Result<StoreCheck> run() {
    for (const char* const name : {kHistoryStore, kMarketDataStore}) {
      const std::string path = store_path(data_, name);
      std::error_code ignored;
      if (!std::filesystem::exists(path, ignored)) {
        result_.missing.push_back(path);
        continue;
      }
      auto opened = sql::Database::open_sqlite(path, {.access = sql::Access::read_only});
      if (!opened) return std::unexpected(opened.error());
      // Killed before its first transaction: as good as not there.
      const auto begun = opened->query("select name from sqlite_master where name = 'cursor'");
      if (!begun) return std::unexpected(begun.error());
      if (begun->empty())
        result_.missing.push_back(path);
      else
        stores_.push_back({name, path, std::move(*opened), {}});
    }
    if (auto done = with_stores_held(0); !done) return std::unexpected(done.error());
    return result_;
  }

 private:
  // Each store is read as of one moment, whatever is written while the other one is made.
  Result<void> with_stores_held(std::size_t from) {
    if (from == stores_.size()) return compare_all();
    Checked& one = stores_[from];
    return one.database->reading([&]() -> Result<void> {
      auto cursor = sql::read_cursor(*one.database);
      if (!cursor) return std::unexpected(cursor.error());
      one.cursor = std::move(*cursor);
      // What a store has of a running exchange was durable, though it may be more than was known when we began.
      if (one.cursor.sequence > log_.last() && !log_.is_running()) {
        return core::fail(core::ErrorKind::corrupt,
                          "it reaches to record " + std::to_string(one.cursor.sequence.value()) + ", the journal to " +
                              std::to_string(log_.last().value()),
                          one.path,
                          "stores hold what was durable: the journal has lost its end. Restore it from a backup, or "
                          "remove the file to go on with what there is");
      }
      return with_stores_held(from + 1);
    });
  }

  Result<void> compare_all() {
    std::ranges::sort(stores_, {}, [](const Checked& one) { return one.cursor.sequence; });
    auto folder = TemporaryFolder::make(std::filesystem::temp_directory_path());
    if (!folder) return std::unexpected(folder.error());
    StoreGates gates;
    Projector projector(log_.disk(), {.data = folder->path(), .log_is_new = true}, gates, [](const std::string&) {});
    std::optional<core::Time> begins;
    for (Checked& one : stores_) {
      if (one.cursor.sequence.is_none()) continue;  // nothing is in it yet
      if (auto made = make(projector, one, begins); !made) return made;
      const auto same = compare(one, projector, store_path(folder->path(), one.name), begins);
      if (!same) return same;
    }
    return {};
  }

  Result<void> compare(Checked& one, const Projector& projector, const std::string& made_anew,
                       std::optional<core::Time> begins) {
    // The journal begins behind what the store has, or reaches further back than it: nothing tells what must be there.
    if (projector.position() > one.cursor.sequence) return {};
    if (!one.cursor.complete_from.is_none() && projector.figures().front().complete_from < one.cursor.complete_from)
      return {};
    auto fresh = sql::Database::open_sqlite(made_anew, {.access = sql::Access::read_only});
    if (!fresh) return std::unexpected(fresh.error());
    if (auto alike = same_schema(one, *fresh); !alike) return alike;
    auto same = exchange::compare(one, *fresh, begins.value_or(core::Time{}), result_.rows_compared);
    if (same) ++result_.stores_checked;
    return same;
  }

  static Result<void> same_schema(Checked& one, sql::Database& fresh) {
    constexpr const char* kLatest = "select max(number) from schema_migrations";
    const auto has = one.database->query(kLatest), needed = fresh.query(kLatest);
    if (!has) return std::unexpected(has.error());
    if (!needed) return std::unexpected(needed.error());
    const std::int64_t had = sql::integer(has->at(0)[0]), known = sql::integer(needed->at(0)[0]);
    if (had == known) return {};
    return core::fail(had < known ? core::ErrorKind::outdated : core::ErrorKind::unsupported,
                      "its tables are those of migration " + std::to_string(had) + ", this build's of migration " +
                          std::to_string(known),
                      one.path,
                      had < known ? "start the exchange once, it brings them up to date"
                                  : "use the version of the exchange that wrote it, or a later one");
  }

  // Up to where the store is. `begins`: the time of the record it begins with.
  Result<void> make(Projector& projector, const Checked& like, std::optional<core::Time>& begins) {
    bool more = true;
    while (more || projector.position() < like.cursor.sequence) {
      auto stepped = projector.step(like.cursor.sequence);
      if (!stepped) return std::unexpected(stepped.error());
      more = *stepped;
      if (!begins && !projector.position().is_none()) begins = projector.time();
      if (progress_) progress_(projector.position().value(), like.cursor.sequence.value());
    }
    return {};
  }

  const StoredLog& log_;
  const std::string data_;
  const Progress& progress_;
  std::vector<Checked> stores_;
  StoreCheck result_;
};

}  // namespace

core::Result<StoreCheck> check_stores(const StoredLog& log, const std::string& data, const Progress& progress) {
  return Check(log, data, progress).run();
}

}  // namespace exchange
