#include "services/matching/triggers.h"

#include <algorithm>
#include <limits>

#include "pkg/core/check.h"
#include "services/matching/planted.h"

namespace matching {

using core::int128;
using core::Price;

core::Price trailing_trigger(Side side, Price extreme, std::uint16_t trailing_bp) {
  constexpr int128 kWhole = 10'000;
  CHECK(trailing_bp > 0 && trailing_bp <= kTrailingMax);
  const int128 up = PLANTED(trailing_rounds_inwards) ? kWhole - 1 : 0;
  if (side == Side::sell)
    return Price{static_cast<std::int64_t>((extreme.value() * (kWhole - trailing_bp) + up) / kWhole)};
  const int128 exact = (extreme.value() * (kWhole + trailing_bp) + kWhole - 1) / kWhole;
  return Price{static_cast<std::int64_t>(std::min<int128>(exact, std::numeric_limits<std::int64_t>::max()))};
}

TriggerBook Triggers::add_book() {
  roots_.emplace_back();
  return static_cast<TriggerBook>(roots_.size() - 1);
}

ConditionalIndex Triggers::add(TriggerBook book, const Conditional& order, Price extreme) {
  CHECK(book != 0 && book < roots_.size() && order.handle != kNoHandle);
  ConditionalIndex index = free_order_;
  if (index != 0) {
    free_order_ = orders_[index].next;
  } else {
    index = static_cast<ConditionalIndex>(orders_.size());
    orders_.emplace_back();
  }
  ++count_;
  Root& root = roots_[book];
  Conditional& added = orders_[index];
  added = order;
  added.next = added.previous = added.group = 0;
  added.entry = ++root.entries;
  switch (order.phase) {
    case Phase::price: {
      const std::size_t direction = direction_of(order);
      const std::uint64_t key = key_in(direction, order.trigger_price);
      added.page = ladders_.page_for(root.fires[direction], key);
      ladders_.occupy(added.page, key);
      append(ladders_.level(added.page, key).orders, index);
      break;
    }
    case Phase::trade:
      append(root.starting, index);
      break;
    case Phase::tracking:
      know_deltas(root, order.side, extreme, true);
      track(root, index, extreme);
      know_deltas(root, order.side, extreme, false);
      break;
    case Phase::fired:
      append(root.fired, index);
      break;
  }
  refresh(root);
  return index;
}

void Triggers::remove(TriggerBook book, ConditionalIndex index) {
  Root& root = roots_[book];
  const Conditional& order = orders_[index];
  switch (order.phase) {
    case Phase::price: {
      const std::size_t direction = direction_of(order);
      const std::uint64_t key = key_in(direction, order.trigger_price);
      Level& level = ladders_.level(order.page, key);
      unlink(level.orders, index);
      if (level.empty()) ladders_.vacate(root.fires[direction], order.page, key);
      break;
    }
    case Phase::trade:
      unlink(root.starting, index);
      break;
    case Phase::tracking:
      leave_ring(root, index);
      break;
    case Phase::fired:
      unlink(root.fired, index);
      break;
  }
  free(index);
  refresh(root);
}

Conditional Triggers::take_fired(TriggerBook book) {
  Root& root = roots_[book];
  const ConditionalIndex index = root.fired.head;
  CHECK(index != 0 && orders_[index].phase == Phase::fired);
  const Conditional order = orders_[index];
  unlink(root.fired, index);
  free(index);
  return order;
}

// ---- a trade's price ----

// Those that the price reaches fire or begin to track; then the others' extremes follow it. A trailing order does not
// fire on the price it begins to track at, which is its first extreme.
void Triggers::react(TriggerBook book, Price price) {
  CHECK(price.value() > 0);
  Root& root = roots_[book];
  beginning_.clear();
  for (const std::size_t direction : {0u, 1u}) fire(root, direction, price);
  for (ConditionalIndex index = root.starting.head; index != 0; index = orders_[index].next) {
    beginning_.push_back(index);
  }
  root.starting = {};
  for (const Side side : {Side::buy, Side::sell}) {
    know_deltas(root, side, price, true);
    trail(root, side, price);
    for (const ConditionalIndex index : beginning_) {
      if (orders_[index].side == side) track(root, index, price);
    }
    know_deltas(root, side, price, false);
  }
  refresh(root);
}

void Triggers::fire(Root& root, std::size_t direction, Price price) {
  Ladder& ladder = root.fires[direction];
  const std::uint64_t reached = key_in(direction, price);
  for (auto at = ladders_.first(ladder); at.page != 0 && at.key + PLANTED(trigger_misses_its_price) <= reached;
       at = ladders_.first(ladder)) {
    due_.clear();
    Level& level = ladders_.level(at.page, at.key);
    for (ConditionalIndex index = level.orders.head; index != 0; index = orders_[index].next) due_.push_back(index);
    const bool mixed = level.groups != 0;
    for (std::uint32_t group = level.groups; group != 0;) {
      const std::uint32_t following = groups_[group].by_trigger.next;
      const ConditionalIndex any = groups_[group].any;
      ConditionalIndex index = any;
      do due_.push_back(index);
      while ((index = orders_[index].next) != any);
      leave(root.extremes[static_cast<std::size_t>(groups_[group].side)], &Group::by_extreme, group);
      groups_[group] = {};
      groups_[group].by_trigger.next = free_group_;
      free_group_ = group;
      group = following;
    }
    level = {};
    ladders_.vacate(ladder, at.page, at.key);
    if (mixed && !PLANTED(groups_fire_last)) {
      std::sort(due_.begin(), due_.end(),
                [this](ConditionalIndex a, ConditionalIndex b) { return orders_[a].entry < orders_[b].entry; });
    }
    for (const ConditionalIndex index : due_) {
      Conditional& order = orders_[index];
      if (order.trails() && order.phase == Phase::price) {
        beginning_.push_back(index);
        continue;
      }
      order.group = 0;
      order.phase = Phase::fired;
      append(root.fired, index);
    }
  }
}

// Moves the groups whose extreme the price goes beyond. REQUIRES that by_delta_ knows the groups that are there.
void Triggers::trail(Root& root, Side side, Price price) {
  Ladder& extremes = root.extremes[static_cast<std::size_t>(side)];
  const std::uint64_t to = extreme_key(side, price);
  for (auto at = ladders_.first(extremes); at.page != 0 && at.key < to && !PLANTED(trailing_stands_still);
       at = ladders_.first(extremes)) {
    const std::uint32_t group = ladders_.level(at.page, at.key).groups;
    displace(root, group);
    std::uint32_t& there = by_delta_[groups_[group].trailing_bp];
    if (there != 0) {
      merge(there, group);
    } else {
      there = group;
      place(root, group, price);
    }
  }
}

// The order begins to track at a price, or goes on with that as its extreme. REQUIRES as for trail.
void Triggers::track(Root& root, ConditionalIndex index, Price price) {
  Conditional& order = orders_[index];
  order.phase = Phase::tracking;
  std::uint32_t& there = by_delta_[order.trailing_bp];
  if (there != 0) {
    const ConditionalIndex any = groups_[there].any, last = orders_[any].previous;
    order.group = 0;
    order.next = any;
    order.previous = last;
    orders_[last].next = orders_[any].previous = index;
    return;
  }
  there = take_group();
  Group& group = groups_[there];
  group.any = order.next = order.previous = index;
  group.trailing_bp = order.trailing_bp;
  group.side = order.side;
  order.group = there;
  place(root, there, price);
}

// Two rings become one.
void Triggers::merge(std::uint32_t into, std::uint32_t from) {
  const ConditionalIndex a = groups_[into].any, b = groups_[from].any;
  const ConditionalIndex a_last = orders_[a].previous, b_last = orders_[b].previous;
  orders_[a_last].next = b;
  orders_[b].previous = a_last;
  orders_[b_last].next = a;
  orders_[a].previous = b_last;
  orders_[b].group = 0;
  groups_[from] = {};
  groups_[from].by_trigger.next = free_group_;
  free_group_ = from;
}

void Triggers::place(Root& root, std::uint32_t index, Price extreme) {
  Group& group = groups_[index];
  group.extreme = extreme;
  const std::size_t direction = trailing_direction(group.side);
  const Price trigger = trailing_trigger(group.side, extreme, group.trailing_bp);
  join(root.fires[direction], &Group::by_trigger, index, key_in(direction, trigger));
  join(root.extremes[static_cast<std::size_t>(group.side)], &Group::by_extreme, index,
       extreme_key(group.side, extreme));
}

void Triggers::displace(Root& root, std::uint32_t index) {
  const Side side = groups_[index].side;
  leave(root.fires[trailing_direction(side)], &Group::by_trigger, index);
  leave(root.extremes[static_cast<std::size_t>(side)], &Group::by_extreme, index);
}

void Triggers::join(Ladder& ladder, Place Group::* which, std::uint32_t index, std::uint64_t key) {
  const PageIndex page = ladders_.page_for(ladder, key);
  ladders_.occupy(page, key);
  Level& level = ladders_.level(page, key);
  groups_[index].*which = {.key = key, .page = page, .next = level.groups, .previous = 0};
  if (level.groups != 0) (groups_[level.groups].*which).previous = index;
  level.groups = index;
}

void Triggers::leave(Ladder& ladder, Place Group::* which, std::uint32_t index) {
  const Place at = groups_[index].*which;
  Level& level = ladders_.level(at.page, at.key);
  (at.previous != 0 ? (groups_[at.previous].*which).next : level.groups) = at.next;
  if (at.next != 0) (groups_[at.next].*which).previous = at.previous;
  if (level.empty()) ladders_.vacate(ladder, at.page, at.key);
}

void Triggers::leave_ring(Root& root, ConditionalIndex index) {
  const Conditional& order = orders_[index];
  if (order.next == index) {
    CHECK(order.group != 0);
    displace(root, order.group);
    groups_[order.group] = {};
    groups_[order.group].by_trigger.next = free_group_;
    free_group_ = order.group;
    return;
  }
  orders_[order.next].previous = order.previous;
  orders_[order.previous].next = order.next;
  if (order.group == 0) return;
  groups_[order.group].any = order.next;
  orders_[order.next].group = order.group;
}

// Notes, or forgets, the groups of a side that have that extreme.
void Triggers::know_deltas(Root& root, Side side, Price extreme, bool known) {
  const Ladder& ladder = root.extremes[static_cast<std::size_t>(side)];
  const std::uint64_t key = extreme_key(side, extreme);
  const PageIndex page = ladders_.find_page(ladder, key);
  if (page == 0) return;
  for (std::uint32_t group = ladders_.level(page, key).groups; group != 0; group = groups_[group].by_extreme.next) {
    by_delta_[groups_[group].trailing_bp] = known ? group : 0;
  }
}

// ---- queues and pools ----

void Triggers::append(Queue& queue, ConditionalIndex index) {
  Conditional& order = orders_[index];
  order.next = 0;
  order.previous = queue.tail;
  (queue.tail != 0 ? orders_[queue.tail].next : queue.head) = index;
  queue.tail = index;
}

void Triggers::unlink(Queue& queue, ConditionalIndex index) {
  const Conditional& order = orders_[index];
  (order.previous != 0 ? orders_[order.previous].next : queue.head) = order.next;
  (order.next != 0 ? orders_[order.next].previous : queue.tail) = order.previous;
}

void Triggers::refresh(Root& root) {
  for (const std::size_t i : {0u, 1u}) {
    root.fires_first[i] = first_key(root.fires[i]);
    root.extreme_first[i] = first_key(root.extremes[i]);
  }
}

void Triggers::free(ConditionalIndex index) {
  orders_[index] = {};
  orders_[index].next = free_order_;
  free_order_ = index;
  --count_;
}

std::uint32_t Triggers::take_group() {
  if (free_group_ == 0) {
    groups_.emplace_back();
    return static_cast<std::uint32_t>(groups_.size() - 1);
  }
  const std::uint32_t group = free_group_;
  free_group_ = groups_[group].by_trigger.next;
  groups_[group] = {};
  return group;
}

// ---- looking at all of it ----

std::vector<Triggers::Waiting> Triggers::waiting(TriggerBook book) const {
  std::vector<Waiting> all;
  if (book == 0) return all;
  const Root& root = roots_[book];
  const auto queue = [&](const Queue& which) {
    for (ConditionalIndex index = which.head; index != 0; index = orders_[index].next) all.push_back({index, {}});
  };
  for (const Ladder& ladder : root.fires) {
    for_each_level(ladder, [&](Ladders::Place, const Level& level) {
      queue(level.orders);
      for (std::uint32_t group = level.groups; group != 0; group = groups_[group].by_trigger.next) {
        const ConditionalIndex any = groups_[group].any;
        ConditionalIndex index = any;
        do all.push_back({index, groups_[group].extreme});
        while ((index = orders_[index].next) != any);
      }
    });
  }
  queue(root.starting);
  std::sort(all.begin(), all.end(),
            [this](const Waiting& a, const Waiting& b) { return orders_[a.index].entry < orders_[b.index].entry; });
  queue(root.fired);
  return all;
}

const char* Triggers::audit_group(const Root& root, std::uint32_t index) const {
  const Group& group = groups_[index];
  if (group.any == 0 || orders_[group.any].group != index) return "a trailing group does not know its orders";
  const auto side = static_cast<std::size_t>(group.side);
  const std::uint64_t extreme = extreme_key(group.side, group.extreme);
  const std::size_t direction = trailing_direction(group.side);
  const std::uint64_t trigger = key_in(direction, trailing_trigger(group.side, group.extreme, group.trailing_bp));
  if (group.by_extreme.key != extreme || ladders_.find_page(root.extremes[side], extreme) != group.by_extreme.page ||
      group.by_trigger.key != trigger || ladders_.find_page(root.fires[direction], trigger) != group.by_trigger.page) {
    return "a trailing group is at another price than it says";
  }
  ConditionalIndex index_in_ring = group.any;
  do {
    const Conditional& order = orders_[index_in_ring];
    const bool is_known = index_in_ring == group.any;
    if (order.phase != Phase::tracking || order.side != group.side || order.trailing_bp != group.trailing_bp ||
        (order.group != 0) != is_known || orders_[order.next].previous != index_in_ring) {
      return "a trailing group's ring is broken";
    }
    index_in_ring = order.next;
  } while (index_in_ring != group.any);
  return nullptr;
}

const char* Triggers::audit(TriggerBook book) const {
  if (book == 0) return nullptr;
  const Root& root = roots_[book];
  const char* problem = nullptr;
  std::size_t by_trigger = 0, by_extreme = 0;
  for (const std::size_t direction : {0u, 1u}) {
    if (!ladders_.consistent(root.fires[direction]) || !ladders_.consistent(root.extremes[direction])) {
      return "a ladder of triggers contradicts its bitmaps";
    }
    if (root.fires_first[direction] != first_key(root.fires[direction]) ||
        root.extreme_first[direction] != first_key(root.extremes[direction])) {
      return "the first trigger is not the first";
    }
    for_each_level(root.fires[direction], [&](Ladders::Place at, const Level& level) {
      if (level.empty()) problem = "an empty level of triggers is in use";
      ConditionalIndex previous = 0;
      for (ConditionalIndex index = level.orders.head; index != 0; previous = index, index = orders_[index].next) {
        const Conditional& order = orders_[index];
        if (order.phase != Phase::price || order.page != at.page || direction_of(order) != direction ||
            key_in(direction, order.trigger_price) != at.key || order.previous != previous ||
            (previous != 0 && orders_[previous].entry >= order.entry)) {
          problem = "a conditional order is at another place than it says";
        }
      }
      if (previous != level.orders.tail) problem = "a level of triggers has a wrong end";
      for (std::uint32_t group = level.groups; group != 0; group = groups_[group].by_trigger.next) {
        ++by_trigger;
        if (const char* wrong = audit_group(root, group)) problem = wrong;
      }
    });
    for_each_level(root.extremes[direction], [&](Ladders::Place, const Level& level) {
      std::vector<std::uint16_t> deltas;
      for (std::uint32_t group = level.groups; group != 0; group = groups_[group].by_extreme.next) {
        ++by_extreme;
        deltas.push_back(groups_[group].trailing_bp);
      }
      std::sort(deltas.begin(), deltas.end());
      if (std::adjacent_find(deltas.begin(), deltas.end()) != deltas.end()) problem = "two trailing groups are one";
      if (level.orders.head != 0 || level.groups == 0) problem = "a level of extremes is not one of groups";
    });
  }
  if (by_trigger != by_extreme) problem = "a trailing group is in one ladder only";
  return problem;
}

}  // namespace matching
