// Snapshot files (docs/formats/snapshot.md): written under a temporary name, synced, renamed, and never changed
// afterwards. What is in them is the caller's (a replica's saved state); a load that succeeds has checked every byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "pkg/io/disk.h"
#include "pkg/journal/sha256.h"

namespace journal {

// What a snapshot says about itself.
struct SnapshotInfo {
  core::Sequence sequence;          // of the last record that is in it
  core::Time time;                  // of that record
  std::uint64_t output_digest = 0;  // of everything sent out up to there
  std::uint64_t state_hash = 0;     // what the content must hash to once it is loaded
  Chain chain{};                    // of the journal's batch that has the sequence
  // Filled in by write():
  std::uint16_t content_version = 0;
  std::uint64_t content_bytes = 0;
};

class SnapshotStore {
 public:
  static constexpr std::size_t kKept = 3;

  // `content_version`: of the content's layout, which is the caller's and grows with what it saves.
  SnapshotStore(io::Disk& disk, std::uint16_t content_version, std::string folder = "snapshots")
      : disk_(disk), content_version_(content_version), folder_(std::move(folder)) {}

  // Durable when it returns. An error leaves at most a temporary file, which the next write replaces.
  [[nodiscard]] core::Result<SnapshotInfo> write(SnapshotInfo info, core::BytesView content);

  // Sequences by file name, newest first; empty when there is no folder.
  [[nodiscard]] core::Result<std::vector<core::Sequence>> list() const;
  [[nodiscard]] std::string path(core::Sequence sequence) const;

  struct Loaded {
    SnapshotInfo info;
    core::Bytes content;
  };
  // Errors: corrupt (file and offset), outdated (its content has an earlier version), unsupported, not_found, io.
  [[nodiscard]] core::Result<Loaded> load(core::Sequence sequence) const;

  struct Newest {
    std::optional<Loaded> snapshot;        // the newest that can be used; nothing when there is none
    std::vector<core::Error> passed_over;  // newer ones, newest first: corrupt or outdated
    core::Sequence reaches;                // the newest name, whatever is in it: the journal must reach it
  };
  // Errors: unsupported (a newer format: passing it over would silently go back in time), denied, io.
  [[nodiscard]] core::Result<Newest> load_newest() const;

  // Removes all but the newest `kept` (at least three) that can be used and, for those who follow the
  // journal and are no further than `needed`, the newest one that they can start from. Returns the oldest that is
  // kept: records up to it may leave the journal. None while there are fewer, or none to start from: then nothing may.
  [[nodiscard]] core::Result<core::Sequence> prune(std::size_t kept = kKept,
                                                   std::optional<core::Sequence> needed = std::nullopt);

 private:
  io::Disk& disk_;
  std::uint16_t content_version_;
  std::string folder_;
};

}  // namespace journal
