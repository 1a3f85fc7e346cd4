#include "pkg/journal/writer.h"

#include <algorithm>

#include "pkg/journal/inline_sink.h"
#include "pkg/journal/testing.h"

namespace journal {
namespace {

using namespace testing;

std::unique_ptr<Writer> open_writer(io::Disk& disk, const Options& options) {
  auto found = recover(disk, options);
  EXPECT_TRUE(found) << found.error().text();
  auto writer = Writer::open(disk, options, found->tail);
  EXPECT_TRUE(writer);
  return std::move(*writer);
}

TEST(Format, HasTheDocumentedSizesAndPlaces) {
  core::Bytes segment;
  encode(SegmentHeader{.number = 0x0102, .size_bytes = 8192}, segment);
  EXPECT_EQ(segment.size(), 512u);
  EXPECT_EQ(core::as_text(core::BytesView(segment).first(8)), "XCHGJRNL");
  EXPECT_EQ(segment[16], std::byte{2});
  const auto read_back = decode_segment_header(segment);
  ASSERT_TRUE(read_back);
  EXPECT_EQ(read_back->number, 0x0102u);

  Sha256 sha;
  core::Bytes batch;
  BatchHeader header{
      .record_count = 1, .first = core::Sequence{5}, .durable_mark = core::Sequence{4}, .segment = 3, .offset = 512};
  encode_batch(header, core::as_bytes("some record"), sha, batch);
  EXPECT_EQ(batch.size(), 512u);
  EXPECT_EQ(core::as_text(core::BytesView(batch).first(8)), "XCHGBTCH");
  EXPECT_EQ(core::as_text(core::BytesView(batch).subspan(128, 11)), "some record");
  const auto header_back = decode_batch_header(batch);
  ASSERT_TRUE(header_back);
  EXPECT_EQ(header_back->first.value(), 5u);
  EXPECT_EQ(header_back->chain, chain_of(*header_back, core::as_bytes("some record"), sha));
}

TEST(Format, RoomAndItsInverseAgree) {
  for (std::uint64_t bytes = 1; bytes < 5000; ++bytes) {
    const std::uint64_t room = batch_room_bytes(bytes);
    EXPECT_EQ(room % kSectorBytes, 0u);
    EXPECT_GE(records_fitting_bytes(room), bytes);
    EXPECT_LT(records_fitting_bytes(room - kSectorBytes), bytes);
  }
}

TEST(Format, NamesOfSegments) {
  EXPECT_EQ(segment_path("journal", 0x1f), "journal/000000000000001f.log");
  EXPECT_EQ(segment_number("000000000000001f.log"), 0x1fu);
  for (const char* other :
       {"000000000000001F.log", "0000000000000000.log", "1f.log", "000000000000001f.tmp", "00000000000000zz.log", ""}) {
    EXPECT_FALSE(segment_number(other)) << other;
  }
}

TEST(Sha256, OfTheStandardsExample) {
  Sha256 sha;
  for (int twice = 0; twice < 2; ++twice) {
    sha.start();
    sha.add(core::as_bytes("a"));
    sha.add(core::as_bytes("bc"));
    const Chain digest = sha.finish();
    EXPECT_EQ(digest[0], std::byte{0xba});
    EXPECT_EQ(digest[1], std::byte{0x78});
    EXPECT_EQ(digest[31], std::byte{0xad});
  }
}

TEST(Writer, WhatIsWrittenIsReadOverSegments) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  const std::uint64_t next = write_journal(disk, options, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1, 1});
  EXPECT_GT(list_segments(disk, "journal")->size(), 3u);
  EXPECT_EQ(read_all(disk, options), bodies(1, next - 1));
  // And from the middle, without having to begin at a batch.
  EXPECT_EQ(read_all(disk, options, 24), bodies(24, next - 1));
}

TEST(Writer, ABatchMayFillASegmentToTheLastByte) {
  io::SimulatedDisk disk;
  const Options options = small_options(4 * kSectorBytes);
  auto writer = open_writer(disk, options);
  ASSERT_TRUE(prepare_all(*writer));
  ASSERT_EQ(writer->reservation().largest_records_bytes(), 3 * kSectorBytes - kBatchHeaderBytes);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const Batch batch = batch_filling(i, 3 * kSectorBytes);
    ASSERT_EQ(batch.records.size(), writer->reservation().largest_records_bytes());
    ASSERT_TRUE(writer->write(batch));
    ASSERT_TRUE(prepare_all(*writer));
  }
  EXPECT_EQ(read_all(disk, options)->size(), 4u);
  EXPECT_EQ(recover(disk, options)->tail.offset, 4 * kSectorBytes);
}

TEST(Writer, BeyondTheReservationIsABug) {
  io::SimulatedDisk disk;
  const Options options = small_options(4 * kSectorBytes);
  auto writer = open_writer(disk, options);
  ASSERT_TRUE(prepare_all(*writer));
  EXPECT_DEATH(static_cast<void>(writer->write(batch_filling(1, 4 * kSectorBytes))), "beyond the reservation");
  EXPECT_DEATH(static_cast<void>(writer->write(batch_of(2, 1))), "last_.next");
}

TEST(Writer, ReservationCountsDownAsTheWriterDoes) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  auto writer = open_writer(disk, options);
  std::uint64_t next = 1;
  core::Random random(3);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(prepare_all(*writer));
    const Batch batch = batch_of(next, 1 + static_cast<std::uint32_t>(random.below(8)));
    const Reservation expected = writer->reservation().after(batch.records.size());
    ASSERT_TRUE(writer->write(batch));
    EXPECT_EQ(writer->reservation().current_bytes, expected.current_bytes);
    EXPECT_EQ(writer->reservation().next_bytes, expected.next_bytes);
    next += batch.count;
  }
}

TEST(Writer, NeverWritesADurableByteAgain) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  auto writer = open_writer(disk, options);
  ASSERT_TRUE(prepare_all(*writer));
  std::vector<core::Bytes> images;
  std::uint64_t used = kSegmentHeaderBytes;
  for (std::uint64_t i = 1; writer->reservation().current_bytes >= batch_room_bytes(300); ++i) {
    const core::Bytes before = disk.content("journal/0000000000000001.log");
    ASSERT_TRUE(writer->write(batch_of(i, 1)));
    const core::Bytes after = disk.content("journal/0000000000000001.log");
    ASSERT_EQ(before.size(), after.size());
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(used), after.begin()));
    used = options.segment_bytes - writer->reservation().current_bytes;
    EXPECT_EQ(used % kSectorBytes, 0u);
  }
}

TEST(Writer, AFullDiskStopsReservingAndGoesOnWhenSpaceReturns) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  auto writer = open_writer(disk, options);
  disk.faults.capacity_bytes = disk.used_bytes() + options.segment_bytes / 2;
  InlineSink sink(*writer);
  std::uint64_t next = 1;
  while (sink.reserved_bytes() >= 400) {
    Batch batch = batch_of(next++, 1);
    sink.submit(batch);
    ASSERT_FALSE(sink.poll().failure);
    ASSERT_TRUE(sink.poll().disk_full);
    ASSERT_LT(next, 100u);
  }
  EXPECT_EQ(sink.poll().durable.value(), next - 1);
  disk.faults.capacity_bytes.reset();
  EXPECT_FALSE(sink.poll().disk_full);
  EXPECT_GT(sink.reserved_bytes(), 400u);
  Batch batch = batch_of(next, 3);
  sink.submit(batch);
  EXPECT_EQ(sink.poll().durable.value(), next + 2);
  EXPECT_EQ(read_all(disk, options), bodies(1, next + 2));
}

TEST(Writer, ErrorsOfTheDeviceAreFinal) {
  for (const bool at_sync : {false, true}) {
    io::SimulatedDisk disk;
    const Options options = small_options(64 * kSectorBytes);
    auto writer = open_writer(disk, options);
    ASSERT_TRUE(prepare_all(*writer));
    InlineSink sink(*writer);
    Batch batch = batch_of(1, 2);
    sink.submit(batch);
    ASSERT_EQ(sink.poll().durable.value(), 2u);
    if (at_sync)
      disk.faults.fail_sync_at = disk.syncs() + 1;
    else
      disk.faults.fail_write_at = disk.writes() + 1;
    batch = batch_of(3, 2);
    sink.submit(batch);
    EXPECT_EQ(sink.poll().durable.value(), 2u);
    ASSERT_TRUE(sink.poll().failure);
    EXPECT_EQ(sink.poll().failure->kind, core::ErrorKind::io);
    const std::uint64_t operations = disk.operations();
    EXPECT_EQ(writer->write(batch_of(3, 2)).error().what, sink.poll().failure->what);
    EXPECT_FALSE(writer->prepare_space());
    EXPECT_EQ(disk.operations(), operations) << "the device is left alone";
  }
}

TEST(Writer, AnErrorWhileTheNextSegmentIsMadeEndsItToo) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  auto writer = open_writer(disk, options);
  disk.faults.fail_sync_at = disk.syncs() + 2;
  const auto failed = prepare_all(*writer);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, core::ErrorKind::io);
  EXPECT_FALSE(writer->write(batch_of(1, 1)));
}

// A step holds up the commit behind it, so it is as long as the latest batch asks for, whatever was written before.
TEST(Writer, AStepTowardsTheNextSegmentStaysSmallAfterALongRun) {
  io::SimulatedDisk disk;
  const Options options = small_options(64 * kSectorBytes);
  auto writer = open_writer(disk, options);
  for (std::uint64_t i = 1; i <= 20; ++i) ASSERT_TRUE(writer->write(batch_filling(i, kSectorBytes)));
  const std::uint64_t before = disk.used_bytes();
  ASSERT_TRUE(writer->prepare_space());
  EXPECT_EQ(disk.used_bytes() - before, 4 * kSectorBytes);
  EXPECT_TRUE(writer->needs_space());
}

TEST(Writer, ASpareSegmentIsUsedAgainAndIsZeroFirst) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  std::uint64_t next = write_journal(disk, options, std::vector<std::uint32_t>(20, 2));
  const auto removed = remove_below(disk, options, core::Sequence{next});
  ASSERT_TRUE(removed);
  EXPECT_GE(*removed, 2u);
  const auto names = disk.list("journal");
  EXPECT_TRUE(std::ranges::find(*names, "spare.tmp") != names->end());
  const std::uint64_t used = disk.used_bytes();
  next = write_journal(disk, options, std::vector<std::uint32_t>(8, 2), next);
  EXPECT_LE(disk.used_bytes(), used + 2 * options.segment_bytes);
  const auto found = scan(disk, options, {.from = core::Sequence{next - 1}, .reaches = {}});
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_FALSE(found->cut);
  EXPECT_EQ(found->tail.last.value(), next - 1);
}

TEST(Retention, RemovesOnlyWhatIsWhollyBelow) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  const std::uint64_t next = write_journal(disk, options, std::vector<std::uint32_t>(30, 2));
  std::uint64_t first_kept = 1;
  for (std::uint64_t below = 1; below <= next + 5; ++below) {
    ASSERT_TRUE(remove_below(disk, options, core::Sequence{below}));
    // What is still needed must be there; so must the tail.
    const std::uint64_t from = std::min(below, next - 1);
    const auto rest = read_all(disk, options, from);
    ASSERT_TRUE(rest) << rest.error().text();
    EXPECT_EQ(*rest, bodies(from, next - 1));
    const auto first = scan(disk, options, {.from = core::Sequence{from}, .reaches = {}})->first.value();
    EXPECT_GE(first, first_kept);
    first_kept = first;
  }
  EXPECT_GT(first_kept, 1u);
  // What is gone is said to be gone.
  EXPECT_EQ(scan(disk, options).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(Reader::open(disk, "journal", core::Sequence{1}).error().kind, core::ErrorKind::not_found);
}

TEST(Reader, FollowsAJournalThatIsBeingWritten) {
  io::SimulatedDisk disk;
  const Options options = small_options();
  auto writer = open_writer(disk, options);
  auto reader = Reader::open(disk, "journal", core::Sequence{3});
  ASSERT_TRUE(reader);
  std::uint64_t next = 1, read = 3;
  core::Random random(5);
  for (int i = 0; i < 150; ++i) {
    ASSERT_TRUE(prepare_all(*writer));
    const Batch batch = batch_of(next, 1 + static_cast<std::uint32_t>(random.below(5)));
    ASSERT_TRUE(writer->write(batch));
    next += batch.count;
    // Sometimes it lags behind, sometimes its limit lies within a batch.
    if (random.chance(1, 3)) continue;
    const core::Sequence limit{writer->durable().value() - random.below(2)};
    while (true) {
      const auto entry = (*reader)->next(limit);
      ASSERT_TRUE(entry) << entry.error().text();
      if (!*entry) break;
      EXPECT_EQ((*entry)->record.header.sequence.value(), read);
      EXPECT_EQ(core::as_text((*entry)->record.body), body_of(read));
      const core::Bytes file = disk.content(std::string((*entry)->file.substr(std::string_view("disk:/").size())));
      core::BytesView at = core::BytesView(file).subspan((*entry)->offset);
      EXPECT_EQ(core::take_record(at)->header.sequence.value(), read);
      ++read;
    }
    EXPECT_EQ((*reader)->next_sequence(), std::max(limit.next(), core::Sequence{3}));
  }
  EXPECT_GT(read, 100u);
}

}  // namespace
}  // namespace journal
