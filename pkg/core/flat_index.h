// An index of non-zero 64-bit keys to non-zero 32-bit values (slots), for the hot path of folds: open addressing with
// linear probing, deletion by shifting back (no tombstones, so it never slows with age), growth by doubling.
//
// Nothing about it depends on addresses or random seeds, and its entries cannot be iterated in table order, so a fold
// that uses it stays deterministic; `sorted` exports them for snapshots and hashes. Not for keys that an attacker
// chooses: whoever indexes such text hashes it with a secret first, or bounds its number. One thread. Steady state does
// not allocate: reserve() in front, and growth only when more keys live at once than ever before.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pkg/core/check.h"

namespace core {

class FlatIndex {
 public:
  static constexpr std::uint32_t kAbsent = 0;

  // Room for `count` keys without growing.
  void reserve(std::size_t count) {
    std::size_t capacity = kCapacityMin;
    while (load_limit(capacity) < count) capacity *= 2;
    if (capacity > keys_.size()) rehash(capacity);
  }

  // The key's value, kAbsent when it is not there.
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    if (size_ == 0 || key == 0) return kAbsent;
    return values_[position_of(key)];
  }

  // REQUIRES key != 0, value != 0, and that the key is absent.
  void insert(std::uint64_t key, std::uint32_t value) {
    CHECK(key != 0 && value != kAbsent);
    if (size_ >= load_limit(keys_.size())) rehash(std::max(kCapacityMin, keys_.size() * 2));
    const std::size_t at = position_of(key);
    CHECK_MSG(keys_[at] == 0, "the key is there already");
    keys_[at] = key;
    values_[at] = value;
    ++size_;
  }

  // False when it was not there.
  bool erase(std::uint64_t key) {
    if (size_ == 0 || key == 0) return false;
    std::size_t hole = position_of(key);
    if (keys_[hole] == 0) return false;
    // Every entry behind the hole, up to the next free place, moves back unless that would put it in front of its home.
    for (std::size_t at = next(hole); keys_[at] != 0; at = next(at)) {
      const std::size_t distance_from_home = (at - home(keys_[at])) & mask_;
      if (distance_from_home < ((at - hole) & mask_)) continue;
      keys_[hole] = keys_[at];
      values_[hole] = values_[at];
      hole = at;
    }
    keys_[hole] = 0;
    values_[hole] = kAbsent;
    --size_;
    return true;
  }

  void clear() {
    std::fill(keys_.begin(), keys_.end(), 0);
    std::fill(values_.begin(), values_.end(), kAbsent);
    size_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // All entries, by key.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted() const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> entries;
    entries.reserve(size_);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] != 0) entries.emplace_back(keys_[i], values_[i]);
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  }

 private:
  static constexpr std::size_t kCapacityMin = 16;

  static constexpr std::size_t load_limit(std::size_t capacity) { return capacity / 2; }  // short probes before memory

  // Multiplication spreads counters and structured ids alike over the top bits (Fibonacci hashing, Knuth 6.4).
  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ull) >> shift_);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask_; }

  // Where the key is, or the free place where it would go. REQUIRES capacity, and key != 0.
  [[nodiscard]] std::size_t position_of(std::uint64_t key) const {
    std::size_t at = home(key);
    while (keys_[at] != key && keys_[at] != 0) at = next(at);
    return at;
  }

  void rehash(std::size_t capacity) {
    CHECK(std::has_single_bit(capacity) && load_limit(capacity) >= size_);
    std::vector<std::uint64_t> keys(capacity, 0);
    std::vector<std::uint32_t> values(capacity, kAbsent);
    keys.swap(keys_);
    values.swap(values_);
    mask_ = capacity - 1;
    shift_ = 64 - std::countr_zero(capacity);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == 0) continue;
      const std::size_t at = position_of(keys[i]);
      keys_[at] = keys[i];
      values_[at] = values[i];
    }
  }

  std::vector<std::uint64_t> keys_;    // 0: free
  std::vector<std::uint32_t> values_;  // beside keys_, so that a probe reads keys alone
  std::size_t mask_ = 0;
  int shift_ = 64;
  std::size_t size_ = 0;
};

}  // namespace core
