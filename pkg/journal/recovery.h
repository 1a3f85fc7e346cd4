// Start-up of a journal: find where it ends, decide between a torn tail and damage, make the tail durable, hand over to
// the Writer. It is the only start-up path: a clean stop and a crash look alike.
//
// What may be cut is exactly what cannot have been acknowledged: the one batch that was in flight. A batch is written
// only when all before it are durable, so anything valid behind a broken place proves that the broken place was durable
// once: that is damage, and recovery refuses without having changed a byte. What nobody can decide is whether the very
// last batch was torn by the crash or rotted after it was acknowledged; a snapshot that reaches further decides even
// that (`reaches`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "pkg/io/disk.h"
#include "pkg/journal/sha256.h"

namespace journal {

struct Options {
  std::string folder = "journal";
  std::uint64_t segment_bytes = 64 << 20;  // of new segments; a multiple of 512
  // How much of the next segment one prepare_space() fills and syncs: 170 to 380 µs on a disk that commits 4 KiB in 95.
  std::uint64_t zero_step_bytes = 256 << 10;
};

struct ScanOptions {
  // The first sequence that will be replayed: it, or the end of the journal, must be there. Segments wholly below it
  // are only counted, not read.
  core::Sequence from{1};
  // Known to have been durable, by a snapshot: a journal that ends below it is damaged.
  core::Sequence reaches;
};

// The end of the journal that was not kept.
struct Cut {
  std::string file;          // full path
  std::uint64_t offset = 0;  // first byte that was not kept
  std::uint64_t bytes = 0;   // from there to the last byte that was not zero (or was missing)
  std::string reason;        // "records do not match their checksum"
};

// Where the next batch goes, and what it continues.
struct Tail {
  std::uint64_t segment = 0;  // 0: there is no segment yet
  std::uint64_t offset = 0;
  std::uint64_t segment_bytes = 0;
  core::Sequence last;  // 0 when the journal is empty
  Chain chain{};
  std::uint64_t next_segment_bytes = 0;  // segment + 1 exists, empty and whole; 0: it does not
};

struct Scan {
  Tail tail;
  core::Sequence first;  // of the oldest record that is there; 0 when empty
  std::optional<Cut> cut;
  std::uint64_t segments = 0, batches = 0, records_bytes = 0;  // batches and bytes of what was read
  // Where the last whole batch lies; recovery writes it again, since after a failed sync nobody knows if it is on the
  // device.
  std::uint64_t last_batch_segment = 0, last_batch_offset = 0, last_batch_bytes = 0;
};

// Reads and judges, changes nothing. Errors: corrupt (file, offset, what to do), unsupported (a newer format).
[[nodiscard]] core::Result<Scan> scan(io::Disk& disk, const Options& options, const ScanOptions& what = {});

// scan(), then: cuts a torn tail (zeros behind the last whole batch), writes the last batch again and syncs, makes the
// folder and the first segment when there is none. What the result says is durable when it returns.
[[nodiscard]] core::Result<Scan> recover(io::Disk& disk, const Options& options, const ScanOptions& what = {});

// Retention: takes away segments that hold only records below `sequence`, oldest first; one of them is kept as a spare
// that prepare_space() fills with zeros again. Never touches the segment with the tail. Safe beside a running Writer.
// Returns how many went.
[[nodiscard]] core::Result<std::uint64_t> remove_below(io::Disk& disk, const Options& options, core::Sequence sequence);

}  // namespace journal
