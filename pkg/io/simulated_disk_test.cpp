#include "pkg/io/simulated_disk.h"

#include <gtest/gtest.h>

#include <set>

namespace io {
namespace {

core::Bytes filled(std::size_t size, char with) { return core::Bytes(size, static_cast<std::byte>(with)); }

TEST(SimulatedDisk, ReadsWhatWasWritten) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.make_folder("a/b"));
  auto file = disk.open("a/b/f", OpenMode::create_new);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write(5, filled(3, 'x')));
  EXPECT_EQ((*file)->size(), 8u);
  EXPECT_EQ((*file)->read(5, 100), filled(3, 'x'));
  EXPECT_EQ((*file)->read(0, 2), filled(2, '\0'));
  EXPECT_EQ((*file)->read(9, 2), core::Bytes());
  ASSERT_TRUE((*file)->truncate(6));
  EXPECT_EQ((*file)->size(), 6u);
  EXPECT_EQ(disk.list("a/b"), std::vector<std::string>{"f"});
  EXPECT_EQ(disk.list("a"), std::vector<std::string>{"b"});
  EXPECT_EQ(disk.open("a/b/f", OpenMode::create_new).error().kind, core::ErrorKind::already_exists);
  EXPECT_EQ(disk.open("a/b/g", OpenMode::read).error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(disk.open("c/g", OpenMode::create_new).error().kind, core::ErrorKind::not_found);
}

TEST(SimulatedDisk, WhatIsSyncedSurvivesAndTheRestMayTear) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SimulatedDisk disk(seed);
    auto file = disk.open("f", OpenMode::create_new);
    ASSERT_TRUE((*file)->write(0, filled(1536, 'a')));
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE(disk.sync_folder(""));
    ASSERT_TRUE((*file)->write(512, filled(1024, 'b')));
    ASSERT_TRUE((*file)->write(1024, filled(512, 'c')));
    disk.crash();
    EXPECT_EQ((*file)->read(0, 1).error().what, "crashed");
    EXPECT_FALSE(disk.open("f", OpenMode::read));
    disk.restart();
    EXPECT_FALSE((*file)->write(0, filled(1, 'x'))) << "a handle of an earlier life";
    const core::Bytes content = disk.content("f");
    ASSERT_EQ(content.size(), 1536u);
    std::string sectors;
    for (std::size_t sector = 0; sector < 3; ++sector) {
      const auto begin = content.begin() + static_cast<std::ptrdiff_t>(sector * 512);
      EXPECT_TRUE(std::all_of(begin, begin + 512, [&](std::byte byte) { return byte == *begin; }))
          << "sectors are whole";
      sectors += static_cast<char>(*begin);
    }
    seen.insert(sectors);
  }
  // Every combination of old and new sectors happens, reordered ones (the later write alone) included, and no other.
  EXPECT_EQ(seen, (std::set<std::string>{"aaa", "aab", "aac", "aba", "abb", "abc"}));
}

TEST(SimulatedDisk, NamesNeedTheFolderSynced) {
  std::set<std::vector<std::string>> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SimulatedDisk disk(seed);
    ASSERT_TRUE((*disk.open("old", OpenMode::create_new))->sync());
    ASSERT_TRUE(disk.sync_folder(""));
    ASSERT_TRUE((*disk.open("new.tmp", OpenMode::create_new))->sync());
    ASSERT_TRUE(disk.rename("new.tmp", "new"));
    ASSERT_TRUE(disk.remove("old"));
    disk.crash();
    disk.restart();
    seen.insert(*disk.list(""));
  }
  EXPECT_TRUE(seen.contains({"old"})) << "all lost";
  EXPECT_TRUE(seen.contains({"new"})) << "nothing lost";
  EXPECT_TRUE(seen.contains({"new", "old"})) << "only the removal lost";
  EXPECT_TRUE(seen.contains({})) << "only the removal kept";
  EXPECT_TRUE(seen.contains({"new.tmp", "old"})) << "only the creation kept";
}

TEST(SimulatedDisk, KillLosesNothingButHandles) {
  SimulatedDisk disk;
  auto file = disk.open("f", OpenMode::create_new);
  ASSERT_TRUE((*file)->write(0, filled(10, 'a')));
  disk.faults.kill_at_operation = disk.operations() + 1;
  EXPECT_FALSE((*file)->write(10, filled(10, 'b')));
  EXPECT_FALSE(disk.list(""));
  disk.restart();
  EXPECT_EQ(disk.content("f").size(), 20u);
  EXPECT_FALSE((*file)->sync());
}

TEST(SimulatedDisk, CrashAtTheNamedOperation) {
  SimulatedDisk disk;
  disk.faults.crash_at_operation = 3;
  auto file = disk.open("f", OpenMode::create_new);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write(0, filled(10, 'a')));
  EXPECT_FALSE((*file)->sync());
  EXPECT_TRUE(disk.crashed());
  EXPECT_EQ(disk.operations(), 3u);
  disk.restart();
  EXPECT_FALSE(disk.crashed());
}

TEST(SimulatedDisk, AFailedSyncLosesPagesForGood) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimulatedDisk disk(seed);
    auto file = disk.open("f", OpenMode::create_new);
    ASSERT_TRUE(disk.sync_folder(""));
    ASSERT_TRUE((*file)->write(0, filled(512, 'a')));
    disk.faults.fail_sync_at = 1;
    EXPECT_EQ((*file)->sync().error().kind, core::ErrorKind::io);
    EXPECT_EQ((*file)->read(0, 512), filled(512, 'a')) << "the cache still shows it";
    EXPECT_TRUE((*file)->sync()) << "which proves nothing";
    disk.crash();
    disk.restart();
    sizes.insert(disk.content("f").size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{0, 512}));
}

TEST(SimulatedDisk, InjectedFaults) {
  SimulatedDisk disk;
  auto file = disk.open("f", OpenMode::create_new);
  disk.faults.fail_write_at = 2;
  EXPECT_TRUE((*file)->write(0, filled(512, 'a')));
  EXPECT_EQ((*file)->write(0, filled(512, 'b')).error().kind, core::ErrorKind::io);
  disk.faults.capacity_bytes = 1000;
  const auto full = (*file)->write(512, filled(1000, 'c'));
  EXPECT_EQ(full.error().kind, core::ErrorKind::no_space);
  EXPECT_EQ((*file)->size(), 1000u) << "a short write first";
  EXPECT_TRUE((*file)->write(0, filled(1000, 'd'))) << "what is there may be written again";
  disk.faults.capacity_bytes.reset();
  disk.faults.misdirect_write_at = disk.writes() + 1;
  EXPECT_TRUE((*file)->write(0, filled(512, 'e')));
  EXPECT_EQ(disk.content("f")[0], std::byte{'d'});
  EXPECT_EQ(disk.content("f")[600], std::byte{'e'});
  disk.flip("f", 0, std::byte{1});
  EXPECT_EQ(disk.content("f")[0], std::byte{'d' ^ 1});
}

TEST(SimulatedDisk, LocksAreHeldOnceAndDieWithTheProcess) {
  SimulatedDisk disk;
  auto lock = disk.lock("lock");
  ASSERT_TRUE(lock);
  EXPECT_EQ(disk.lock("lock").error().kind, core::ErrorKind::busy);
  disk.restart();
  EXPECT_TRUE(disk.lock("lock"));
}

}  // namespace
}  // namespace io
