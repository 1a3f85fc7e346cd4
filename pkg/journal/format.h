// The layout of journal segments and batches, as written down in docs/formats/journal.md.
//
// A segment is a file of fixed size: one sector of header, then batches, each starting on a sector boundary so that
// bytes that are durable are never written again; zeros behind the last one. Encoding and decoding only; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "pkg/journal/sha256.h"

namespace journal {

inline constexpr std::uint64_t kSectorBytes = 512;
inline constexpr std::uint64_t kSegmentHeaderBytes = kSectorBytes;
inline constexpr std::uint64_t kBatchHeaderBytes = 128;
inline constexpr std::uint64_t kSegmentBytesMax = 1ull << 31;
inline constexpr std::uint16_t kFormatVersion = 1;

struct SegmentHeader {
  std::uint64_t number = 0;      // 1, 2, 3, …; also the file's name
  std::uint64_t size_bytes = 0;  // of the whole file
};

struct BatchHeader {
  std::uint32_t record_count = 0;
  std::uint32_t records_bytes = 0;
  std::uint32_t records_crc = 0;
  core::Sequence first;
  core::Sequence durable_mark;  // everything up to here was durable when this batch was written
  std::uint64_t segment = 0;    // where the batch was meant to go: finds misdirected writes
  std::uint64_t offset = 0;
  Chain previous_chain{};
  Chain chain{};

  [[nodiscard]] core::Sequence last() const { return core::Sequence{first.value() + record_count - 1}; }
};

// What a batch of so many record bytes occupies in a segment.
[[nodiscard]] constexpr std::uint64_t batch_room_bytes(std::uint64_t records_bytes) {
  return (kBatchHeaderBytes + records_bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}
// The most record bytes that a batch in so much room can have.
[[nodiscard]] constexpr std::uint64_t records_fitting_bytes(std::uint64_t room_bytes) {
  const std::uint64_t whole = room_bytes / kSectorBytes * kSectorBytes;
  return whole < kBatchHeaderBytes ? 0 : whole - kBatchHeaderBytes;
}

// "journal/0000000000000001.log"
[[nodiscard]] std::string segment_path(const std::string& folder, std::uint64_t number);
// The number in a segment's file name; nothing when it is not one.
[[nodiscard]] std::optional<std::uint64_t> segment_number(const std::string& name);

// One sector.
void encode(const SegmentHeader& header, core::Bytes& out);
// Errors: corrupt, unsupported (a newer version); `where` is left to the caller.
[[nodiscard]] core::Result<SegmentHeader> decode_segment_header(core::BytesView sector);

// Fills in records_crc and chain, and appends header, records and padding.
void encode_batch(BatchHeader& header, core::BytesView records, Sha256& sha, core::Bytes& out);
// The header alone: its checksum holds and its numbers are possible. Nothing about the records is known yet.
[[nodiscard]] core::Result<BatchHeader> decode_batch_header(core::BytesView bytes);
// Whether the records match the header's checksum, and the chain value what it is made of.
[[nodiscard]] bool records_match(const BatchHeader& header, core::BytesView records);
[[nodiscard]] Chain chain_of(const BatchHeader& header, core::BytesView records, Sha256& sha);

[[nodiscard]] bool all_zero(core::BytesView bytes);

}  // namespace journal
