#include "pkg/journal/recovery.h"

#include <algorithm>
#include <cstring>

#include "pkg/core/crc32c.h"
#include "pkg/journal/inline_sink.h"
#include "pkg/journal/testing.h"

namespace journal {
namespace {

using namespace testing;

constexpr const char* kFirst = "journal/0000000000000001.log";

// Every file of the journal, for telling whether something was changed.
std::vector<std::pair<std::string, core::Bytes>> files_of(const io::SimulatedDisk& disk) {
  std::vector<std::pair<std::string, core::Bytes>> files;
  const auto names = disk.list("journal");
  for (const std::string& name : *names) files.emplace_back(name, disk.content("journal/" + name));
  return files;
}

// Where the batches of a segment begin, and behind the last one.
std::vector<std::uint64_t> batch_starts(io::Disk& disk, std::uint64_t number) {
  auto view = SegmentView::open(disk, "journal", number);
  std::vector<std::uint64_t> starts{kSegmentHeaderBytes};
  while (true) {
    const auto found = (*view)->at(starts.back());
    if (found->kind != Found::Kind::batch) return starts;
    starts.push_back(starts.back() + batch_room_bytes(found->header.records_bytes));
  }
}

TEST(Recovery, AnEmptyFolderBecomesAJournal) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  const auto found = recover(disk, options);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tail.segment, 1u);
  EXPECT_TRUE(found->tail.last.is_none());
  EXPECT_FALSE(found->cut);
  disk.crash();
  disk.restart();
  EXPECT_EQ(disk.content(kFirst).size(), options.segment_bytes) << "it was not durable";
}

TEST(Recovery, NothingIsCutFromAWholeJournal) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  const std::uint64_t next = write_journal(disk, options, {3, 1, 4, 1, 5, 9, 2, 6});
  const auto before = files_of(disk);
  const auto found = recover(disk, options);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->cut);
  EXPECT_EQ(found->tail.last.value(), next - 1);
  EXPECT_EQ(found->first.value(), 1u);
  EXPECT_GT(found->tail.next_segment_bytes, 0u);
  EXPECT_EQ(files_of(disk), before);
}

// The file ends at every possible byte, or holds zeros from there on: what is left is the last whole batch.
TEST(Recovery, TornAtEveryByte) {
  const Options options = small_options(16 * kSectorBytes);
  io::SimulatedDisk whole;
  ASSERT_EQ(write_journal(whole, options, {2, 5, 9}), 17u);
  const core::Bytes image = whole.content(kFirst);
  const auto starts = batch_starts(whole, 1);
  const std::vector<std::uint64_t> last_at_start{0, 2, 7, 16};
  ASSERT_EQ(starts.size(), last_at_start.size());
  for (const bool truncated : {true, false}) {
    for (std::uint64_t size = kSegmentHeaderBytes; size <= starts.back(); ++size) {
      io::SimulatedDisk disk;
      core::Bytes torn(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
      if (!truncated) torn.resize(image.size());
      disk.set_content(kFirst, torn);
      const auto found = recover(disk, options);
      ASSERT_TRUE(found) << size << ": " << found.error().text();
      // Padding is zero, so a batch is whole once its last byte that is not zero is there.
      const std::uint64_t kept = truncated ? size : [&] {
        std::uint64_t end = size;
        while (end < image.size() && image[end] == std::byte{0}) ++end;
        return end;
      }();
      const auto batch = static_cast<std::size_t>(std::ranges::upper_bound(starts, kept) - starts.begin() - 1);
      ASSERT_EQ(found->tail.last.value(), last_at_start[batch]) << size;
      ASSERT_EQ(found->tail.offset, starts[batch]) << size;
      if (found->cut) {
        ASSERT_EQ(found->cut->file, disk.describe(kFirst));
        ASSERT_GE(found->cut->offset, starts[batch]);
      }
      const bool something_lost = truncated || (kept < starts.back() && kept != starts[batch]);
      ASSERT_EQ(found->cut.has_value(), something_lost) << size;
      // It is made good: again nothing to cut, and what is appended is found.
      ASSERT_EQ(disk.content(kFirst).size(), options.segment_bytes);
      ASSERT_FALSE(scan(disk, options)->cut);
      if (size % 97 == 0) {
        const std::uint64_t next = write_journal(disk, options, {1, 2});
        ASSERT_EQ(read_all(disk, options), bodies(1, next - 1));
      }
    }
  }
}

TEST(Recovery, ATornHeaderOfTheSegmentIsRefused) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  write_journal(disk, options, {2});
  core::Bytes image = disk.content(kFirst);
  image.resize(100);
  disk.set_content(kFirst, image);
  const auto found = recover(disk, options);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(found.error().where, disk.describe(kFirst) + " at offset 0");
}

// Each byte in front of the last batch, header, padding and unused rest of full segments included.
TEST(Recovery, DamageBelowTheDurableMarkIsRefusedAndNothingChanged) {
  const Options options = small_options(6 * kSectorBytes);
  io::SimulatedDisk disk;
  write_journal(disk, options, {2, 5, 1, 3, 1});
  const auto segments = *list_segments(disk, "journal");
  const auto found = scan(disk, options);
  ASSERT_TRUE(found);
  ASSERT_GE(found->tail.segment, 2u);
  for (const std::uint64_t number : segments) {
    const std::string path = segment_path("journal", number);
    const std::uint64_t end = number < found->last_batch_segment   ? options.segment_bytes
                              : number > found->last_batch_segment ? kSegmentHeaderBytes
                                                                   : found->last_batch_offset;
    for (std::uint64_t offset = 0; offset < end; ++offset) {
      const std::byte mask{static_cast<unsigned char>(1u << (offset % 8))};
      disk.flip(path, offset, mask);
      const std::uint64_t operations = disk.operations();
      const auto refused = recover(disk, options);
      ASSERT_FALSE(refused) << path << " " << offset;
      ASSERT_EQ(refused.error().kind, core::ErrorKind::corrupt);
      ASSERT_TRUE(refused.error().where.starts_with(disk.describe(path) + " at offset ")) << refused.error().text();
      ASSERT_FALSE(refused.error().hint.empty());
      const std::uint64_t named = std::stoull(refused.error().where.substr(refused.error().where.rfind(' ') + 1));
      ASSERT_LE(named, offset);
      ASSERT_EQ(disk.operations(), operations);
      disk.flip(path, offset, mask);
    }
  }
  ASSERT_TRUE(recover(disk, options));
}

TEST(Recovery, DamageOfTheLastBatchIsCutUnlessASnapshotReachesIt) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  write_journal(disk, options, {2, 3});
  const auto whole = scan(disk, options);
  disk.flip(kFirst, whole->last_batch_offset + 200, std::byte{4});
  const auto refused = recover(disk, options, {.from = core::Sequence{4}, .reaches = core::Sequence{3}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("a snapshot has record 3"), std::string::npos) << refused.error().text();
  const auto cut = recover(disk, options, {.from = core::Sequence{3}, .reaches = core::Sequence{2}});
  ASSERT_TRUE(cut) << cut.error().text();
  ASSERT_TRUE(cut->cut);
  EXPECT_EQ(cut->cut->offset, whole->last_batch_offset);
  EXPECT_EQ(cut->tail.last.value(), 2u);
  EXPECT_GT(cut->cut->bytes, 200u);
}

TEST(Recovery, AMissingSegmentIsNamed) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  const std::uint64_t next = write_journal(disk, options, std::vector<std::uint32_t>(20, 2));
  const auto segments = *list_segments(disk, "journal");
  ASSERT_GE(segments.size(), 4u);
  struct Case {
    std::uint64_t missing;
    const char* says;
  };
  const Case cases[] = {{1, "the journal begins with record"}, {2, "missing"}, {segments.size() - 1, "missing"}};
  for (const Case& c : cases) {
    const core::Bytes kept = disk.content(segment_path("journal", c.missing));
    ASSERT_TRUE(disk.remove(segment_path("journal", c.missing)));
    const auto refused = recover(disk, options);
    ASSERT_FALSE(refused) << c.missing;
    EXPECT_EQ(refused.error().kind, core::ErrorKind::corrupt);
    EXPECT_NE(refused.error().text().find(c.says), std::string::npos) << refused.error().text();
    disk.set_content(segment_path("journal", c.missing), kept);
  }
  EXPECT_EQ(recover(disk, options)->tail.last.value(), next - 1);
}

TEST(Recovery, ANewerFormatIsNotTouched) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  write_journal(disk, options, {2});
  core::Bytes image = disk.content(kFirst);
  image[8] = std::byte{2};
  const std::uint32_t crc = core::crc32c(core::BytesView(image).first(508));
  std::memcpy(image.data() + 508, &crc, 4);
  disk.set_content(kFirst, image);
  const auto refused = recover(disk, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, core::ErrorKind::unsupported);
  EXPECT_NE(refused.error().text().find("format version 2"), std::string::npos);
  EXPECT_FALSE(refused.error().hint.empty());
}

TEST(Recovery, ACopiedSegmentOrAMisdirectedWriteIsFound) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  write_journal(disk, options, std::vector<std::uint32_t>(12, 2));
  core::Bytes second = disk.content(segment_path("journal", 2));
  const core::Bytes first = disk.content(kFirst);
  disk.set_content(segment_path("journal", 2), first);
  EXPECT_NE(recover(disk, options).error().text().find("under another name"), std::string::npos);
  disk.set_content(segment_path("journal", 2), second);
  // A batch that was written one sector too far left zeros where it should be.
  io::SimulatedDisk other;
  const auto found = recover(other, options);
  auto writer = std::move(*Writer::open(other, options, found->tail));
  ASSERT_TRUE(prepare_all(*writer));
  ASSERT_TRUE(writer->write(batch_of(1, 1)));
  other.faults.misdirect_write_at = other.writes() + 1;
  ASSERT_TRUE(writer->write(batch_of(2, 1)));
  ASSERT_TRUE(writer->write(batch_of(3, 1)));
  const auto refused = recover(other, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, other.describe(kFirst) + " at offset 1024");
}

// A chain that was made again with other content is not the one that was written, even when every checksum is right.
TEST(Recovery, TamperingWithABatchBreaksTheChain) {
  const Options options = small_options();
  io::SimulatedDisk disk;
  write_journal(disk, options, {1, 1, 1});
  core::Bytes image = disk.content(kFirst);
  auto header = *decode_batch_header(core::BytesView(image).subspan(kSegmentHeaderBytes));
  Sha256 sha;
  core::Bytes forged;
  core::Bytes record;
  append_record(record, 1, "another");
  encode_batch(header, record, sha, forged);
  ASSERT_EQ(forged.size(), 512u);
  std::ranges::copy(forged, image.begin() + 512);
  disk.set_content(kFirst, image);
  const auto refused = recover(disk, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, disk.describe(kFirst) + " at offset 1024");
  EXPECT_NE(refused.error().what.find("chain"), std::string::npos);
}

// The process was killed between write and sync, the page cache survived, the journal was recovered and served. Then
// the power went: what recovery took in must be there.
TEST(Recovery, WhatItTakesInIsDurable) {
  const Options options = small_options(32 * kSectorBytes);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    io::SimulatedDisk disk(seed);
    write_journal(disk, options, {2, 1});
    auto writer = std::move(*Writer::open(disk, options, recover(disk, options)->tail));
    // Either killed before the sync, or the sync failed and the pages count as clean.
    if (seed % 2 == 0)
      disk.faults.lying_sync = true;
    else
      disk.faults.fail_sync_at = disk.syncs() + 1;
    static_cast<void>(writer->write(batch_of(4, 7)));
    disk.faults.lying_sync = false;
    disk.restart();
    const auto recovered = recover(disk, options);
    ASSERT_TRUE(recovered);
    ASSERT_EQ(recovered->tail.last.value(), 10u);
    disk.crash();
    disk.restart();
    ASSERT_EQ(read_all(disk, options), bodies(1, 10)) << "seed " << seed;
  }
}

constexpr std::uint64_t kScriptLast = 120, kSnapshot = 60;

// The sequence from which a restart would read: behind the snapshot as soon as that is known to be durable.
std::uint64_t needed_from(std::uint64_t acknowledged) { return acknowledged >= kSnapshot ? kSnapshot : 1; }

// Recovers and appends batches until the script is done, with retention now and then. False when the disk ended it.
// `acknowledged` is what a client may rely on.
bool run_script(io::SimulatedDisk& disk, const Options& options, std::uint64_t& acknowledged) {
  const auto found = recover(disk, options, {.from = core::Sequence{needed_from(acknowledged)}, .reaches = {}});
  if (!found) {
    EXPECT_TRUE(disk.crashed()) << found.error().text();
    return false;
  }
  EXPECT_GE(found->tail.last.value(), acknowledged);
  acknowledged = found->tail.last.value();
  auto writer = Writer::open(disk, options, found->tail);
  if (!writer) return false;
  while (acknowledged < kScriptLast) {
    if (!prepare_all(**writer)) return false;
    const Batch batch = batch_of(acknowledged + 1, 1 + static_cast<std::uint32_t>(acknowledged * 7 % 9));
    if (!(*writer)->write(batch)) return false;
    acknowledged += batch.count;
    if (acknowledged % 3 == 0 && !remove_below(disk, options, core::Sequence{needed_from(acknowledged)})) return false;
  }
  return true;
}

// Ends a script at every one of its operations, by a power cut or by kill -9, then again some operations into the
// recovery and what follows, and reads. Returns how many of these lost something that had been acknowledged.
std::uint64_t losses_of_crashes_everywhere(bool lying_sync, std::uint64_t seeds) {
  const Options options = small_options(12 * kSectorBytes);
  std::uint64_t losses = 0, crashes = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (std::uint64_t at = 1;; ++at) {
      io::SimulatedDisk disk(seed * 1'000'003 + at);
      disk.faults.lying_sync = lying_sync;
      (seed % 3 == 0 ? disk.faults.kill_at_operation : disk.faults.crash_at_operation) = at;
      std::uint64_t acknowledged = 0;
      if (run_script(disk, options, acknowledged)) break;
      ++crashes;
      for (int again = 0; again < 2; ++again) {
        disk.restart();
        const auto rest = scan(disk, options, {.from = core::Sequence{needed_from(acknowledged)}, .reaches = {}});
        if (!rest || rest->tail.last.value() < acknowledged) {
          ++losses;
          break;
        }
        if (rest->tail.last.value() >= needed_from(acknowledged)) {
          EXPECT_EQ(read_all(disk, options, needed_from(acknowledged)),
                    bodies(needed_from(acknowledged), rest->tail.last.value()));
        }
        if (again == 0) disk.faults.crash_at_operation = disk.operations() + 1 + at * 7 % 60;
        if (run_script(disk, options, acknowledged)) break;
      }
    }
  }
  EXPECT_GT(crashes, 80 * seeds);
  return losses;
}

TEST(Recovery, CrashAtEveryOperationLosesNothing) { EXPECT_EQ(losses_of_crashes_everywhere(false, 60), 0u); }

// The same test must notice a journal that does not sync.
TEST(Recovery, CrashTestCatchesAMissingSync) { EXPECT_GT(losses_of_crashes_everywhere(true, 1), 10u); }

}  // namespace
}  // namespace journal
