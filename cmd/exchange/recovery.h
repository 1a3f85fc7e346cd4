// Start-up of the state: the newest whole snapshot, then the journal's tail. The only way in, after a clean stop as
// after a power cut.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/io/disk.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/snapshot_store.h"
#include "services/engine/replica.h"

namespace exchange {

// Called now and then during long work; `total` may be 0: unknown.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct Recovered {
  std::unique_ptr<engine::Replica> replica;
  journal::Scan journal;
  core::Sequence snapshot;  // none: replayed from the first record
  std::uint64_t replayed_records = 0;
  std::vector<core::Error> passed_over_snapshots;  // damaged, or of an earlier version
};

// A snapshot's content as a replica. Errors: corrupt when it does not hash to what the snapshot says of itself.
[[nodiscard]] core::Result<std::unique_ptr<engine::Replica>> load_replica(
    const journal::SnapshotStore::Loaded& snapshot, const std::string& path);

// Replays the journal's records behind the replica, up to and including `until`.
[[nodiscard]] core::Result<std::uint64_t> replay(io::Disk& disk, const std::string& journal_folder,
                                                 engine::Replica& replica, core::Sequence until,
                                                 const Progress& progress);

// Cuts a torn tail, makes the rest durable, and builds the state. Changes nothing when it fails.
[[nodiscard]] core::Result<Recovered> recover(io::Disk& disk, const journal::Options& options,
                                              const Progress& progress);

}  // namespace exchange
