// Orders of all books that rest or wait, in slots of one cache line. A slot's number is the handle accounts knows the
// order by.
//
// The slot that was given back last is taken first, which keeps the working set warm. Which handle an order gets is
// part of what matching says, so the free slots and their order are state: they are saved and loaded.
#pragma once

#include <cstdint>

#include "pkg/core/check.h"
#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "services/matching/huge_array.h"
#include "services/matching/planted.h"
#include "services/matching/price_ladder.h"
#include "services/matching/types.h"

namespace matching {

// Who an order is: copied into everything that is said about it.
struct Identity {
  core::OrderId order;
  core::AccountId account;
  std::uint32_t account_slot = 0;
  core::MarketId market;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  SelfTrade self_trade = SelfTrade::none;
  std::uint8_t special = 0;  // kPeak, ...: the order has an entry in that table
};

// One cache line, of which 12 bytes are free for what the coming order types need (a list).
struct alignas(64) Order {
  Identity identity;              // order is none: the slot is free
  std::uint64_t key = 0;          // price as its ladder counts it, see key_of
  std::int64_t open = 0;          // lots, > 0; of an iceberg order that rests: those it shows
  PageIndex page = 0;             // with `key`: the level, without a walk
  std::uint32_t conditional = 0;  // index in Triggers of an order that waits for its trigger; 0: it rests
  std::uint32_t peak = 0;         // index in Peaks of an iceberg order; valid if `identity.special` says so
};
static_assert(sizeof(Order) == 64);

// An order's neighbours in its level's queue; of a free slot: the next free one. Apart from the orders and eight to a
// cache line, because joining and leaving a queue writes the neighbours' links and nothing else of them: the links of a
// million orders stay in a third-level cache, their lines do not.
struct Links {
  Handle next = kNoHandle;
  Handle previous = kNoHandle;
};

class OrderPool {
 public:
  [[nodiscard]] Order& operator[](Handle handle) { return orders_[handle]; }
  [[nodiscard]] const Order& operator[](Handle handle) const { return orders_[handle]; }
  [[nodiscard]] Links& links(Handle handle) { return links_[handle]; }
  [[nodiscard]] const Links& links(Handle handle) const { return links_[handle]; }
  [[nodiscard]] bool holds(Handle handle, core::OrderId order, core::MarketId market) const {
    return handle < used_ && !order.is_none() &&
           (orders_[handle].identity.order == order || PLANTED(handle_of_any_order)) &&
           (orders_[handle].identity.market == market || PLANTED(handle_of_any_market));
  }
  // A slot of unknown content, but for `conditional`, which is 0. References into the pool are void.
  [[nodiscard]] Handle take() {
    ++in_use_;
    if (first_free_ != kNoHandle && !PLANTED(slots_are_not_reused)) {
      const Handle handle = first_free_;
      first_free_ = links_[handle].next;
      return handle;
    }
    return take_fresh();
  }
  void give_back(Handle handle) {
    --in_use_;
    orders_[handle].identity.order = {};
    orders_[handle].conditional = 0;
    links_[handle].next = first_free_;
    first_free_ = handle;
  }
  [[nodiscard]] std::uint32_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t bytes_in_use() const { return in_use_ * (sizeof(Order) + sizeof(Links)); }
  // Slots ever used, slot 0 (which means none) included.
  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] Handle first_free() const { return first_free_; }

  // For loading: makes slots 1 to used - 1 exist, all taken. The caller fills or gives back every one of them.
  void take_all(std::uint32_t used) {
    grow(used);
    used_ = used;
    in_use_ = used - 1;
    first_free_ = kNoHandle;
  }

 private:
  void grow(std::uint32_t slots) {
    while (orders_.capacity() < slots) orders_.grow();
    while (links_.capacity() < slots) links_.grow();
  }
  [[gnu::noinline]] Handle take_fresh() {
    CHECK_MSG(used_ != UINT32_MAX, "all order handles are in use");
    grow(used_ + 1);
    return used_++;
  }

  HugeArray<Order> orders_;
  HugeArray<Links> links_;
  Handle first_free_ = kNoHandle;
  std::uint32_t used_ = 1;
  std::uint32_t in_use_ = 0;
};

}  // namespace matching
