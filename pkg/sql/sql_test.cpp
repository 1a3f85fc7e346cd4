#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "pkg/sql/migrations.h"

namespace {

class Sql : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "sql_test_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] sql::Database open() {
    auto database = sql::Database::open_sqlite(folder_ + "/x.sqlite");
    if (!database) throw std::runtime_error(database.error().text());
    return std::move(*database);
  }
  std::string folder_;
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

}  // namespace
