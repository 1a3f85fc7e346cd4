// The journal benchmark: what one commit costs on this disk, and how much goes through when batches are large.
#pragma once

#include <cstdint>

#include "bench/latency.h"
#include "pkg/core/error.h"
#include "pkg/io/disk.h"

namespace bench {

struct JournalOptions {
  std::uint64_t commits = 2'000;  // of one record each, for the latency
  std::uint64_t batches = 500;    // for the throughput
  std::uint32_t commands_per_batch = 4'096;
  std::uint32_t body_bytes = 40;  // of a record
};

struct JournalResult {
  Latency commit;  // write and sync of one record
  std::uint64_t record_bytes = 0;
  double megabytes_per_second = 0, commands_per_second = 0;  // in large batches
};

// Writes into the folder "journal" of `disk`, which should be empty.
[[nodiscard]] core::Result<JournalResult> bench_journal(io::Disk& disk, const JournalOptions& options);

}  // namespace bench
