// Where the host's batches go to become durable. One commit is in flight at a time: a batch is handed over only when
// the one before it is durable, so that a valid batch on disk proves that all before it were.
#pragma once

#include <cstdint>
#include <optional>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/ids.h"

namespace journal {

// Records first..last, encoded one behind the other.
struct Batch {
  core::Bytes records;
  core::Sequence first, last;
  std::uint32_t count = 0;
  void clear() {
    records.clear();
    count = 0;
    first = last = {};
  }
};

struct Progress {
  core::Sequence durable;  // everything up to here survives a power cut
  std::optional<core::Error>
      failure;             // the device failed: nothing after `durable` may ever be acknowledged; end the process
  bool disk_full = false;  // the latest attempt to make more room found none; it will be tried again
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Bytes of records that the next batch may have without asking the file system for space; the batch in flight is
  // already counted off, so the number falls only by submit(). The host sequences a command only into this room; the
  // sink keeps making more (next segment) and tries again when the disk was full.
  [[nodiscard]] virtual std::uint64_t reserved_bytes() const = 0;
  [[nodiscard]] virtual bool idle() const = 0;  // no commit in flight
  // Takes the batch's content by swapping buffers. REQUIRES idle().
  virtual void submit(Batch& batch) = 0;
  [[nodiscard]] virtual Progress poll() = 0;
};

}  // namespace journal
