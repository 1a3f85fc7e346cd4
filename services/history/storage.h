// The containers of the read model: records in pooled chunks that never move, queues that live in one vector, and the
// index from order id to slot. In steady state none of them asks the allocator for memory.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/core/check.h"
#include "pkg/core/flat_index.h"

namespace history {

using Slot = std::uint32_t;  // of a pool; 0: none
inline constexpr Slot kNoSlot = 0;

// Records at stable addresses, named by slot. A freed slot is the next to be used, being the warmest.
template <class T>
class Pool {
 public:
  Pool() { free_.reserve(kChunk); }

  [[nodiscard]] Slot add() {
    if (free_.empty()) grow();
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void remove(Slot slot) { free_.push_back(slot); }
  [[nodiscard]] T& operator[](Slot slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }
  [[nodiscard]] const T& operator[](Slot slot) const { return (*chunks_[slot / kChunk])[slot % kChunk]; }

 private:
  // About 128 KiB a chunk: few allocations, and small models stay small.
  static constexpr std::size_t kChunk = std::bit_floor(std::size_t{128} * 1024 / sizeof(T));

  void grow() {
    const std::size_t first = chunks_.size() * kChunk;
    CHECK(first + kChunk <= 0x8000'0000u);
    chunks_.push_back(std::make_unique<std::array<T, kChunk>>());
    const std::size_t slots = chunks_.size() * kChunk;
    if (free_.capacity() < slots) free_.reserve(2 * slots);
    for (std::size_t i = kChunk; i-- > 0;) {
      if (first + i != kNoSlot) free_.push_back(static_cast<Slot>(first + i));
    }
  }

  std::vector<std::unique_ptr<std::array<T, kChunk>>> chunks_;
  std::vector<Slot> free_;  // with room for every slot, so that remove() never allocates
};

// First in, first out, with random access. What was popped in front is reclaimed when it is half of the vector:
// constant cost per element, and a queue of steady length stays in the memory it has.
template <class T>
class Queue {
 public:
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] T& operator[](std::size_t i) { return items_[head_ + i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[head_ + i]; }
  [[nodiscard]] auto begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  [[nodiscard]] auto end() const { return items_.end(); }

  void push(const T& item) {
    if (items_.size() == items_.capacity() && head_ > 0 && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), begin());
      head_ = 0;
    }
    items_.push_back(item);
  }
  void pop() {
    CHECK(!empty());
    ++head_;
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    items_.erase(items_.begin(), begin());
    head_ = 0;
    std::erase_if(items_, predicate);
  }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;
};

// Order id to slot. Ids are handed out in rising order and looked up soon after, so they are kept in pages of
// consecutive ids: the page in use stays in the cache, where a hash of single ids would miss on every new order.
class OrderIndex {
 public:
  [[nodiscard]] Slot find(std::uint64_t order) const {
    const Page* page = find_page(order);
    return page == nullptr ? kNoSlot : page->slots[order % kIds];
  }
  // REQUIRES that the order is absent and the slot is one.
  void insert(std::uint64_t order, Slot slot) {
    CHECK(slot != kNoSlot);
    Page* page = find_page(order);
    if (page == nullptr) page = add_page(order);
    CHECK(page->slots[order % kIds] == kNoSlot);
    page->slots[order % kIds] = slot;
    ++page->used;
  }
  // REQUIRES that the order is there.
  void replace(std::uint64_t order, Slot slot) {
    Page* page = find_page(order);
    CHECK(page != nullptr && page->slots[order % kIds] != kNoSlot && slot != kNoSlot);
    page->slots[order % kIds] = slot;
  }
  // REQUIRES that the order is there.
  void erase(std::uint64_t order) {
    Page* page = find_page(order);
    CHECK(page != nullptr && page->slots[order % kIds] != kNoSlot);
    page->slots[order % kIds] = kNoSlot;
    if (--page->used > 0) return;
    const std::uint64_t number = order / kIds;
    pages_.remove(index_.find(number + 1));
    index_.erase(number + 1);
    if (latest_number_ == number) latest_ = nullptr;
  }

 private:
  static constexpr std::uint64_t kIds = 1024;
  struct Page {
    std::array<Slot, kIds> slots{};  // all kNoSlot again when the page is given back
    std::uint32_t used = 0;
  };

  [[nodiscard]] const Page* find_page(std::uint64_t order) const {
    const std::uint64_t number = order / kIds;
    if (latest_ != nullptr && latest_number_ == number) return latest_;
    const std::uint32_t page = index_.find(number + 1);
    return page == core::FlatIndex::kAbsent ? nullptr : &*pages_[page];
  }
  [[nodiscard]] Page* find_page(std::uint64_t order) {
    return const_cast<Page*>(static_cast<const OrderIndex*>(this)->find_page(order));
  }
  Page* add_page(std::uint64_t order) {
    const Slot slot = pages_.add();
    if (!pages_[slot]) pages_[slot] = std::make_unique<Page>();
    latest_number_ = order / kIds;
    index_.insert(latest_number_ + 1, slot);
    return latest_ = &*pages_[slot];
  }

  Pool<std::unique_ptr<Page>> pages_;
  core::FlatIndex index_;  // page number + 1, since no key may be zero
  Page* latest_ = nullptr;
  std::uint64_t latest_number_ = 0;
};

}  // namespace history
