// One segment file, looked at batch by batch; and the making of new ones. Internal to pkg/journal.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/io/disk.h"
#include "pkg/journal/format.h"

namespace journal {

// The numbers of the segments in a folder, rising; empty when there is no folder. Other names are none of ours.
[[nodiscard]] core::Result<std::vector<std::uint64_t>> list_segments(const io::Disk& disk, const std::string& folder);

// What lies at a place where a batch could begin.
struct Found {
  enum class Kind {
    batch,   // whole: header, records, padding and place agree
    blank,   // zeros, or the end of the segment
    broken,  // anything else
  };
  Kind kind = Kind::blank;
  BatchHeader header;
  core::BytesView records;  // valid until the next call to the view
  std::string reason;       // of broken
};

class SegmentView {
 public:
  // Checks the header. Errors: corrupt, unsupported, and what the disk says.
  [[nodiscard]] static core::Result<std::unique_ptr<SegmentView>> open(io::Disk& disk, const std::string& folder,
                                                                       std::uint64_t number);

  [[nodiscard]] core::Result<Found> at(std::uint64_t offset);
  // The bytes from `offset`, fewer only where the file ends; valid until the next call.
  [[nodiscard]] core::Result<core::BytesView> view(std::uint64_t offset, std::size_t size);
  // The next look reads from the file again, which may have grown.
  void forget() { window_.clear(); }
  // The first place from `offset` on whose sector is not zero; nothing when all is blank.
  [[nodiscard]] core::Result<std::optional<std::uint64_t>> first_used_sector(std::uint64_t offset);
  // One behind the last byte that is not zero; `offset` when all is blank from there.
  [[nodiscard]] core::Result<std::uint64_t> used_end(std::uint64_t offset);
  // A batch header from `offset` on that belongs where it stands and was written when `mark` was durable.
  [[nodiscard]] core::Result<std::optional<std::uint64_t>> proof_of(core::Sequence mark, std::uint64_t offset);

  [[nodiscard]] std::uint64_t number() const { return header_.number; }
  [[nodiscard]] std::uint64_t size_bytes() const { return header_.size_bytes; }  // as it should be
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }         // as it was when opened
  [[nodiscard]] const std::string& file() const { return full_path_; }
  [[nodiscard]] std::string place(std::uint64_t offset) const;

 private:
  SegmentView() = default;
  [[nodiscard]] bool belongs(const BatchHeader& header, std::uint64_t offset) const;

  std::unique_ptr<io::File> file_;
  std::string full_path_;
  SegmentHeader header_;
  std::uint64_t file_bytes_ = 0;
  core::Bytes window_;
  std::uint64_t window_offset_ = 0;
};

// Makes a segment under a temporary name, in steps, and gives it its own name when it is durable and all zero behind
// its header. Starts from a spare file that retention left, where there is one: its space is already ours.
class SegmentFiller {
 public:
  SegmentFiller(io::Disk& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

  // Writes and syncs up to `step_bytes`; true once the segment is there. Goes on where it was after no_space. Every
  // other error is final. REQUIRES the same number and size until it is done.
  [[nodiscard]] core::Result<bool> step(const SegmentHeader& header, std::uint64_t step_bytes);

 private:
  [[nodiscard]] core::Result<void> start(const SegmentHeader& header);
  [[nodiscard]] core::Result<void> finish(const SegmentHeader& header);

  io::Disk& disk_;
  const std::string folder_;
  std::unique_ptr<io::File> file_;
  std::uint64_t filled_bytes_ = 0;
  core::Bytes buffer_;
};

[[nodiscard]] std::string spare_path(const std::string& folder);

}  // namespace journal
