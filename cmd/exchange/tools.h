// What an operator looks into a data folder with: verify, inspect, replay, and snapshots of an exchange that does not
// run. Read-only but for the snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cmd/exchange/json.h"

namespace exchange {

// Reads everything: checksums and chain of every batch, every record through the folds, every checkpoint's digest,
// every snapshot against the state replayed, the audit of the final state, every row of the stores against stores made
// anew from the journal (in the system's temporary folder, which must have the room). The result says `ok` and, when it
// is false, `problem`: the first bad place.
[[nodiscard]] json::object verify(const std::string& data);

struct InspectOptions {
  std::string data;
  std::uint64_t from = 1, to = UINT64_MAX;  // sequences, inclusive
  std::optional<std::uint64_t> account, order;
  bool events = false;  // made again by replay
  bool json = false;
};
// Prints records to standard output, one a line.
[[nodiscard]] core::Result<void> inspect(const InspectOptions& options);

// Replays up to `until` (nothing: all) from as far back as the journal goes. Gives hash, digest, counts and speed.
[[nodiscard]] core::Result<json::object> replay_log(const std::string& data, std::optional<std::uint64_t> until);

// By the running exchange, or here when none runs: then at the journal's last checkpoint.
[[nodiscard]] core::Result<json::object> take_snapshot(const std::string& data);

}  // namespace exchange
