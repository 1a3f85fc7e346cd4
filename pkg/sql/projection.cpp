#include "pkg/sql/projection.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace sql {
namespace {

core::Result<void> make_file(const std::string& path) {
  // For the owner only: SQLite gives its side files the mode of the file itself. A file that is there is not opened:
  // closing it again would drop the locks that this process' readers hold on it (fcntl(2)).
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return {};
  if (descriptor < 0)
    return core::fail(errno == ENOSPC ? core::ErrorKind::no_space : core::ErrorKind::denied, std::strerror(errno), path,
                      "the data folder must be writable");
  ::close(descriptor);
  return {};
}

core::Result<void> check(Database& database) {
  const auto found = database.query("pragma quick_check(1)");
  if (!found) return std::unexpected(found.error());
  const std::string verdict = found->empty() ? "no answer" : text(found->front().front());
  if (verdict != "ok") return core::fail(core::ErrorKind::corrupt, "the file is damaged: " + verdict.substr(0, 200));
  return {};
}

core::Error at(const std::string& path, core::Error error) {
  if (error.where.empty()) error.where = path;
  return error;
}

}  // namespace

const char* const kCursorTable =
    "create table cursor (id bigint primary key, sequence bigint not null, time_ns bigint not null, "
    "chain text not null, complete_from bigint not null, pruned_ns bigint not null);\n"
    "insert into cursor (id, sequence, time_ns, chain, complete_from, pruned_ns) values (1, 0, 0, '', 0, 0);\n";

core::Result<Cursor> read_cursor(Database& database) {
  const auto rows =
      database.query("select sequence, time_ns, chain, complete_from, pruned_ns from cursor where id = 1");
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() != 1) return core::fail(core::ErrorKind::corrupt, "the store has no cursor");
  const Row& row = rows->front();
  return Cursor{.sequence = core::Sequence{static_cast<std::uint64_t>(integer(row[0]))},
                .time = core::Time{integer(row[1])},
                .chain = text(row[2]),
                .complete_from = core::Sequence{static_cast<std::uint64_t>(integer(row[3]))},
                .pruned = core::Time{integer(row[4])}};
}

core::Result<Projection> Projection::open(const std::string& path, std::span<const Migration> migrations,
                                          const std::atomic<bool>* stop) {
  if (auto made = make_file(path); !made) return std::unexpected(made.error());
  auto database = Database::open_sqlite(path, {.durability = Durability::process, .stop = stop});
  if (!database) return std::unexpected(database.error());
  if (auto checked = check(*database); !checked) return std::unexpected(at(path, checked.error()));
  if (auto set = database->query("pragma cache_size = -16384"); !set) return std::unexpected(set.error());  // KiB
  // Fewer and larger checkpoints than usual: they are what waits for the disk, and the journal uses it too.
  if (auto set = database->query("pragma wal_autocheckpoint = 4000"); !set) return std::unexpected(set.error());
  if (auto migrated = migrate(*database, migrations); !migrated) return std::unexpected(at(path, migrated.error()));
  auto cursor = read_cursor(*database);
  if (!cursor) return std::unexpected(at(path, cursor.error()));
  return Projection(std::move(*database), std::move(*cursor));
}

core::Result<void> Projection::advance(const Cursor& to, const std::function<core::Result<void>()>& body) {
  auto done = database_.transaction([&]() -> core::Result<void> {
    const auto there = read_cursor(database_);
    if (!there) return std::unexpected(there.error());
    if (*there == to && *there != cursor_) return {};  // an earlier try was committed after all
    if (*there != cursor_)
      return core::fail(core::ErrorKind::corrupt, "somebody else has written to the store", {},
                        "one exchange at a time may run on a data folder");
    if (auto written = body(); !written) return written;
    const Value row[] = {static_cast<std::int64_t>(to.sequence.value()), to.time.ns, to.chain,
                         static_cast<std::int64_t>(to.complete_from.value()), to.pruned.ns};
    if (auto moved = database_.execute("update cursor set sequence = :p1, time_ns = :p2, chain = :p3, "
                                       "complete_from = :p4, pruned_ns = :p5 where id = 1",
                                       row);
        !moved) {
      return moved;
    }
    return before_commit ? before_commit() : core::Result<void>{};
  });
  if (done) cursor_ = to;
  return done;
}

core::Result<std::int64_t> first_key_with(Database& database, const std::string& statement, std::span<const Value> more,
                                          std::int64_t low, std::int64_t high, std::int64_t wanted) {
  std::vector<Value> parameters(1 + more.size());
  std::copy(more.begin(), more.end(), parameters.begin() + 1);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    parameters[0] = middle;
    const auto rows = database.query(statement, parameters);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty() || integer(rows->front()[1]) >= wanted) {
      high = middle;
    } else {
      low = integer(rows->front()[0]) + 1;
    }
  }
  return low;
}

}  // namespace sql
