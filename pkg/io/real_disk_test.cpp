#include "pkg/io/real_disk.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "pkg/io/clock.h"

namespace io {
namespace {

class RealDiskTest : public ::testing::Test {
 protected:
  RealDiskTest() {
    std::string pattern = ::testing::TempDir() + "real_disk_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~RealDiskTest() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(RealDiskTest, ReadsWhatWasWritten) {
  RealDisk disk(root_ + "/data/deep");
  ASSERT_TRUE(disk.make_folder("a/b"));
  ASSERT_TRUE(disk.make_folder("a/b")) << "again";
  auto file = disk.open("a/b/f", OpenMode::create_new);
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_TRUE((*file)->write(5, core::as_bytes("xyz")));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ((*file)->size(), 8u);
  EXPECT_EQ(core::as_text(*(*file)->read(5, 100)), "xyz");
  EXPECT_EQ((*file)->read(8, 100), core::Bytes());
  ASSERT_TRUE((*file)->truncate(6));
  EXPECT_EQ((*file)->size(), 6u);
  ASSERT_TRUE(disk.rename("a/b/f", "a/b/g"));
  ASSERT_TRUE(disk.sync_folder("a/b"));
  EXPECT_EQ(disk.list("a/b"), std::vector<std::string>{"g"});
  EXPECT_TRUE(disk.open("a/b/g", OpenMode::read));
  ASSERT_TRUE(disk.remove("a/b/g"));
  EXPECT_EQ(disk.list("a/b"), std::vector<std::string>{});
}

TEST_F(RealDiskTest, ErrorsNameThePathAndTheReason) {
  RealDisk disk(root_);
  const auto missing = disk.open("none", OpenMode::read);
  EXPECT_EQ(missing.error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(missing.error().text(), root_ + "/none: cannot open: No such file or directory");
  EXPECT_TRUE(disk.open("f", OpenMode::create_new));
  EXPECT_EQ(disk.open("f", OpenMode::create_new).error().kind, core::ErrorKind::already_exists);
  EXPECT_EQ(disk.list("none").error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(disk.make_folder("f/below").error().kind, core::ErrorKind::invalid_input);
  EXPECT_EQ(disk.rename("none", "other").error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(disk.remove("none").error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(disk.sync_folder("none").error().kind, core::ErrorKind::not_found);
  EXPECT_EQ(disk.describe("x/y"), root_ + "/x/y");
  EXPECT_EQ(RealDisk("/").describe("x"), "/x");
  EXPECT_EQ(RealDisk("data/").describe(""), "data");
}

TEST_F(RealDiskTest, ASecondOwnerIsTurnedAway) {
  RealDisk disk(root_);
  auto lock = disk.lock("lock");
  ASSERT_TRUE(lock) << lock.error().text();
  const auto second = disk.lock("lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, core::ErrorKind::busy);
  lock->reset();
  EXPECT_TRUE(disk.lock("lock"));
}

TEST_F(RealDiskTest, NoSpaceIsTold) {
  // The device that is always full.
  RealDisk disk("/dev");
  auto file = disk.open("full", OpenMode::read_write);
  ASSERT_TRUE(file) << file.error().text();
  const auto written = (*file)->write(0, core::as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, core::ErrorKind::no_space);
  EXPECT_FALSE(written.error().hint.empty());
}

TEST(RealClock, Goes) {
  const RealClock clock;
  EXPECT_GT(clock.now().ns, 1'700'000'000'000'000'000);
  const std::int64_t before_ns = clock.monotonic_ns();
  EXPECT_GE(clock.monotonic_ns(), before_ns);
}

TEST(SimulatedClock, StandsStillUntilTold) {
  SimulatedClock clock;
  const core::Time start = clock.now();
  clock.advance_ns(5);
  EXPECT_EQ(clock.now().ns, start.ns + 5);
  clock.jump_wall_ns(-100);
  EXPECT_EQ(clock.now().ns, start.ns - 95);
  EXPECT_EQ(clock.monotonic_ns(), 5);
}

}  // namespace
}  // namespace io
