#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "pkg/sql/migrations.h"
#include "pkg/sql/projection.h"
#include "pkg/sql/testing.h"

namespace {

class Sql : public ::testing::Test {
 protected:
  [[nodiscard]] sql::Database open() {
    auto database = sql::Database::open_sqlite(folder_ + "/x.sqlite");
    if (!database) throw std::runtime_error(database.error().text());
    return std::move(*database);
  }
  sql::testing::TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
};

TEST_F(Sql, ValuesComeBackAsTheyWereBound) {
  auto database = open();
  ASSERT_TRUE(database.execute("create table t (a bigint, b text)"));
  const sql::Value rows[][2] = {{std::int64_t{9'007'199'254'740'993}, "quote ' and \" and ü"},
                                {std::int64_t{-1}, ""},
                                {std::monostate{}, std::monostate{}}};
  for (const auto& row : rows) {
    const auto done = database.execute("insert into t values (:p1, :p2)", row);
    ASSERT_TRUE(done) << done.error().text();
  }
  const auto got = database.query("select a, b from t order by rowid");
  ASSERT_TRUE(got) << got.error().text();
  ASSERT_EQ(got->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*got)[i][0], rows[i][0]) << i;
    EXPECT_EQ((*got)[i][1], rows[i][1]) << i;
  }
}

TEST_F(Sql, AFailedTransactionLeavesNothing) {
  auto database = open();
  ASSERT_TRUE(database.execute("create table t (a bigint primary key)"));
  const auto done = database.transaction([&]() -> core::Result<void> {
    if (auto first = database.execute("insert into t values (1)"); !first) return first;
    return database.execute("insert into t values (1)");
  });
  EXPECT_FALSE(done);
  EXPECT_TRUE(database.query("select a from t")->empty());
  EXPECT_TRUE(database.transaction([&] { return database.execute("insert into t values (2)"); }));
  EXPECT_EQ(database.query("select a from t")->size(), 1u);
}

TEST_F(Sql, ErrorsNameFileAndStatement) {
  auto database = open();
  const auto done = database.execute("select from nowhere");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text().find("select from nowhere"), std::string::npos);
  EXPECT_NE(done.error().text().find("x.sqlite"), std::string::npos);
  EXPECT_FALSE(sql::Database::open_sqlite(folder_ + "/no/such/folder/x.sqlite"));
}

const sql::Migration kFirst{1, "first", "create table a (x bigint);\ncreate table b (y text);\n",
                            "drop table b;\ndrop table a;\n"};
const sql::Migration kSecond{2, "second", "alter table a add column z bigint;", "alter table a drop column z;"};

TEST_F(Sql, MigrationsApplyOnceAndInOrder) {
  auto database = open();
  const sql::Migration one[] = {kFirst};
  const sql::Migration both[] = {kFirst, kSecond};
  EXPECT_EQ(sql::migrate(database, one).value(), 1);
  EXPECT_EQ(sql::migrate(database, one).value(), 0);
  EXPECT_EQ(sql::migrate(database, both).value(), 1);
  EXPECT_TRUE(database.execute("insert into a (x, z) values (1, 2)"));
  EXPECT_EQ(sql::migrate_down(database, both, 0).value(), 2);
  EXPECT_FALSE(database.query("select x from a"));
  EXPECT_EQ(sql::migrate(database, both).value(), 2);
}

TEST_F(Sql, EditedAndUnknownMigrationsAreRefused) {
  auto database = open();
  const sql::Migration both[] = {kFirst, kSecond};
  ASSERT_TRUE(sql::migrate(database, both));
  const sql::Migration older[] = {kFirst};
  const auto unknown = sql::migrate(database, older);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, core::ErrorKind::unsupported);
  sql::Migration edited[] = {kFirst, kSecond};
  edited[0].up += " ";
  const auto refused = sql::migrate(database, edited);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, core::ErrorKind::corrupt);
}

TEST_F(Sql, AMigrationThatFailsHalfwayLeavesNothing) {
  auto database = open();
  const sql::Migration bad[] = {{1, "bad", "create table a (x bigint);\ncreate tabel b (y text);\n", ""}};
  EXPECT_FALSE(sql::migrate(database, bad));
  EXPECT_FALSE(database.query("select x from a"));
  const sql::Migration good[] = {kFirst};
  EXPECT_TRUE(sql::migrate(database, good));
}

TEST_F(Sql, ManyRowsInOneStatement) {
  auto database = open();
  ASSERT_TRUE(database.execute("create table t (a bigint primary key, b text not null, c bigint not null)"));
  sql::Batch batch{sql::ColumnType::bigint, sql::ColumnType::text, sql::ColumnType::bigint};
  const std::string statement =
      "insert into t (a, b, c) values (:p1, :p2, :p3) on conflict (a) do update set b = excluded.b, c = excluded.c";
  ASSERT_TRUE(database.execute_many(statement, batch)) << "none is not too few";
  for (int i = 0; i < 1'000; ++i) batch.add(i, "text " + std::to_string(i), std::uint64_t{1} << 62);
  ASSERT_TRUE(database.transaction([&] { return database.execute_many(statement, batch); }));
  EXPECT_EQ(sql::integer(database.query("select count(*) from t")->front()[0]), 1'000);
  batch.clear();
  batch.add(7, std::string_view("quote '"), true);
  batch.add(1'000, std::string_view(), std::int64_t{-1});
  ASSERT_TRUE(database.execute_many(statement, batch));
  const auto rows = database.query("select a, b, c from t order by a");
  ASSERT_EQ(rows->size(), 1'001u);
  EXPECT_EQ((*rows)[999], (sql::Row{std::int64_t{999}, "text 999", std::int64_t{1} << 62}));
  EXPECT_EQ((*rows)[7], (sql::Row{std::int64_t{7}, "quote '", std::int64_t{1}}));
  EXPECT_EQ((*rows)[1'000], (sql::Row{std::int64_t{1'000}, "", std::int64_t{-1}}));
}

TEST_F(Sql, TheRowThatFailsTakesTheStatementWithIt) {
  auto database = open();
  ASSERT_TRUE(database.execute("create table t (a bigint primary key)"));
  sql::Batch batch{sql::ColumnType::bigint};
  for (const int a : {1, 2, 1}) batch.add(a);
  const auto done = database.transaction([&] { return database.execute_many("insert into t values (:p1)", batch); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, core::ErrorKind::corrupt);
  EXPECT_TRUE(database.query("select a from t")->empty());
}

TEST(SqlDecimal, WholeNumbersOf128Bits) {
  const core::int128 max = std::numeric_limits<core::int128>::max(), min = std::numeric_limits<core::int128>::min();
  for (const core::int128 one : {core::int128{0}, core::int128{1}, core::int128{-1}, core::int128{1} << 96, max, min})
    EXPECT_TRUE(sql::parse_decimal(sql::decimal(one)) == one) << sql::decimal(one);
  EXPECT_EQ(sql::decimal(min), "-170141183460469231731687303715884105728");
  for (const char* const text : {"", "-", "1.0", " 1", "1 ", "+1", "0x1", "170141183460469231731687303715884105728",
                                 "-170141183460469231731687303715884105729"}) {
    EXPECT_FALSE(sql::parse_decimal(text)) << text;
  }
}

TEST_F(Sql, ReadersSeeOneMomentAndCannotWrite) {
  auto writer = open();
  ASSERT_TRUE(writer.execute("create table t (a bigint)"));
  EXPECT_FALSE(sql::Database::open_sqlite(folder_ + "/none.sqlite", {.access = sql::Access::read_only}));
  auto reader = sql::Database::open_sqlite(folder_ + "/x.sqlite", {.access = sql::Access::read_only});
  ASSERT_TRUE(reader) << reader.error().text();
  EXPECT_FALSE(reader->execute("insert into t values (1)"));
  const auto read = reader->reading([&]() -> core::Result<void> {
    EXPECT_TRUE(reader->query("select a from t")->empty());
    EXPECT_TRUE(writer.execute("insert into t values (1)"));
    EXPECT_TRUE(reader->query("select a from t")->empty());
    return {};
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(reader->query("select a from t")->size(), 1u);
}

TEST_F(Sql, WhatIsNoDatabaseIsCorrupt) {
  std::ofstream(folder_ + "/x.sqlite") << std::string(8'192, 'x');
  const auto opened = sql::Database::open_sqlite(folder_ + "/x.sqlite");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, core::ErrorKind::corrupt);
}

TEST_F(Sql, FindsTheFirstKeyWithAValue) {
  auto database = open();
  ASSERT_TRUE(database.execute("create table t (part bigint, k bigint, v bigint)"));
  for (const auto& [k, v] : {std::pair{3, 10}, {4, 10}, {9, 20}, {40, 30}}) {
    const sql::Value row[] = {std::int64_t{k}, std::int64_t{v}};
    ASSERT_TRUE(database.execute("insert into t values (1, :p1, :p2)", row));
  }
  const sql::Value part[] = {std::int64_t{1}};
  const struct {
    std::int64_t wanted, key;
  } cases[] = {{0, 3}, {10, 3}, {11, 9}, {20, 9}, {21, 40}, {30, 40}, {31, 41}};
  for (const auto& [wanted, key] : cases) {
    const auto found = sql::first_key_with(
        database, "select k, v from t where k >= :p1 and part = :p2 order by k limit 1", part, 3, 41, wanted);
    ASSERT_TRUE(found) << found.error().text();
    // Any key up to the first row that has the value begins at that row.
    const sql::Value from[] = {*found};
    const auto first = database.query("select k from t where k >= :p1 order by k limit 1", from);
    EXPECT_EQ(first->empty() ? 41 : sql::integer(first->front()[0]), key) << wanted;
  }
}

const sql::Migration kProjected{1, "rows", std::string(sql::kCursorTable) + "create table t (a bigint);\n", ""};

TEST_F(Sql, AProjectionMovesItsCursorWithItsRows) {
  const std::string path = folder_ + "/p.sqlite";
  const sql::Migration migrations[] = {kProjected};
  const auto put = [](sql::Projection& into, std::int64_t a) {
    const sql::Value row[] = {a};
    return into.database().execute("insert into t values (:p1)", row);
  };
  const sql::Cursor first{.sequence = core::Sequence{5}, .time = core::Time{7}, .chain = "x"},
      second{core::Sequence{9}};
  {
    auto file = sql::Projection::open(path, migrations);
    ASSERT_TRUE(file) << file.error().text();
    EXPECT_TRUE(file->cursor().sequence.is_none());
    ASSERT_TRUE(file->advance(first, [&] { return put(*file, 1); }));
    file->before_commit = [] { return core::fail(core::ErrorKind::io, "cut"); };
    EXPECT_FALSE(file->advance(second, [&] { return put(*file, 2); }));
    EXPECT_EQ(file->cursor(), first);
  }
  auto file = sql::Projection::open(path, migrations);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->cursor(), first);
  EXPECT_EQ(file->database().query("select a from t")->size(), 1u);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // Two that think they own it: the later one notices.
  auto other = sql::Projection::open(path, migrations);
  ASSERT_TRUE(other->advance(second, [&] { return put(*other, 3); }));
  EXPECT_EQ(file->advance({core::Sequence{10}}, [&] { return put(*file, 4); }).error().kind, core::ErrorKind::corrupt);
}

TEST_F(Sql, ADamagedProjectionSaysSo) {
  const std::string path = folder_ + "/p.sqlite";
  const sql::Migration migrations[] = {kProjected};
  {
    auto file = sql::Projection::open(path, migrations);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->advance({core::Sequence{1}}, [&] {
      return file->database().execute(
          "insert into t with recursive n(x) as (select 1 union all select x + 1 from n where x < 5000) select x from "
          "n");
    }));
  }
  const auto size = std::filesystem::file_size(path);
  for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{1}, size / 4096 / 2, size / 4096 - 1}) {
    const std::string copy = folder_ + "/copy.sqlite";
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    std::fstream(copy, std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<std::streamoff>(page * 4096))
        << std::string(4096, '\x7f');
    const auto damaged = sql::Projection::open(copy, migrations);
    ASSERT_FALSE(damaged) << page;
    EXPECT_EQ(damaged.error().kind, core::ErrorKind::corrupt) << damaged.error().text();
  }
}

TEST_F(Sql, ALongStatementEndsWhenItIsToldTo) {
  std::atomic<bool> stop{false};
  auto database = sql::Database::open_sqlite(folder_ + "/x.sqlite", {.stop = &stop});
  ASSERT_TRUE(database);
  EXPECT_TRUE(database->query("select 1"));
  stop = true;
  const auto endless =
      database->query("with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n");
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().text().find("interrupted"), std::string::npos) << endless.error().text();
  stop = false;
  EXPECT_TRUE(database->query("select 1"));
}

// How fast rows go in; printed, since it is the machine's business as much as ours.
TEST_F(Sql, PrintsHowManyRowsASecond) {
  auto database = sql::Database::open_sqlite(folder_ + "/x.sqlite", {.durability = sql::Durability::process});
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("create table t (a bigint, b bigint, c bigint, d text, primary key (a, b))"));
  const auto begin = std::chrono::steady_clock::now();
  std::int64_t rows = 0;
  for (int write = 0; write < 2; ++write) {
    sql::Batch batch{sql::ColumnType::bigint, sql::ColumnType::bigint, sql::ColumnType::bigint, sql::ColumnType::text};
    for (int i = 0; i < 50'000; ++i, ++rows) batch.add(rows % 4, rows, 123'456'789, std::string_view("12345678901234"));
    ASSERT_TRUE(database->transaction(
        [&] { return database->execute_many("insert into t values (:p1, :p2, :p3, :p4)", batch); }));
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f rows/s\n", static_cast<double>(rows) / elapsed.count());
  EXPECT_EQ(sql::integer(database->query("select count(*) from t")->front()[0]), rows);
}

}  // namespace
