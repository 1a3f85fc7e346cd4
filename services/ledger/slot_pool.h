// Records in numbered slots: 32-bit references instead of pointers, so that they can be echoed in messages, saved, and
// kept small. Grows by chunks (nothing is ever copied, references stay good) and reuses the slot given back last.
//
// Which slot a record gets is part of what the accounts fold says to matching, so the free slots and their order are
// state: they are saved and loaded. Slot 0 is never handed out and means none.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/check.h"
#include "pkg/core/error.h"

namespace ledger {

// T is default constructible and has `std::uint32_t& free_link()`: a field that a free record can spare.
template <class T>
class SlotPool {
 public:
  [[nodiscard]] T& operator[](std::uint32_t slot) { return chunks_[slot >> kChunkBits][slot & kChunkMask]; }
  [[nodiscard]] const T& operator[](std::uint32_t slot) const { return chunks_[slot >> kChunkBits][slot & kChunkMask]; }

  // A slot with a fresh T in it.
  [[nodiscard]] std::uint32_t take() {
    ++in_use_;
    if (first_free_ != 0) {
      const std::uint32_t slot = first_free_;
      T& record = (*this)[slot];
      first_free_ = record.free_link();
      record.free_link() = 0;
      return slot;
    }
    return take_fresh();
  }
  void give_back(std::uint32_t slot) {
    CHECK(slot != 0 && slot < used_);
    T& record = (*this)[slot];
    record = T{};
    record.free_link() = first_free_;
    first_free_ = slot;
    --in_use_;
  }

  // Slots ever used are 1 to used() - 1. Which of them are free is for the records themselves to say.
  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] std::uint32_t in_use() const { return in_use_; }
  [[nodiscard]] bool holds(std::uint32_t slot) const { return slot != 0 && slot < used_; }

  // The slots and their free chain; the content of the taken ones is saved by whoever knows it.
  void save_slots(core::ByteWriter& out) const {
    out.put(used_);
    out.put(used_ - 1 - in_use_);
    for (std::uint32_t slot = first_free_; slot != 0; slot = const_cast<T&>((*this)[slot]).free_link()) out.put(slot);
  }
  // REQUIRES an empty pool. Leaves every slot that is not free taken, with a fresh T in it; `is_free` tells which.
  [[nodiscard]] core::Result<std::vector<bool>> load_slots(core::ByteReader& in) {
    const auto used = in.get<std::uint32_t>();
    const auto free = in.get<std::uint32_t>();
    if (!in.ok() || used == 0 || free >= used || std::uint64_t{free} * 4 > in.remaining()) return damaged();
    std::vector<bool> is_free(used, false);
    std::vector<std::uint32_t> chain(free);
    for (std::uint32_t& slot : chain) {
      slot = in.get<std::uint32_t>();
      if (slot == 0 || slot >= used || is_free[slot]) return damaged();
      is_free[slot] = true;
    }
    // Every taken slot's record follows in the snapshot and takes a few bytes there: a bound for a damaged count.
    if (used - 1 - free > in.remaining()) return damaged();
    while (used_ < used) (void)take_fresh();
    in_use_ = used - 1 - free;
    for (std::size_t i = chain.size(); i-- > 0;) {
      (*this)[chain[i]].free_link() = first_free_;
      first_free_ = chain[i];
    }
    return is_free;
  }

 private:
  static constexpr unsigned kChunkBits = 12;
  static constexpr std::uint32_t kChunkMask = (1u << kChunkBits) - 1;

  static std::unexpected<core::Error> damaged() {
    return core::fail(core::ErrorKind::corrupt, "the snapshot's slots contradict each other");
  }
  [[gnu::noinline]] std::uint32_t take_fresh() {
    CHECK_MSG(used_ != UINT32_MAX, "all slots are in use");
    if ((used_ >> kChunkBits) >= chunks_.size()) chunks_.push_back(std::make_unique<T[]>(std::size_t{1} << kChunkBits));
    return used_++;
  }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::uint32_t first_free_ = 0;
  std::uint32_t used_ = 1;
  std::uint32_t in_use_ = 0;
};

}  // namespace ledger
