#include "cmd/exchange/journal_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "cmd/exchange/temporary_folder.h"
#include "pkg/io/real_disk.h"
#include "pkg/journal/testing.h"

namespace exchange {
namespace {

using journal::testing::batch_of;

// The machine's disk with switches that any thread may turn.
class SwitchedDisk final : public io::Disk {
 public:
  explicit SwitchedDisk(const std::string& root) : disk_(root) {}
  std::atomic<bool> full{false}, sync_fails{false}, sync_waits{false};

  core::Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
    if (full && mode == io::OpenMode::create_new) return core::fail(core::ErrorKind::no_space, "no space left", path);
    auto file = disk_.open(path, mode);
    if (!file) return file;
    return std::make_unique<SwitchedFile>(*this, std::move(*file), path);
  }
  core::Result<std::vector<std::string>> list(const std::string& folder) const override { return disk_.list(folder); }
  core::Result<void> make_folder(const std::string& path) override { return disk_.make_folder(path); }
  core::Result<void> rename(const std::string& from, const std::string& to) override { return disk_.rename(from, to); }
  core::Result<void> remove(const std::string& path) override { return disk_.remove(path); }
  core::Result<void> sync_folder(const std::string& folder) override { return disk_.sync_folder(folder); }
  core::Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override { return disk_.lock(path); }
  std::string describe(const std::string& path) const override { return disk_.describe(path); }

 private:
  class SwitchedFile final : public io::File {
   public:
    SwitchedFile(SwitchedDisk& disk, std::unique_ptr<io::File> file, const std::string& path)
        : disk_(disk), file_(std::move(file)), is_segment_(path.ends_with(".log")) {}
    core::Result<void> write(std::uint64_t offset, core::BytesView bytes) override {
      // Segments are written inside what they have; only new files need space.
      if (disk_.full && !is_segment_) return core::fail(core::ErrorKind::no_space, "no space left");
      return file_->write(offset, bytes);
    }
    core::Result<core::Bytes> read(std::uint64_t offset, std::size_t size) const override {
      return file_->read(offset, size);
    }
    core::Result<void> sync() override {
      while (disk_.sync_waits && is_segment_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (disk_.sync_fails && is_segment_) return core::fail(core::ErrorKind::io, "input/output error");
      return file_->sync();
    }
    core::Result<std::uint64_t> size() const override { return file_->size(); }
    core::Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }

   private:
    SwitchedDisk& disk_;
    std::unique_ptr<io::File> file_;
    const bool is_segment_;
  };
  io::RealDisk disk_;
};

bool eventually(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

class ThreadedSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryFolder::make(std::filesystem::temp_directory_path());
    ASSERT_TRUE(made) << made.error().text();
    folder.emplace(std::move(*made));
    disk = std::make_unique<SwitchedDisk>(folder->path());
  }
  std::unique_ptr<ThreadedSink> open() {
    const auto recovered = journal::recover(*disk, options);
    EXPECT_TRUE(recovered) << recovered.error().text();
    auto writer = journal::Writer::open(*disk, options, recovered->tail);
    EXPECT_TRUE(writer) << writer.error().text();
    next = recovered->tail.last.value() + 1;
    return std::make_unique<ThreadedSink>(std::move(*writer), options.segment_bytes, [this] { ++wakes; });
  }
  // Once there is room and the commit before is durable.
  bool submit(ThreadedSink& sink, std::uint32_t count) {
    journal::Batch batch = batch_of(next, count);
    const auto fits = [&] {
      const bool failed = sink.poll().failure.has_value();
      return failed || (sink.idle() && batch.records.size() <= sink.reserved_bytes());
    };
    if (!eventually(fits) || sink.poll().failure) return false;
    sink.submit(batch);
    EXPECT_EQ(batch.count, 0u) << "the host gets an empty buffer back";
    next += count;
    return true;
  }
  bool durable(ThreadedSink& sink) {
    return eventually([&] { return sink.poll().durable.value() == next - 1; });
  }

  journal::Options options = journal::testing::small_options(64 << 10);
  std::optional<TemporaryFolder> folder;
  std::unique_ptr<SwitchedDisk> disk;
  std::uint64_t next = 1;
  std::atomic<int> wakes{0};
};

TEST_F(ThreadedSinkTest, BatchesBecomeDurableInOrderOverManySegments) {
  std::uint64_t records = 0;
  {
    const auto sink = open();
    for (std::uint32_t i = 0; i < 300; ++i) {
      const std::uint32_t count = 1 + i * 7 % 40;
      ASSERT_TRUE(submit(*sink, count)) << i;
      records += count;
    }
    ASSERT_TRUE(durable(*sink));
    EXPECT_TRUE(sink->idle());
    EXPECT_GE(wakes, 300);
    EXPECT_GT(sink->last_commit_ns(), 0);
  }
  const auto bodies = journal::testing::read_all(*disk, options);
  ASSERT_TRUE(bodies) << bodies.error().text();
  ASSERT_EQ(bodies->size(), records);
  for (std::uint64_t i = 0; i < records; ++i) ASSERT_EQ((*bodies)[i], journal::testing::body_of(i + 1));
  EXPECT_GT(std::distance(std::filesystem::directory_iterator(folder->path() + "/journal"), {}), 3);
}

TEST_F(ThreadedSinkTest, TheCommitInFlightIsFinishedBeforeTheEnd) {
  {
    const auto sink = open();
    ASSERT_TRUE(submit(*sink, 5));
  }
  EXPECT_EQ(journal::testing::read_all(*disk, options)->size(), 5u);
  const auto sink = open();
  EXPECT_EQ(next, 6u);
  EXPECT_EQ(sink->poll().durable.value(), 5u);
  ASSERT_TRUE(submit(*sink, 1));
  EXPECT_TRUE(durable(*sink));
}

TEST_F(ThreadedSinkTest, ABatchInFlightIsCountedOffWhateverIsPublishedMeanwhile) {
  const auto sink = open();
  ASSERT_TRUE(eventually([&] { return !sink->poll().disk_full && sink->reserved_bytes() > 0; }));
  disk->sync_waits = true;
  ASSERT_TRUE(submit(*sink, 20));
  EXPECT_FALSE(sink->idle());
  const std::uint64_t while_in_flight = sink->reserved_bytes();
  for (int i = 0; i < 50; ++i) {
    EXPECT_LT(sink->poll().durable.value(), next - 1);
    EXPECT_LE(sink->reserved_bytes(), options.segment_bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(sink->reserved_bytes(), while_in_flight) << "room only grows while nothing is submitted";
  disk->sync_waits = false;
  EXPECT_TRUE(durable(*sink));
}

TEST_F(ThreadedSinkTest, AFullDiskStopsGrowthAndIsTriedAgain) {
  const auto sink = open();
  ASSERT_TRUE(submit(*sink, 1));
  disk->full = true;
  // What is reserved can still be used, to the end.
  std::uint64_t used = 0;
  const auto full_and_used_up = [&] {
    const journal::Batch batch = batch_of(next, 30);
    if (!sink->poll().failure && sink->idle() && batch.records.size() <= sink->reserved_bytes()) {
      EXPECT_TRUE(submit(*sink, 30));
      ++used;
      return false;
    }
    return sink->idle() && sink->poll().disk_full;
  };
  ASSERT_TRUE(eventually(full_and_used_up));
  EXPECT_GT(used, 5u);
  ASSERT_TRUE(durable(*sink));
  EXPECT_FALSE(sink->poll().failure);
  const int before = wakes;
  disk->full = false;
  EXPECT_TRUE(eventually([&] { return !sink->poll().disk_full; }));
  EXPECT_GT(wakes, before) << "the host hears that space is back";
  ASSERT_TRUE(submit(*sink, 30));
  EXPECT_TRUE(durable(*sink));
}

TEST_F(ThreadedSinkTest, AFailedSyncIsFinal) {
  const auto sink = open();
  ASSERT_TRUE(submit(*sink, 3));
  ASSERT_TRUE(durable(*sink));
  disk->sync_fails = true;
  ASSERT_TRUE(submit(*sink, 3));
  ASSERT_TRUE(eventually([&] { return sink->poll().failure.has_value(); }));
  EXPECT_EQ(sink->poll().failure->kind, core::ErrorKind::io);
  EXPECT_EQ(sink->poll().durable.value(), 3u);
  disk->sync_fails = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(sink->poll().failure) << "a second sync that succeeds proves nothing";
  EXPECT_FALSE(sink->idle());
}

}  // namespace
}  // namespace exchange
