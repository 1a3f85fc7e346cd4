// Appends batches to the journal (docs/formats/journal.md) and makes them durable.
//
// Owns the segment that is written and the next one, which is filled with zeros ahead of time in small steps, so that a
// commit never asks the file system for space. Thread-agnostic: one thread at a time calls it, usually the journal
// thread; only `Reservation` values travel to other threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "pkg/core/error.h"
#include "pkg/io/disk.h"
#include "pkg/journal/format.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/segment.h"
#include "pkg/journal/sink.h"

namespace journal {

// Room for batches, in a form that whoever submits can count down alone while the journal thread is at work.
struct Reservation {
  std::uint64_t current_bytes = 0;  // left in the segment that is written
  std::uint64_t next_bytes = 0;     // in the next one; 0 while there is none

  // The most record bytes the next batch may have.
  [[nodiscard]] std::uint64_t largest_records_bytes() const {
    return records_fitting_bytes(current_bytes > next_bytes ? current_bytes : next_bytes);
  }
  // What is left after a batch of so many record bytes. REQUIRES that it fits.
  [[nodiscard]] Reservation after(std::uint64_t records_bytes) const {
    const std::uint64_t room = batch_room_bytes(records_bytes);
    if (room <= current_bytes) return {current_bytes - room, next_bytes};
    CHECK(room <= next_bytes);
    return {next_bytes - room, 0};
  }
};

class Writer {
 public:
  // Continues at the tail that recover() returned. Errors: from opening the segments.
  [[nodiscard]] static core::Result<std::unique_ptr<Writer>> open(io::Disk& disk, const Options& options,
                                                                  const Tail& tail);
  ~Writer();

  // Writes and syncs one batch; it is durable when this returns. Any error is final: what is on the device is unknown,
  // so the process must end and recover. REQUIRES batch.first to be the sequence after durable(), and the batch to fit.
  [[nodiscard]] core::Result<void> write(const Batch& batch);

  // Whether the next segment is still to be made.
  [[nodiscard]] bool needs_space() const { return next_.file == nullptr; }
  // One bounded step (Options::zero_step_bytes, more after large batches) towards the next segment; call it again until
  // needs_space() is false, best after a commit or when idle. Error no_space is not final: nothing of the journal was
  // touched and the next call goes on where this one stopped. Any other error is final, as with write().
  [[nodiscard]] core::Result<void> prepare_space();

  [[nodiscard]] Reservation reservation() const;
  [[nodiscard]] core::Sequence durable() const { return last_; }
  [[nodiscard]] const Chain& chain() const { return chain_; }

 private:
  struct Segment {
    std::unique_ptr<io::File> file;
    std::uint64_t number = 0, size_bytes = 0, offset = 0;
    [[nodiscard]] std::uint64_t left_bytes() const { return file ? size_bytes - offset : 0; }
  };
  Writer(io::Disk& disk, const Options& options, const Tail& tail);
  [[nodiscard]] core::Result<Segment> open_empty(std::uint64_t number, std::uint64_t size_bytes);

  io::Disk& disk_;
  const Options options_;
  Segment current_, next_;
  SegmentFiller filler_;
  std::uint64_t latest_batch_bytes_ = 0;  // since the latest step
  core::Sequence last_;
  Chain chain_{};
  Sha256 sha_;
  core::Bytes buffer_;                  // header, records and padding of one batch
  std::optional<core::Error> failure_;  // the first final one: every call after it fails the same way
};

}  // namespace journal
