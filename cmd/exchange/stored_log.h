// A data folder's journal and snapshots, opened for reading only: whether the exchange runs on it or not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/recovery.h"
#include "pkg/io/real_disk.h"
#include "pkg/journal/reader.h"
#include "pkg/journal/snapshot_store.h"

namespace exchange {

class StoredLog {
 public:
  // Finds out how far the journal is durable: from the running exchange, else by looking. Errors: not_found when there
  // is no journal, corrupt when it is damaged.
  [[nodiscard]] static core::Result<StoredLog> open(const std::string& data);

  [[nodiscard]] io::Disk& disk() const { return *disk_; }
  [[nodiscard]] core::Sequence last() const { return last_; }  // durable
  [[nodiscard]] bool is_running() const { return !lock_; }     // an exchange has the folder
  [[nodiscard]] const std::optional<journal::Cut>& cut() const {
    return cut_;
  }  // a torn tail that the next start will cut
  [[nodiscard]] journal::SnapshotStore snapshots() const { return snapshot_store(*disk_); }

  // Records from `from`; nothing may be missing. Errors: not_found when the journal begins behind it.
  [[nodiscard]] core::Result<std::unique_ptr<journal::Reader>> read(core::Sequence from,
                                                                    bool verify_chain = false) const;
  // The state as of the latest snapshot at or below `at`, or empty when the journal goes back to its first record. With
  // `oldest`: as far back as possible.
  [[nodiscard]] core::Result<std::unique_ptr<engine::Replica>> state_at_or_before(core::Sequence at, bool oldest) const;

 private:
  StoredLog() = default;
  std::unique_ptr<io::RealDisk> disk_;
  std::unique_ptr<io::FileLock> lock_;  // held while nobody runs, so that nobody starts meanwhile
  core::Sequence last_;
  std::optional<journal::Cut> cut_;
};

}  // namespace exchange
