// The levels of one market that have changed since they were last told: per price the latest quantity. Made of events
// alone, never by comparing books.
//
// An event is appended; what has been overtaken is thrown out when the list has doubled, so that an event costs a few
// nanoseconds however many there are, and memory is bounded by twice the number of prices that changed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "services/matching/types.h"

namespace streams {

class DepthChanges {
 public:
  struct Change {
    std::int64_t key = 0;  // the lower the better: the price of an ask, the price of a bid negated
    std::int64_t quantity = 0;
    [[nodiscard]] core::Price price() const { return core::Price{key < 0 ? -key : key}; }
  };

  // REQUIRES event.kind == level_changed.
  void add(const matching::MarketEvent& event) {
    Side& side = event.side == matching::Side::buy ? bids_ : asks_;
    const std::int64_t price = event.price.value();
    side.add({event.side == matching::Side::buy ? -price : price, event.quantity.value()});
  }
  [[nodiscard]] bool empty() const { return bids_.changes.empty() && asks_.changes.empty(); }
  // One change per price, best first.
  [[nodiscard]] std::span<const Change> bids() { return bids_.settled(); }
  [[nodiscard]] std::span<const Change> asks() { return asks_.settled(); }
  void clear() {
    bids_.clear();
    asks_.clear();
  }

 private:
  static constexpr std::size_t kRoomMin = 256;
  struct Side {
    std::vector<Change> changes;
    std::size_t settled_size = 0;  // this many in front are sorted and of different prices
    std::size_t room = kRoomMin;   // settle above it

    void add(const Change& change) {
      if (changes.size() >= room) {
        settle();
        room = std::max(kRoomMin, changes.size() * 2);
      }
      changes.push_back(change);
    }
    void settle() {
      if (settled_size == changes.size()) return;
      std::ranges::stable_sort(changes, {}, &Change::key);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < changes.size(); ++i) {
        const bool is_overtaken = i + 1 < changes.size() && changes[i + 1].key == changes[i].key;
        if (!is_overtaken) changes[kept++] = changes[i];
      }
      changes.resize(kept);
      settled_size = kept;
    }
    [[nodiscard]] std::span<const Change> settled() {
      settle();
      return changes;
    }
    void clear() {
      changes.clear();
      settled_size = 0;
    }
  };

  Side bids_, asks_;
};

}  // namespace streams
