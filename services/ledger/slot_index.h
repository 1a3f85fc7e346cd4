// Finds the slot of a record by its key at four bytes an entry: the table holds slots alone, the keys are read where
// they are, in the records. (core::FlatIndex keeps its keys, is faster on a cold cache, and takes 24 bytes and more.)
//
// Open addressing, linear probing, deletion by shifting back, growth by doubling at 70 %. Nothing about it depends on
// addresses, and it cannot be iterated, so a fold that uses it stays deterministic. Not for keys that an attacker
// chooses without bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/core/check.h"

namespace ledger {

class SlotIndex {
 public:
  // The slot under `hash` for which `matches(slot)`; 0 when there is none.
  template <class Matches>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Matches&& matches) const {
    if (size_ == 0) return 0;
    for (std::size_t at = home(hash); slots_[at] != 0; at = next(at)) {
      if (matches(slots_[at])) return slots_[at];
    }
    return 0;
  }
  // REQUIRES that no slot with this key is in it. `hash_of(slot)` gives the hash a slot was inserted with.
  template <class HashOf>
  void insert(std::uint64_t hash, std::uint32_t slot, HashOf&& hash_of) {
    CHECK(slot != 0);
    if (size_ * 10 >= slots_.size() * 7) grow(hash_of);
    place(hash, slot);
    ++size_;
  }
  // REQUIRES that the slot is in it under `hash`.
  template <class HashOf>
  void erase(std::uint64_t hash, std::uint32_t slot, HashOf&& hash_of) {
    CHECK(size_ != 0);
    std::size_t hole = home(hash);
    while (slots_[hole] != slot) {
      CHECK_MSG(slots_[hole] != 0, "the slot is not in the index");
      hole = next(hole);
    }
    // Every entry behind the hole, up to the next free place, moves back unless that would put it in front of its home.
    for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
      const std::size_t distance_from_home = (at - home(hash_of(slots_[at]))) & mask();
      if (distance_from_home < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = 0;
    --size_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof slots_[0]; }

 private:
  static constexpr std::size_t kCapacityMin = 16;

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask(); }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  void place(std::uint64_t hash, std::uint32_t slot) {
    std::size_t at = home(hash);
    while (slots_[at] != 0) at = next(at);
    slots_[at] = slot;
  }
  template <class HashOf>
  [[gnu::noinline]] void grow(HashOf&& hash_of) {
    std::vector<std::uint32_t> old(slots_.empty() ? kCapacityMin : slots_.size() * 2, 0);
    old.swap(slots_);
    for (const std::uint32_t slot : old) {
      if (slot != 0) place(hash_of(slot), slot);
    }
  }

  std::vector<std::uint32_t> slots_;  // 0: free; a power of two of them
  std::size_t size_ = 0;
};

}  // namespace ledger
