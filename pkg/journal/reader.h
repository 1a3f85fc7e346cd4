// Reads records in sequence, over batches and segments: for recovery, the snapshot follower, `verify`, `inspect`,
// `replay`.
//
// Read-only, and usable on a journal that is being written, up to a sequence that is known to be durable: the reader
// never looks at a batch that begins behind `limit`. Each batch's header and checksum, and each record's, are checked;
// the SHA-256 chain is followed by value (every batch names its predecessor's) and recomputed when `verify_chain` asks
// for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pkg/core/error.h"
#include "pkg/core/record.h"
#include "pkg/io/disk.h"
#include "pkg/journal/format.h"
#include "pkg/journal/segment.h"

namespace journal {

struct Entry {
  core::Record record;       // valid until the next call
  std::string_view file;     // full path of the segment; valid until the next call
  std::uint64_t offset = 0;  // of the record in it
};

class Reader {
 public:
  // Starts at the record `from`, which need not be there yet. Errors: not_found when the journal begins behind it.
  [[nodiscard]] static core::Result<std::unique_ptr<Reader>> open(io::Disk& disk, const std::string& folder,
                                                                  core::Sequence from, bool verify_chain = false);
  ~Reader();

  // The next record, or nothing when it is behind `limit` or has not been written. Errors: corrupt. A journal that
  // nobody writes may be read with the limit that scan() gave (Scan::tail.last).
  [[nodiscard]] core::Result<std::optional<Entry>> next(core::Sequence limit);

  // The sequence that next() will give.
  [[nodiscard]] core::Sequence next_sequence() const { return next_; }
  // The batch that the last record came from.
  [[nodiscard]] const BatchHeader& batch() const { return batch_; }

 private:
  Reader(io::Disk& disk, std::string folder, core::Sequence from, bool verify_chain);
  [[nodiscard]] core::Result<void> seek();
  [[nodiscard]] core::Result<bool> take_batch();
  [[nodiscard]] std::unexpected<core::Error> damaged(std::string what, std::uint64_t offset) const;

  io::Disk& disk_;
  const std::string folder_;
  core::Sequence next_;
  const bool verify_chain_;
  std::unique_ptr<SegmentView> segment_;
  std::uint64_t offset_ = 0;    // of the next batch
  std::optional<Chain> chain_;  // of the batch before
  BatchHeader batch_;
  core::Sequence in_batch_;          // of the first record in records_
  core::BytesView records_;          // what is left of the current batch
  std::uint64_t record_offset_ = 0;  // of records_ in the file
  Sha256 sha_;
};

}  // namespace journal
