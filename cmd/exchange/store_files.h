// The files of the stores that follow the journal, and what becomes of one that cannot be used.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "pkg/core/error.h"
#include "pkg/core/ids.h"

namespace exchange {

inline constexpr const char* kHistoryStore = "history";
inline constexpr const char* kMarketDataStore = "market_data";

[[nodiscard]] inline std::string store_path(const std::string& data, const std::string& name) {
  return data + "/" + name + ".sqlite";
}

// Renames the file and those that belong to it to *.damaged-N and removes all but the latest three of these. Returns
// the new name; empty when there was no file.
[[nodiscard]] core::Result<std::string> set_store_aside(const std::string& path);

// The record that every store has reached, as its file says; none when one is missing or does not tell.
[[nodiscard]] core::Sequence stored_position(const std::string& data);

// What the thread that writes a store and the one that reads it tell each other. A generation is one opening of one
// file: a reader that has an older one opens the file again.
struct StoreGate {
  std::atomic<std::uint64_t> generation{0};  // 0: there is nothing to read now
  std::atomic<bool> is_suspected{false};     // the reader has found damage
};
struct StoreGates {
  StoreGate history, market_data;
};

}  // namespace exchange
