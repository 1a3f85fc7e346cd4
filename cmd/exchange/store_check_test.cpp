#include "cmd/exchange/store_check.h"

#include <gtest/gtest.h>

#include "cmd/exchange/projector_house.h"

namespace exchange {
namespace {

using StoreCheckTest = ProjectorTest;

TEST_F(StoreCheckTest, EveryChangedRowIsFound) {
  Log log(disk, 14);
  ASSERT_NO_FATAL_FAILURE(log.append(1'500));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), core::Sequence{log.last().value() - 200}));
  fs::copy_file(file(0), folder.path() + "/earlier");
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  const auto check = [&] {
    const auto stored = StoredLog::open(folder.path());
    EXPECT_TRUE(stored);
    return check_stores(*stored, folder.path(), {});
  };
  auto sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  EXPECT_EQ(sound->rows_compared, content_of(folder.path(), 0).rows() + content_of(folder.path(), 1).rows());
  const struct {
    std::size_t store;
    const char *change, *found;
  } cases[] = {
      {0, "update orders set status = 4 where id = (select min(id) from orders where status <> 4)", "status"},
      {0, "update orders set executed_quote = '1' where id = (select max(id) from orders)", "executed_quote"},
      {0, "update orders set client_order_id = 'x' where id = (select max(id) from orders)", "client_order_id"},
      {0, "delete from orders where id = (select max(id) from orders)", "is missing"},
      {0, "update fills set fee = fee || '0' where trade_id = 3", "fee"},
      {0, "delete from fills where trade_id = 3", "missing"},
      {0, "update cursor set chain = 'another'", "another journal"},
      {0, "update cursor set sequence = sequence + 1000", "reaches to record"},
      {1, "update trades set quantity = quantity + 1 where id = 1", "quantity"},
      {1, "update trades set aggregate = aggregate + 1 where id = 1", "aggregate"},
      {1, "insert into trades select 9, id, aggregate, price, quantity, time_ns, buyer_is_maker from trades limit 1",
       "too much"},
      {1, "update candles set tick_lots = '1' where layer = 4", "tick_lots"},
      {1, "delete from candles where layer = 3", "missing"},
      {1, "update aggregations set taker_order = taker_order + 1", "taker_order"},
  };
  for (const auto& [store, change, found] : cases) {
    const std::string good = folder.path() + "/good";
    fs::copy_file(file(store), good, fs::copy_options::overwrite_existing);
    {
      auto database = sql::Database::open_sqlite(file(store));
      const auto changed = database->execute(change);
      ASSERT_TRUE(changed) << changed.error().text();
    }
    const auto checked = check();
    ASSERT_FALSE(checked) << change;
    EXPECT_EQ(checked.error().kind, core::ErrorKind::corrupt);
    EXPECT_NE(checked.error().text().find(found), std::string::npos) << checked.error().text();
    EXPECT_NE(checked.error().text().find(kStores[store]), std::string::npos) << checked.error().text();
    fs::copy_file(good, file(store), fs::copy_options::overwrite_existing);
  }
  // Stores at different records, and one that is not there.
  fs::copy_file(folder.path() + "/earlier", file(0), fs::copy_options::overwrite_existing);
  sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  fs::remove(file(0));
  sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 1u);
  EXPECT_EQ(sound->missing.size(), 1u);
}

TEST_F(StoreCheckTest, WhatThePrunedJournalStillTellsIsCompared) {
  Log log(disk, 15);
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(log.append(3'000));
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  ASSERT_NO_FATAL_FAILURE(log.append(1'000));
  ASSERT_GT(log.prune(), 0u);
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  following.reset();
  const auto stored = StoredLog::open(folder.path());
  ASSERT_TRUE(stored);
  const auto all = content_of(folder.path(), 0).rows() + content_of(folder.path(), 1).rows();
  const auto sound = check_stores(*stored, folder.path(), {});
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  EXPECT_LT(sound->rows_compared, all);
  EXPECT_GT(sound->rows_compared, 500u);
  {
    auto database = sql::Database::open_sqlite(file(1));
    ASSERT_TRUE(database->execute("update trades set price = price + 1 where id = (select max(id) from trades)"));
  }
  EXPECT_FALSE(check_stores(*stored, folder.path(), {}));
}

TEST_F(StoreCheckTest, TablesOfAnotherMigrationAreNotCompared) {
  Log log(disk, 16);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  ASSERT_NO_FATAL_FAILURE(finish(*projector({.log_is_new = true}), log.last()));
  const auto stored = StoredLog::open(folder.path());
  ASSERT_TRUE(stored);
  const struct {
    const char* change;
    core::ErrorKind kind;
  } cases[] = {{"update schema_migrations set number = number + 1", core::ErrorKind::unsupported},
               {"update schema_migrations set number = number - 2", core::ErrorKind::outdated}};
  for (const auto& [change, kind] : cases) {
    ASSERT_TRUE(sql::Database::open_sqlite(file(1))->execute(change));
    const auto checked = check_stores(*stored, folder.path(), {});
    ASSERT_FALSE(checked) << change;
    EXPECT_EQ(checked.error().kind, kind) << checked.error().text();
  }
}

}  // namespace
}  // namespace exchange
