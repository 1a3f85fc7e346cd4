#include "pkg/sql/migrations.h"

#include <openssl/sha.h>

#include <array>

namespace sql {
namespace {

std::string checksum(const Migration& migration) {
  const std::string text = migration.name + '\n' + migration.up + '\n' + migration.down;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

core::Result<void> run_script(Database& database, const std::string& script) {
  std::size_t at = 0;
  while (at < script.size()) {
    std::size_t end = script.find(";\n", at);
    if (end == std::string::npos) end = script.size();
    std::string statement = script.substr(at, end - at);
    if (!statement.empty() && statement.back() == ';') statement.pop_back();
    if (statement.find_first_not_of(" \n\t") != std::string::npos) {
      if (auto done = database.execute(statement); !done) return done;
    }
    at = end + 2;
  }
  return {};
}

// Checks what is applied against what is known; returns the number of the last one applied.
core::Result<int> last_applied(Database& database, std::span<const Migration> migrations) {
  if (auto made = database.execute("create table if not exists schema_migrations (number bigint primary key, name text "
                                   "not null, checksum text not null)");
      !made) {
    return std::unexpected(made.error());
  }
  const auto rows = database.query("select number, name, checksum from schema_migrations order by number");
  if (!rows) return std::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::string label =
        "migration " + std::to_string(integer((*rows)[i][0])) + " \"" + text((*rows)[i][1]) + "\"";
    if (i >= migrations.size())
      return core::fail(core::ErrorKind::unsupported, "this build does not know " + label, {},
                        "run the newer build that made this store");
    if (migrations[i].number != integer((*rows)[i][0]) || checksum(migrations[i]) != text((*rows)[i][2])) {
      return core::fail(core::ErrorKind::corrupt, label + " was applied in another form than this build's", {},
                        "released migrations must not be edited: add a new one");
    }
  }
  return static_cast<int>(rows->size());
}

}  // namespace

core::Result<int> migrate(Database& database, std::span<const Migration> migrations) {
  const auto applied = last_applied(database, migrations);
  if (!applied) return applied;
  for (std::size_t i = static_cast<std::size_t>(*applied); i < migrations.size(); ++i) {
    const Migration& migration = migrations[i];
    auto done = database.transaction([&]() -> core::Result<void> {
      if (auto ran = run_script(database, migration.up); !ran) return ran;
      const Value row[] = {std::int64_t{migration.number}, migration.name, checksum(migration)};
      return database.execute("insert into schema_migrations (number, name, checksum) values (:p1, :p2, :p3)", row);
    });
    if (!done) return std::unexpected(done.error());
  }
  return static_cast<int>(migrations.size()) - *applied;
}

core::Result<int> migrate_down(Database& database, std::span<const Migration> migrations, int number) {
  const auto applied = last_applied(database, migrations);
  if (!applied) return applied;
  for (int i = *applied; i > number; --i) {
    auto done = database.transaction([&]() -> core::Result<void> {
      if (auto ran = run_script(database, migrations[static_cast<std::size_t>(i - 1)].down); !ran) return ran;
      const Value row[] = {std::int64_t{i}};
      return database.execute("delete from schema_migrations where number = :p1", row);
    });
    if (!done) return std::unexpected(done.error());
  }
  return *applied > number ? *applied - number : 0;
}

}  // namespace sql
