#include "pkg/journal/snapshot_store.h"

#include <gtest/gtest.h>

#include <cstring>

#include "pkg/core/crc32c.h"
#include "pkg/core/random.h"
#include "pkg/io/simulated_disk.h"

namespace journal {
namespace {

constexpr std::uint16_t kContentVersion = 3;

core::Bytes content_of(std::uint64_t sequence, std::size_t size) {
  core::Bytes content(size);
  core::Random random(sequence);
  for (std::byte& byte : content) byte = static_cast<std::byte>(random.next());
  return content;
}

SnapshotInfo info_of(std::uint64_t sequence) {
  SnapshotInfo info{.sequence = core::Sequence{sequence},
                    .time = core::Time{77},
                    .output_digest = sequence * 3,
                    .state_hash = sequence * 5};
  info.chain[3] = std::byte{9};
  return info;
}

TEST(Snapshot, LoadsWhatWasWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20, (std::size_t{2} << 20) + 5}) {
    io::SimulatedDisk disk;
    SnapshotStore store(disk, kContentVersion);
    const auto written = store.write(info_of(0x2a), content_of(1, size));
    ASSERT_TRUE(written);
    EXPECT_EQ(store.path(core::Sequence{0x2a}), "snapshots/000000000000002a.snap");
    disk.crash();
    disk.restart();
    const auto loaded = store.load(core::Sequence{0x2a});
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(loaded->content, content_of(1, size));
    EXPECT_EQ(loaded->info.state_hash, 0x2au * 5);
    EXPECT_EQ(loaded->info.output_digest, 0x2au * 3);
    EXPECT_EQ(loaded->info.time.ns, 77);
    EXPECT_EQ(loaded->info.chain, info_of(1).chain);
    EXPECT_EQ(loaded->info.content_bytes, size);
  }
}

TEST(Snapshot, AnyChangedByteAndAnyLengthIsNoticed) {
  io::SimulatedDisk disk;
  SnapshotStore store(disk, kContentVersion);
  const core::Sequence sequence{7};
  ASSERT_TRUE(store.write(info_of(7), content_of(7, 300)));
  const core::Bytes whole = disk.content(store.path(sequence));
  for (std::uint64_t offset = 0; offset < whole.size(); ++offset) {
    disk.flip(store.path(sequence), offset, std::byte{16});
    const auto loaded = store.load(sequence);
    ASSERT_FALSE(loaded) << offset;
    ASSERT_EQ(loaded.error().kind, core::ErrorKind::corrupt) << loaded.error().text();
    ASSERT_TRUE(loaded.error().where.starts_with("disk:/snapshots/0000000000000007.snap at offset "));
    disk.flip(store.path(sequence), offset, std::byte{16});
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    disk.set_content(store.path(sequence),
                     core::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_EQ(store.load(sequence).error().kind, core::ErrorKind::corrupt) << size;
  }
  disk.set_content(store.path(core::Sequence{8}), whole);
  EXPECT_EQ(store.load(core::Sequence{8}).error().kind, core::ErrorKind::corrupt) << "renamed";
}

TEST(Snapshot, FallsBackToTheNewestWholeOneAndSaysSo) {
  io::SimulatedDisk disk;
  SnapshotStore store(disk, kContentVersion);
  EXPECT_FALSE(store.load_newest()->snapshot);
  for (const std::uint64_t sequence : {10u, 20u, 30u})
    ASSERT_TRUE(store.write(info_of(sequence), content_of(sequence, 5000)));
  EXPECT_EQ(store.load_newest()->snapshot->info.sequence.value(), 30u);
  disk.flip(store.path(core::Sequence{30}), 4000, std::byte{1});
  disk.flip(store.path(core::Sequence{20}), 10, std::byte{1});
  const auto newest = store.load_newest();
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->snapshot->info.sequence.value(), 10u);
  EXPECT_EQ(newest->passed_over.size(), 2u);
  EXPECT_EQ(newest->reaches.value(), 30u);
  disk.flip(store.path(core::Sequence{10}), 10, std::byte{1});
  EXPECT_FALSE(store.load_newest()->snapshot);
  EXPECT_EQ(store.load_newest()->passed_over.size(), 3u);
}

TEST(Snapshot, ANewerFormatIsNotPassedOver) {
  io::SimulatedDisk disk;
  SnapshotStore store(disk, kContentVersion);
  ASSERT_TRUE(store.write(info_of(1), content_of(1, 10)));
  ASSERT_TRUE(store.write(info_of(2), content_of(2, 10)));
  core::Bytes image = disk.content(store.path(core::Sequence{2}));
  image[8] = std::byte{2};
  const std::uint32_t crc = core::crc32c(core::BytesView(image).first(124));
  std::memcpy(image.data() + 124, &crc, 4);
  disk.set_content(store.path(core::Sequence{2}), image);
  EXPECT_EQ(store.load_newest().error().kind, core::ErrorKind::unsupported);
}

TEST(Snapshot, ContentOfAnEarlierVersionIsPassedOverAndOfALaterOneIsNot) {
  io::SimulatedDisk disk;
  SnapshotStore earlier(disk, kContentVersion - 1), store(disk, kContentVersion), later(disk, kContentVersion + 1);
  ASSERT_TRUE(store.write(info_of(1), content_of(1, 10)));
  ASSERT_TRUE(earlier.write(info_of(2), content_of(2, 10)));
  EXPECT_EQ(store.load(core::Sequence{2}).error().kind, core::ErrorKind::outdated);
  const auto newest = store.load_newest();
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->snapshot->info.sequence.value(), 1u);
  ASSERT_EQ(newest->passed_over.size(), 1u);
  EXPECT_EQ(newest->passed_over[0].text(),
            "disk:/snapshots/0000000000000002.snap: the snapshot's content has version 2, this build reads version 3 "
            "alone (the whole journal gives the same state)");
  EXPECT_EQ(newest->reaches.value(), 2u);
  for (const std::uint64_t sequence : {3u, 4u}) ASSERT_TRUE(store.write(info_of(sequence), content_of(sequence, 10)));
  EXPECT_EQ(store.prune()->value(), 1u) << "an outdated one counts for nothing";
  ASSERT_TRUE(later.write(info_of(5), content_of(5, 10)));
  EXPECT_EQ(store.load_newest().error().kind, core::ErrorKind::unsupported);
}

TEST(Snapshot, KeepsThreeThatCanBeRead) {
  io::SimulatedDisk disk;
  SnapshotStore store(disk, kContentVersion);
  EXPECT_TRUE(store.prune()->is_none());
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence)
    ASSERT_TRUE(store.write(info_of(sequence), content_of(sequence, 100)));
  EXPECT_TRUE(store.prune()->is_none()) << "two are not enough to let the journal go";
  for (std::uint64_t sequence = 3; sequence <= 6; ++sequence)
    ASSERT_TRUE(store.write(info_of(sequence), content_of(sequence, 100)));
  disk.flip(store.path(core::Sequence{5}), 150, std::byte{1});
  EXPECT_EQ(store.prune()->value(), 3u);
  const std::vector<core::Sequence> left{core::Sequence{6}, core::Sequence{5}, core::Sequence{4}, core::Sequence{3}};
  EXPECT_EQ(*store.list(), left);
}

TEST(Snapshot, KeepsOneToStartFromForThoseWhoFollow) {
  const auto after_pruning = [](std::uint64_t needed, std::uint64_t damaged, std::uint64_t oldest_kept) {
    io::SimulatedDisk disk;
    SnapshotStore store(disk, kContentVersion);
    for (std::uint64_t sequence = 10; sequence <= 80; sequence += 10)
      EXPECT_TRUE(store.write(info_of(sequence), content_of(sequence, 100)));
    if (damaged != 0) disk.flip(store.path(core::Sequence{damaged}), 150, std::byte{1});
    const auto oldest = store.prune(SnapshotStore::kKept, core::Sequence{needed});
    EXPECT_TRUE(oldest);
    EXPECT_EQ(oldest->value(), oldest_kept) << needed;
    std::vector<std::uint64_t> left;
    const auto listed = store.list();
    for (const core::Sequence sequence : *listed) left.push_back(sequence.value());
    return left;
  };
  using Left = std::vector<std::uint64_t>;
  EXPECT_EQ(after_pruning(99, 0, 60), (Left{80, 70, 60}));
  EXPECT_EQ(after_pruning(60, 0, 60), (Left{80, 70, 60}));
  EXPECT_EQ(after_pruning(59, 0, 50), (Left{80, 70, 60, 50}));
  EXPECT_EQ(after_pruning(25, 0, 20), (Left{80, 70, 60, 20}));
  EXPECT_EQ(after_pruning(25, 20, 10), (Left{80, 70, 60, 10})) << "one that can be read";
  EXPECT_EQ(after_pruning(5, 0, 0), (Left{80, 70, 60, 50, 40, 30, 20, 10})) << "from the journal's beginning";
}

TEST(Snapshot, AFullDiskLeavesTheOldOnes) {
  io::SimulatedDisk disk;
  SnapshotStore store(disk, kContentVersion);
  ASSERT_TRUE(store.write(info_of(1), content_of(1, 1000)));
  disk.faults.capacity_bytes = disk.used_bytes() + 700;
  const auto failed = store.write(info_of(2), content_of(2, 1000));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, core::ErrorKind::no_space);
  EXPECT_EQ(store.load_newest()->snapshot->info.sequence.value(), 1u);
  disk.faults.capacity_bytes.reset();
  EXPECT_TRUE(store.write(info_of(2), content_of(2, 1000)));
}

TEST(Snapshot, CrashAtEveryOperationLeavesTheOldOrTheNewOne) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (std::uint64_t at = 1;; ++at) {
      io::SimulatedDisk disk(seed * 1000 + at);
      SnapshotStore store(disk, kContentVersion);
      ASSERT_TRUE(store.write(info_of(1), content_of(1, 2000)));
      disk.faults.crash_at_operation = disk.operations() + at;
      const bool written = store.write(info_of(2), content_of(2, 3000)).has_value();
      if (disk.crashed()) disk.restart();
      const auto newest = store.load_newest();
      ASSERT_TRUE(newest && newest->snapshot);
      ASSERT_TRUE(newest->passed_over.empty());
      const std::uint64_t sequence = newest->snapshot->info.sequence.value();
      if (written) {
        ASSERT_EQ(sequence, 2u);
      }
      ASSERT_EQ(newest->snapshot->content, content_of(sequence, sequence == 1 ? 2000 : 3000));
      if (written) break;
    }
  }
}

}  // namespace
}  // namespace journal
