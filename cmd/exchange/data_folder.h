// What lies in a data folder, by name.
#pragma once

#include <string>

#include "pkg/journal/snapshot_store.h"
#include "services/engine/replica.h"

namespace exchange {

inline constexpr const char* kLockFile = "lock";
inline constexpr const char* kJournalFolder = "journal";
inline constexpr const char* kSnapshotFolder = "snapshots";

[[nodiscard]] inline journal::SnapshotStore snapshot_store(io::Disk& disk) {
  return {disk, engine::kSavedVersion, kSnapshotFolder};
}
[[nodiscard]] inline std::string control_socket_path(const std::string& data) { return data + "/control.sock"; }
[[nodiscard]] inline std::string demo_key_path(const std::string& data) { return data + "/demo_key.json"; }

}  // namespace exchange
