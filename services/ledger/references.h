// The references of the latest deposits, so that a movement from outside that is reported twice is booked once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/hash.h"
#include "services/ledger/slot_index.h"
#include "services/ledger/types.h"

namespace ledger {

// How many references are remembered; the oldest is forgotten first. A bound, since a fold's state must have one.
inline constexpr std::uint32_t kReferencesKept = 100'000;

class References {
 public:
  explicit References(std::uint32_t kept = kReferencesKept) : kept_(kept) {}

  [[nodiscard]] bool contains(std::string_view reference) const;
  // REQUIRES a reference that is not empty and not contained.
  void add(const Reference& reference);

  void hash(core::Digest& digest) const;
  void save(core::ByteWriter& out) const;  // oldest first
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  // Slot n is ring_[n - 1].
  [[nodiscard]] std::uint64_t hash_of(std::uint32_t slot) const;

  std::uint32_t kept_;
  std::vector<Reference> ring_;
  std::uint32_t oldest_ = 0;  // position in a full ring
  SlotIndex index_;
};

}  // namespace ledger
