// A SQLite file that follows a log: its rows are made of the log's records, and a cursor, changed in the same
// transaction as the rows, says how far. Whatever happens to it, it is whole at its cursor, or it is made anew.
//
// The file is checked when it is opened. Commits do not wait for the disk: a power cut may take the latest of them
// back, cursor and rows together, and the log brings them again. One thread.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>

#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "pkg/sql/database.h"
#include "pkg/sql/migrations.h"

namespace sql {

// Everything up to the record `sequence` is in the rows, and nothing behind it.
struct Cursor {
  core::Sequence sequence;
  core::Time time;    // of that record
  std::string chain;  // names the log: a digest of it up to about there; empty at the log's beginning
  // Rows made from records alone. Otherwise they begin with what was known of the past at this record.
  core::Sequence complete_from;
  core::Time pruned;  // what is older may have been removed, by retention

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

class Projection {
 public:
  // Opens or creates the file, for the owner only, checks it, and brings it to the last of `migrations`, the first of
  // which must begin with kCursorTable. Errors: corrupt or unsupported (make it anew), others (try again).
  // `stop`: see OpenOptions; checking a large file takes its time.
  [[nodiscard]] static core::Result<Projection> open(const std::string& path, std::span<const Migration> migrations,
                                                     const std::atomic<bool>* stop = nullptr);

  [[nodiscard]] Database& database() { return database_; }
  [[nodiscard]] const Cursor& cursor() const { return cursor_; }

  // What `body` writes and the cursor, together or not at all. May be tried again after an error: if the earlier try
  // was committed after all, nothing happens. Errors: corrupt when the file is not where this projection left it.
  [[nodiscard]] core::Result<void> advance(const Cursor& to, const std::function<core::Result<void>()>& body);

  // For tests: called inside each transaction, behind its rows; an error undoes them.
  std::function<core::Result<void>()> before_commit;

 private:
  Projection(Database database, Cursor cursor) : database_(std::move(database)), cursor_(std::move(cursor)) {}
  Database database_;
  Cursor cursor_;
};

// The beginning of a projection's first migration.
extern const char* const kCursorTable;

// Where the projection in this file is.
[[nodiscard]] core::Result<Cursor> read_cursor(Database& database);

// The least key in [low, high] whose row has `wanted` or more, where keys and values ascend together; high when there
// is none. `statement` selects (key, value) of the first row with a key of at least :p1; its other parameters follow.
[[nodiscard]] core::Result<std::int64_t> first_key_with(Database& database, const std::string& statement,
                                                        std::span<const Value> more, std::int64_t low,
                                                        std::int64_t high, std::int64_t wanted);

}  // namespace sql
