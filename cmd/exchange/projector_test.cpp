// The stores over real files: however the projector is stopped, and whatever befalls its files, in the end every table
// is, row by row, what one made at once from the same journal has, and what the read models hold.
#include "cmd/exchange/projector.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "cmd/exchange/projector_house.h"

namespace exchange {
namespace {

TEST_F(ProjectorTest, FollowsTheJournal) {
  Log log(disk, 1);
  auto following = projector({.log_is_new = true});
  for (int round = 0; round < 10; ++round) {
    ASSERT_NO_FATAL_FAILURE(log.append(300));
    ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  }
  EXPECT_EQ(said, "");
  for (const StoreFigures& one : following->figures()) {
    EXPECT_EQ(one.state, StoreState::following);
    EXPECT_EQ(one.cursor, log.last());
    EXPECT_GT(one.rows_written, 500u);
    EXPECT_EQ(one.rebuilds, 0u);
  }
  EXPECT_NE(gates.history.generation, 0u);
  following.reset();
  EXPECT_EQ(gates.history.generation, 0u);
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, ReadsNoFurtherThanIsDurable) {
  Log log(disk, 2);
  const core::Sequence early = log.last();
  ASSERT_NO_FATAL_FAILURE(log.append(200));
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, early));
  EXPECT_EQ(following->position(), early);
}

// One life after another, each cut short: in the middle of a transaction, by a full disk, by the loss or the damage of
// a file, by an older copy of it.
class ProjectorLives : public ProjectorTest {
 protected:
  // Ends anywhere. `copy` gets the store's file, now and then, as a process that is killed leaves it.
  void live(Log& log, core::Random& random, std::size_t store, const std::string& copy) {
    ProjectorOptions options;
    options.rows_per_write = 1 + random.below(80);
    options.records_per_write = 1 + random.below(40);
    const auto living = projector(options);
    const bool fails = random.chance(1, 3);
    living->set_before_commit([&]() -> core::Result<void> {
      if (!fails || !random.chance(1, 3)) return {};
      ++befell["a transaction was undone"];
      return core::fail(core::ErrorKind::no_space, "no room");
    });
    for (std::uint64_t steps = random.below(25); steps > 0; --steps) {
      if (random.chance(1, 3)) {
        ASSERT_NO_FATAL_FAILURE(log.append(random.below(60)));
      }
      if (random.chance(1, 15)) {
        ASSERT_NO_FATAL_FAILURE(log.snapshot());
      }
      const auto more = living->step(log.last());
      if (!more) {
        ASSERT_EQ(more.error().kind, core::ErrorKind::no_space) << more.error().text();
      }
    }
    if (!random.chance(1, 2)) return;
    for (const char* const side : {"", "-wal"}) {
      if (fs::exists(file(store) + side)) fs::copy_file(file(store) + side, copy + side);
    }
  }
  void befall(core::Random& random, std::size_t store, const std::string& copy) {
    const std::string path = file(store);
    if (random.chance(1, 6)) {
      ++befell["a file was removed"];
      fs::remove(path);
    } else if (random.chance(1, 5) && fs::exists(path)) {
      ++befell["a file was damaged"];
      const std::uint64_t pages = fs::file_size(path) / 4096;
      std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
              .seekp(static_cast<std::streamoff>(random.below(pages) * 4096))
          << std::string(4096, '\x7f');
    } else if (random.chance(1, 2) && fs::exists(copy)) {
      ++befell["a file was as a killed process leaves it"];
      for (const char* const side : {"", "-wal"}) {
        fs::remove(path + side);
        if (fs::exists(copy + side)) fs::copy_file(copy + side, path + side);
      }
    } else if (random.chance(1, 8) && fs::exists(path)) {
      ++befell["a file was cut short"];
      fs::resize_file(path, random.below(fs::file_size(path)));
    }
    for (const char* const side : {"", "-wal"}) fs::remove(copy + side);
  }

  std::map<std::string, int> befell;
};

TEST_F(ProjectorLives, EndRightWhateverBefallsThem) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove_all(entry.path());
    Log log(disk, seed);
    core::Random random(seed);
    const TemporaryFolder copies = temporary_folder();
    for (int life = 0; life < 25; ++life) {
      const std::size_t store = random.below(2);
      const std::string copy = copies.path() + "/" + kStores[store];
      ASSERT_NO_FATAL_FAILURE(live(log, random, store, copy));
      befall(random, store, copy);
    }
    ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
    ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views)) << seed;
    ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last())) << seed;
  }
  EXPECT_EQ(befell.size(), 5u) << "something never happened";
  for (const auto& [what, times] : befell) EXPECT_GT(times, 3) << what;
  EXPECT_NE(said.find("set aside"), std::string::npos);
}

TEST_F(ProjectorTest, AMissingFileIsMadeAnewWhileItRuns) {
  Log log(disk, 5);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  fs::remove(file(0));
  fs::remove(file(0) + "-wal");
  for (int tries = 0; rebuilds(*following) == 0 && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(following->step(log.last()));
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 1u);
  EXPECT_NE(said.find("is not there"), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, DamageThatAReaderMeetsLeadsToANewFile) {
  Log log(disk, 6);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  const std::uint64_t generation = gates.market_data.generation;
  gates.market_data.is_suspected = true;
  for (int tries = 0; rebuilds(*following) == 0 && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(following->step(log.last()));
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 1u);
  EXPECT_GT(gates.market_data.generation, generation);
  EXPECT_FALSE(gates.market_data.is_suspected);
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, AStoreOfAnotherJournalIsNoStoreOfThisOne) {
  // What it has to be compared with is a record of the journal, or the snapshot that is read instead of it.
  for (const bool with_snapshot : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove_all(entry.path());
    core::Sequence last;
    {
      Log log(disk, 7);
      ASSERT_NO_FATAL_FAILURE(log.append(400));
      ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
      last = log.last();
    }
    fs::remove_all(folder.path() + "/" + kJournalFolder);
    said.clear();
    Log log(disk, 8);  // as long as the other, or longer
    ASSERT_NO_FATAL_FAILURE(log.append(400));
    ASSERT_EQ(log.last(), last);
    ASSERT_NO_FATAL_FAILURE(with_snapshot ? log.snapshot() : log.append(200));
    auto following = projector();
    ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
    EXPECT_EQ(rebuilds(*following), 2u);
    EXPECT_NE(said.find("another journal"), std::string::npos) << said;
    ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
  }
}

TEST_F(ProjectorTest, AStoreThatReachesFurtherThanTheJournalIsSetAside) {
  Log log(disk, 9);
  ASSERT_NO_FATAL_FAILURE(log.append(400));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  const core::Sequence shorter{log.last().value() - 100};
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, shorter));
  EXPECT_EQ(rebuilds(*following), 2u);
  EXPECT_NE(said.find("reaches to record"), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(shorter));
}

// The journal's beginning is gone: what follows is right, and of what was before there is what the snapshot holds.
TEST_F(ProjectorTest, BeginsAtTheOldestSnapshotWhenTheJournalIsPruned) {
  Log log(disk, 10);
  ASSERT_NO_FATAL_FAILURE(log.append(2'000));
  auto whole = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*whole, log.last()));
  const Content before = content_of(folder.path(), 1);
  whole.reset();
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_GT(log.prune(), 0u);
  ASSERT_NO_FATAL_FAILURE(log.append(300));
  // History was left behind, and cannot go on; market data were lost.
  fs::remove(file(1));
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 2u);
  EXPECT_NE(said.find("no longer has what follows"), std::string::npos) << said;
  EXPECT_NE(said.find("only what the oldest snapshot remembers"), std::string::npos) << said;
  for (const StoreFigures& one : following->figures()) EXPECT_FALSE(one.complete_from.is_none());
  following.reset();
  EXPECT_EQ(set_aside(), 1u);
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
  // So short a log is remembered whole.
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
  EXPECT_GT(content_of(folder.path(), 1).rows(), before.rows());
}

TEST_F(ProjectorTest, GoesOnFromAKeptSnapshotWithoutTheJournalsBeginning) {
  Log log(disk, 11);
  ASSERT_NO_FATAL_FAILURE(log.append(1'500));
  ASSERT_NO_FATAL_FAILURE(finish(*projector({.log_is_new = true}), log.last()));
  ASSERT_NO_FATAL_FAILURE(log.snapshot());
  for (int i = 0; i < 2; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_GT(log.prune(), 0u);
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 0u) << said;
  EXPECT_EQ(said, "");
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
}

TEST_F(ProjectorTest, ForgetsWhatIsOlderThanItIsToldToKeep) {
  Log log(disk, 12);
  ASSERT_NO_FATAL_FAILURE(log.append(3'000));
  const std::int64_t length_ns = log.live.time().ns - 1'700'000'000 * kSecond;
  ASSERT_GT(length_ns, 20'000 * kSecond);
  const ProjectorOptions options{.keep_ns = length_ns / 2};
  auto following = projector(options);
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  following.reset();
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last(), options));
  const Content history = content_of(folder.path(), 0), market_data = content_of(folder.path(), 1);
  const std::int64_t before = market_data.cursor.pruned.ns;
  EXPECT_EQ(before, (log.live.time().ns - length_ns / 2) / (3'600 * kSecond) * (3'600 * kSecond));
  EXPECT_EQ(history.cursor.pruned.ns, before);
  for (const sql::Row& trade : market_data.tables[0]) ASSERT_GE(sql::integer(trade[5]), before);
  std::size_t closed = 0;
  for (const sql::Row& order : history.tables[0]) {
    if (sql::integer(order[7]) < 3) continue;
    ++closed;
    ASSERT_GE(sql::integer(order[15]), before);
  }
  EXPECT_GT(closed, 100u);
}

// The journal is on the same disk, and it is the one that may not be without room.
TEST_F(ProjectorTest, LeavesTheDisksLastBytesToTheJournal) {
  Log log(disk, 13);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  auto following = projector({.log_is_new = true, .free_bytes_min = UINT64_MAX});
  core::Result<bool> step = true;
  for (int i = 0; i < 100 && step; ++i) step = following->step(log.last());
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().kind, core::ErrorKind::no_space);
  EXPECT_EQ(following->figures().front().state, StoreState::failing);
  EXPECT_EQ(following->figures().front().rows_written, 0u);
  following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  following.reset();
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, OnlyTheLatestDamagedFilesAreKept) {
  Log log(disk, 13);
  for (int i = 0; i < 6; ++i) {
    std::ofstream(file(0)) << "this is no database, at " << i << std::string(5'000, 'x');
    std::ofstream(file(0) + "-wal") << "nor is this its log";
    ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  }
  EXPECT_EQ(set_aside(), 3u);
  EXPECT_TRUE(fs::exists(file(0) + ".damaged-6"));
  EXPECT_FALSE(fs::exists(file(0) + ".damaged-3"));
  // What belongs to a file that is gone is not taken for the new one's.
  ASSERT_NO_FATAL_FAILURE(log.append(600));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  fs::copy_file(file(0), file(0) + "-wal");
  fs::remove(file(0));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  EXPECT_TRUE(fs::exists(file(0) + ".damaged-7-wal"));
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

}  // namespace
}  // namespace exchange
