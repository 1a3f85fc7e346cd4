// Conditional orders that wait: which of them a trade's price fires, and in which order. Structure only; what becomes
// of a fired order is decided in matching.cpp.
//
// A market has two ladders of trigger prices: orders that fire at or above a price and those that fire at or below it.
// Trailing orders that track are not in them one by one but in groups: those of one side, one delta and one extreme
// (the highest price since a sell began to track, a buy's lowest) have one trigger price for ever, so a new extreme
// moves groups and merges those that meet. A trade therefore costs nothing for orders it does not reach, and at most
// one step per distinct delta for those whose extreme it moves, however many orders there are.
//
// Fired orders queue until matching takes them: by the trade that reached them, then by trigger price in the direction
// the price went, then by entry. Ownership: Triggers owns everything that waits, for all books; the order's own slot
// in the order pool keeps its identity and quantity and knows it by its index here.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/core/numbers.h"
#include "services/matching/price_ladder.h"
#include "services/matching/types.h"

namespace matching {

using ConditionalIndex = std::uint32_t;  // 0: none
using TriggerBook = std::uint32_t;       // a market's conditional orders; 0: it never had any

struct Conditional {
  Handle handle = kNoHandle;                // none: free
  ConditionalIndex next = 0, previous = 0;  // in its queue; while tracking: in a ring of its group's orders
  std::uint32_t group = 0;                  // tracking: set on the one order of a group that the group knows
  std::uint64_t entry = 0;                  // rises with arrival
  core::Price price, trigger_price;         // as in NewOrder
  core::Amount budget;
  PageIndex page = 0;  // waiting for its price: of its level
  std::uint16_t trailing_bp = 0;
  Side side = Side::buy;
  TimeInForce time_in_force = TimeInForce::gtc;
  Trigger trigger = Trigger::none;
  TriggerSource source = TriggerSource::last;
  Phase phase = Phase::price;

  [[nodiscard]] bool trails() const { return trailing_bp != 0; }
};

// The worst price at which a trailing order does not fire yet, one tick on: a sell fires at or below it, a buy at or
// above. Beyond what a price can be it is the nearest that can.
[[nodiscard]] core::Price trailing_trigger(Side side, core::Price extreme, std::uint16_t trailing_bp);

class Triggers {
 public:
  // A waiting order, and the extreme it has if it tracks.
  struct Waiting {
    ConditionalIndex index = 0;
    core::Price extreme;
  };

  [[nodiscard]] TriggerBook add_book();
  // `order` says what it waits for; of one that tracks, `extreme` is what it has seen.
  ConditionalIndex add(TriggerBook book, const Conditional& order, core::Price extreme = {});
  void remove(TriggerBook book, ConditionalIndex index);
  // There was a trade at that price. True: there are fired orders.
  bool observe(TriggerBook book, core::Price price) {
    const Root& root = roots_[book];
    const bool nothing = root.fires_first[0] > key_in(0, price) && root.fires_first[1] > key_in(1, price) &&
                         root.extreme_first[0] >= key_in(1, price) && root.extreme_first[1] >= key_in(0, price) &&
                         root.starting.head == 0;
    if (!nothing) react(book, price);
    return root.fired.head != 0;
  }
  [[nodiscard]] bool has_fired(TriggerBook book) const { return roots_[book].fired.head != 0; }
  // The first of the fired orders, which waits no longer. REQUIRES that there is one.
  [[nodiscard]] Conditional take_fired(TriggerBook book);

  [[nodiscard]] const Conditional& operator[](ConditionalIndex index) const { return orders_[index]; }
  [[nodiscard]] std::size_t count() const { return count_; }
  // By entry, then those that have fired in their order.
  [[nodiscard]] std::vector<Waiting> waiting(TriggerBook book) const;
  // What is wrong with the market's structure, or null. For audits: walks everything.
  [[nodiscard]] const char* audit(TriggerBook book) const;

 private:
  struct Queue {
    ConditionalIndex head = 0, tail = 0;
  };
  struct Level {
    Queue orders;              // in order of entry
    std::uint32_t groups = 0;  // first of a list
    std::uint32_t unused = 0;
    [[nodiscard]] bool empty() const { return orders.head == 0 && groups == 0; }
  };
  static_assert(sizeof(Level) == 16);
  using Ladders = PriceLadders<Level>;

  // A group's place in a ladder and its neighbours at the same price.
  struct Place {
    std::uint64_t key = 0;
    PageIndex page = 0;
    std::uint32_t next = 0, previous = 0;
  };
  struct Group {
    ConditionalIndex any = 0;  // one of its orders; 0: free
    std::uint16_t trailing_bp = 0;
    Side side = Side::buy;
    core::Price extreme;
    Place by_trigger, by_extreme;
  };

  // A market's. Directions: 0 at or above, 1 at or below. Keys are such that the lowest is reached first: by trigger,
  // the price or its complement; by extreme, likewise for a sell and a buy, so that what a new price moves is first.
  struct Root {
    std::array<std::uint64_t, 2> fires_first = {UINT64_MAX, UINT64_MAX};    // by direction
    std::array<std::uint64_t, 2> extreme_first = {UINT64_MAX, UINT64_MAX};  // by side
    Queue starting, fired;
    std::array<Ladder, 2> fires;     // by direction
    std::array<Ladder, 2> extremes;  // by side: of groups only
    std::uint64_t entries = 0;
  };

  [[nodiscard]] static constexpr std::uint64_t key_in(std::size_t direction, core::Price price) {
    return static_cast<std::uint64_t>(price.value()) ^ (std::uint64_t{0} - direction);
  }
  [[nodiscard]] static std::size_t direction_of(const Conditional& order) {
    return fires_above(order.trigger, order.side) ? 0 : 1;
  }
  // A sell's highest price and a trigger at or above are both counted upwards.
  [[nodiscard]] static std::uint64_t extreme_key(Side side, core::Price price) {
    return key_in(side == Side::sell ? 0 : 1, price);
  }
  [[nodiscard]] static std::size_t trailing_direction(Side side) { return side == Side::buy ? 0 : 1; }

  void react(TriggerBook book, core::Price price);
  void fire(Root& root, std::size_t direction, core::Price price);
  void trail(Root& root, Side side, core::Price price);
  void track(Root& root, ConditionalIndex index, core::Price price);
  void merge(std::uint32_t into, std::uint32_t from);
  void place(Root& root, std::uint32_t group, core::Price extreme);
  void displace(Root& root, std::uint32_t group);
  void join(Ladder& ladder, Place Group::* which, std::uint32_t group, std::uint64_t key);
  void leave(Ladder& ladder, Place Group::* which, std::uint32_t group);
  void leave_ring(Root& root, ConditionalIndex index);
  void know_deltas(Root& root, Side side, core::Price extreme, bool known);
  void append(Queue& queue, ConditionalIndex index);
  void unlink(Queue& queue, ConditionalIndex index);
  void refresh(Root& root);
  void free(ConditionalIndex index);
  [[nodiscard]] std::uint32_t take_group();
  [[nodiscard]] std::uint64_t first_key(const Ladder& ladder) const {
    const auto first = ladders_.first(ladder);
    return first.page != 0 ? first.key : UINT64_MAX;
  }
  template <class Visit>
  void for_each_level(const Ladder& ladder, Visit visit) const {
    for (auto at = ladders_.first(ladder); at.page != 0; at = ladders_.next(at.page, at.key)) {
      visit(at, ladders_.level(at.page, at.key));
    }
  }
  [[nodiscard]] const char* audit_group(const Root& root, std::uint32_t index) const;

  std::vector<Root> roots_ = std::vector<Root>(1);
  std::vector<Conditional> orders_ = std::vector<Conditional>(1);
  std::vector<Group> groups_ = std::vector<Group>(1);
  ConditionalIndex free_order_ = 0;  // linked by `next`
  std::uint32_t free_group_ = 0;     // linked by `by_trigger.next`
  std::size_t count_ = 0;
  Ladders ladders_;
  // While a price is looked at: what it reached at one level, those that begin to track, and the groups at the new
  // extreme by their delta.
  std::vector<ConditionalIndex> due_, beginning_;
  std::vector<std::uint32_t> by_delta_ = std::vector<std::uint32_t>(kTrailingMax + 1);
};

}  // namespace matching
