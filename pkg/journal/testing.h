// Small journals for tests: records whose bodies follow from their sequence, so that a test can tell lost from changed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pkg/core/record.h"
#include "pkg/io/simulated_disk.h"
#include "pkg/journal/reader.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/writer.h"

namespace journal::testing {

inline Options small_options(std::uint64_t segment_bytes = 8 * kSectorBytes) {
  return {.folder = "journal", .segment_bytes = segment_bytes, .zero_step_bytes = 1024};
}

inline std::string body_of(std::uint64_t sequence) {
  return "record " + std::to_string(sequence) + std::string(sequence * 37 % 90, static_cast<char>('a' + sequence % 26));
}

inline void append_record(core::Bytes& out, std::uint64_t sequence, std::string_view body) {
  const std::size_t start = core::start_record(
      {.type = 7, .sequence = core::Sequence{sequence}, .time = core::Time{static_cast<std::int64_t>(sequence)}}, out);
  core::ByteWriter(out).put_raw(core::as_bytes(body));
  core::finish_record(start, out);
}

inline Batch batch_of(std::uint64_t first, std::uint32_t count) {
  Batch batch{.records = {}, .first = core::Sequence{first}, .last = core::Sequence{first + count - 1}, .count = count};
  for (std::uint64_t i = first; i < first + count; ++i) append_record(batch.records, i, body_of(i));
  return batch;
}

// One record that makes a batch of exactly so many bytes in the segment.
inline Batch batch_filling(std::uint64_t first, std::uint64_t room_bytes) {
  Batch batch{.records = {}, .first = core::Sequence{first}, .last = core::Sequence{first}, .count = 1};
  append_record(batch.records, first, std::string(room_bytes - kBatchHeaderBytes - core::kRecordHeaderBytes, 'x'));
  return batch;
}

inline core::Result<void> prepare_all(Writer& writer) {
  while (writer.needs_space()) {
    if (auto prepared = writer.prepare_space(); !prepared) return prepared;
  }
  return {};
}

// Everything that is there, by scan() and then the reader.
inline core::Result<std::vector<std::string>> read_all(io::Disk& disk, const Options& options, std::uint64_t from = 1) {
  const auto found = scan(disk, options, {.from = core::Sequence{from}, .reaches = {}});
  if (!found) return std::unexpected(found.error());
  auto reader = Reader::open(disk, options.folder, core::Sequence{from}, true);
  if (!reader) return std::unexpected(reader.error());
  std::vector<std::string> bodies;
  while (true) {
    const auto entry = (*reader)->next(found->tail.last);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return bodies;
    EXPECT_EQ((*entry)->record.header.sequence.value(), from + bodies.size());
    bodies.emplace_back(core::as_text((*entry)->record.body));
  }
}

inline std::vector<std::string> bodies(std::uint64_t first, std::uint64_t last) {
  std::vector<std::string> out;
  for (std::uint64_t i = first; i <= last; ++i) out.push_back(body_of(i));
  return out;
}

// A journal on `disk` with batches of the given counts; returns the sequence behind the last record.
inline std::uint64_t write_journal(io::SimulatedDisk& disk, const Options& options,
                                   const std::vector<std::uint32_t>& counts, std::uint64_t from = 1) {
  const auto found = recover(disk, options, {.from = core::Sequence{from}, .reaches = {}});
  EXPECT_TRUE(found) << found.error().text();
  auto writer = Writer::open(disk, options, found->tail);
  EXPECT_TRUE(writer);
  std::uint64_t next = found->tail.last.value() + 1;
  for (const std::uint32_t count : counts) {
    EXPECT_TRUE(prepare_all(**writer));
    EXPECT_TRUE((*writer)->write(batch_of(next, count)));
    next += count;
  }
  EXPECT_TRUE(prepare_all(**writer));
  return next;
}

}  // namespace journal::testing
