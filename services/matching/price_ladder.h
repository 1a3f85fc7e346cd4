// Sorted maps from a price to a level, many of them over shared pools: the sides of all the books.
//
// A ladder is keyed by a 64-bit number of which the lowest is first; whoever wants the highest price first keys it by
// the price's complement. Levels live in pages of 64 neighbouring keys, each with a bitmap of the levels in use. Above
// the pages stands a tree of nodes with 64 children and a bitmap each, just high enough to span the pages there are.
// Hence: looking up, adding and removing walk that height (two nodes for a million ticks around the middle) and never
// more than ten nodes, the next level in use is a bit scan away, and memory is spent only where something rests. Empty
// pages and nodes go back to the pool at once; they are all zero again by then, so taking one out costs nothing.
//
// Ownership: PriceLadders owns pages and nodes; a Ladder is only its root and must be used with the PriceLadders that
// made it. A level's memory address changes when the pools grow (`page_for`); its (page, key) does not while it is in
// use.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "pkg/core/check.h"
#include "services/matching/huge_array.h"
#include "services/matching/planted.h"

namespace matching {

using PageIndex = std::uint32_t;  // 0: no page

// The root of one ladder. `height` 0: the root is a page. All zero: empty.
struct Ladder {
  std::uint64_t root_number = 0;  // the root's keys are those with (key >> 6) >> 6 * height == root_number
  std::uint32_t root = 0;
  std::uint32_t height = 0;
  [[nodiscard]] bool empty() const { return root == 0; }
};

// Level: a plain value, empty when all its bytes are zero. REQUIRES that a level is empty again when it is vacated.
template <class Level>
class PriceLadders {
 public:
  // A level in use; page 0: there is none.
  struct Place {
    std::uint64_t key = 0;
    PageIndex page = 0;
  };

  [[nodiscard]] Level& level(PageIndex page, std::uint64_t key) { return pages_[page].levels[key & kMask]; }
  [[nodiscard]] const Level& level(PageIndex page, std::uint64_t key) const { return pages_[page].levels[key & kMask]; }

  // The page that holds the key's level, made if need be: then it MUST be occupied next.
  [[nodiscard]] PageIndex page_for(Ladder& ladder, std::uint64_t key);
  // The page that holds the key's level, or 0.
  [[nodiscard]] PageIndex find_page(const Ladder& ladder, std::uint64_t key) const;

  // Marks a level as in use. Idempotent.
  void occupy(PageIndex page, std::uint64_t key) { pages_[page].occupied |= bit(key); }
  // Marks a level as no longer in use; gives the page back when it was the last one there.
  void vacate(Ladder& ladder, PageIndex page, std::uint64_t key) {
    Page& at = pages_[page];
    if ((at.occupied &= ~bit(key)) == 0) remove_page(ladder, page, key >> kBits);
  }
  [[nodiscard]] bool occupied(PageIndex page, std::uint64_t key) const {
    return (pages_[page].occupied & bit(key)) != 0;
  }

  [[nodiscard]] Place first(const Ladder& ladder) const {
    return ladder.empty() ? Place{} : descend(ladder.root, ladder.root_number, ladder.height);
  }
  // The level in use that follows (page, key).
  [[nodiscard]] Place next(PageIndex page, std::uint64_t key) const {
    const Page& at = pages_[page];
    if (const std::uint64_t later = at.occupied & bits_above(key) << PLANTED(ladder_skips_neighbour))
      return {(key & ~kMask) | lowest(later), page};
    return next_page(at.parent, key >> kBits);
  }

  // Pages and nodes that are part of some ladder.
  [[nodiscard]] std::size_t pages_in_use() const { return pages_.in_use; }
  [[nodiscard]] std::size_t nodes_in_use() const { return nodes_.in_use; }
  [[nodiscard]] std::size_t bytes_in_use() const { return pages_.in_use * sizeof(Page) + nodes_.in_use * sizeof(Node); }
  // True if every bitmap, parent and root of the ladder is what its pages make it. For audits: walks everything.
  [[nodiscard]] bool consistent(const Ladder& ladder) const {
    return ladder.empty() || (consistent(ladder.root, ladder.root_number, ladder.height, 0) &&
                              (ladder.height == 0 || std::popcount(nodes_[ladder.root].occupied) > 1));
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kMask = 63;
  static constexpr unsigned kNumberBits = 64 - kBits;

  struct alignas(64) Page {
    std::uint64_t occupied;
    std::uint32_t parent;  // node, or 0 for a root; in the pool: the next free page
    std::array<Level, 64> levels;
  };
  struct alignas(64) Node {
    std::uint64_t occupied;  // which children there are
    std::uint32_t parent;
    std::array<std::uint32_t, 64> children;  // pages on the lowest floor, nodes above; 0: none
  };

  // Free elements are zero but for the link in `parent`.
  template <class T>
  struct Pool {
    HugeArray<T> items;
    std::uint32_t free = 0;
    std::uint32_t used = 1;  // element 0 stays unused: its index means none
    std::size_t in_use = 0;

    T& operator[](std::uint32_t index) { return items[index]; }
    const T& operator[](std::uint32_t index) const { return items[index]; }
    std::uint32_t take() {
      ++in_use;
      if (free != 0) {
        const std::uint32_t index = free;
        free = items[index].parent;
        return index;
      }
      while (used >= items.capacity()) items.grow();
      return used++;
    }
    void give_back(std::uint32_t index) {
      --in_use;
      items[index].parent = free;
      free = index;
    }
  };

  static constexpr std::uint64_t bit(std::uint64_t number) { return std::uint64_t{1} << (number & kMask); }
  static constexpr std::uint64_t bits_above(std::uint64_t number) { return ~std::uint64_t{0} << (number & kMask) << 1; }
  static constexpr std::uint64_t lowest(std::uint64_t bits) {
    return static_cast<std::uint64_t>(std::countr_zero(bits));
  }
  static constexpr std::uint64_t highest(std::uint64_t bits) {
    return static_cast<std::uint64_t>(std::bit_width(bits)) - 1;
  }
  // The number, on the floor `height` above the pages, of what holds page `number`.
  static constexpr std::uint64_t ancestor(std::uint64_t number, std::uint32_t height) {
    return number >> (kBits * height);
  }

  void set_parent(std::uint32_t child, std::uint32_t child_height, std::uint32_t parent) {
    (child_height == 0 ? pages_[child].parent : nodes_[child].parent) = parent;
  }
  void adopt(std::uint32_t parent, std::uint64_t child_number, std::uint32_t child, std::uint32_t child_height) {
    nodes_[parent].occupied |= bit(child_number);
    nodes_[parent].children[child_number & kMask] = child;
    set_parent(child, child_height, parent);
  }
  [[nodiscard]] PageIndex add_page(Ladder& ladder, std::uint64_t number);
  void remove_page(Ladder& ladder, PageIndex page, std::uint64_t number);
  [[nodiscard]] Place next_page(std::uint32_t node, std::uint64_t number) const;
  [[nodiscard]] Place descend(std::uint32_t index, std::uint64_t number, std::uint32_t height) const;
  [[nodiscard]] bool consistent(std::uint32_t index, std::uint64_t number, std::uint32_t height,
                                std::uint32_t parent) const;

  Pool<Page> pages_;
  Pool<Node> nodes_;
};

template <class Level>
PageIndex PriceLadders<Level>::find_page(const Ladder& ladder, std::uint64_t key) const {
  const std::uint64_t number = key >> kBits;
  if (ladder.empty() || ancestor(number, ladder.height) != ladder.root_number) return 0;
  std::uint32_t index = ladder.root;
  for (std::uint32_t height = ladder.height; height > 0 && index != 0; --height) {
    index = nodes_[index].children[ancestor(number, height - 1) & kMask];
  }
  return index;
}

template <class Level>
PageIndex PriceLadders<Level>::page_for(Ladder& ladder, std::uint64_t key) {
  const PageIndex page = find_page(ladder, key);
  return page != 0 ? page : add_page(ladder, key >> kBits);
}

template <class Level>
PageIndex PriceLadders<Level>::add_page(Ladder& ladder, std::uint64_t number) {
  const PageIndex page = pages_.take();
  pages_[page].parent = 0;
  if (ladder.empty()) {
    ladder = {number, page, 0};
    return page;
  }
  while (ancestor(number, ladder.height) != ladder.root_number) {  // raise the root until it spans the new page
    const std::uint32_t raised = nodes_.take();
    nodes_[raised].parent = 0;
    adopt(raised, ladder.root_number, ladder.root, ladder.height);
    ladder = {ladder.root_number >> kBits, raised, ladder.height + 1};
  }
  std::uint32_t node = ladder.root;
  for (std::uint32_t height = ladder.height - 1; height > 0; --height) {
    const std::uint64_t child_number = ancestor(number, height);
    std::uint32_t child = nodes_[node].children[child_number & kMask];
    if (child == 0) {
      child = nodes_.take();
      adopt(node, child_number, child, height);
    }
    node = child;
  }
  adopt(node, number, page, 0);
  return page;
}

template <class Level>
void PriceLadders<Level>::remove_page(Ladder& ladder, PageIndex page, std::uint64_t number) {
  std::uint32_t node = pages_[page].parent;
  pages_.give_back(page);
  while (node != 0) {
    Node& at = nodes_[node];
    if (!PLANTED(ladder_keeps_child)) at.children[number & kMask] = 0;
    if ((at.occupied &= ~bit(number)) != 0) break;
    const std::uint32_t parent = at.parent;
    nodes_.give_back(node);
    node = parent;
    number >>= kBits;
  }
  if (node == 0) {
    ladder = {};
    return;
  }
  // A root with a single child is one floor too many: the same levels always make the same tree.
  while (!PLANTED(ladder_stays_tall) && ladder.height > 0 && std::has_single_bit(nodes_[ladder.root].occupied)) {
    Node& root = nodes_[ladder.root];
    const std::uint64_t index = lowest(root.occupied);
    const std::uint32_t child = root.children[index];
    root.children[index] = 0;
    root.occupied = 0;
    nodes_.give_back(ladder.root);
    ladder = {ladder.root_number << kBits | index, child, ladder.height - 1};
    set_parent(child, ladder.height, 0);
  }
}

template <class Level>
auto PriceLadders<Level>::next_page(std::uint32_t node, std::uint64_t number) const -> Place {
  for (std::uint32_t height = 0; node != 0; ++height) {
    const Node& at = nodes_[node];
    if (const std::uint64_t later = at.occupied & bits_above(number)) {
      const std::uint64_t index = lowest(later);
      return descend(at.children[index], (number & ~kMask) | index, height);
    }
    number >>= kBits;
    node = at.parent;
  }
  return {};
}

template <class Level>
auto PriceLadders<Level>::descend(std::uint32_t index, std::uint64_t number, std::uint32_t height) const -> Place {
  for (; height > 0; --height) {
    const Node& at = nodes_[index];
    const std::uint64_t child = PLANTED(ladder_descends_last) ? highest(at.occupied) : lowest(at.occupied);
    index = at.children[child];
    number = number << kBits | child;
  }
  return {number << kBits | lowest(pages_[index].occupied), index};
}

template <class Level>
bool PriceLadders<Level>::consistent(std::uint32_t index, std::uint64_t number, std::uint32_t height,
                                     std::uint32_t parent) const {
  if (height == 0) return pages_[index].occupied != 0 && pages_[index].parent == parent;
  const Node& at = nodes_[index];
  if (at.occupied == 0 || at.parent != parent || kBits * (height - 1) >= kNumberBits) return false;
  for (std::uint64_t child = 0; child < 64; ++child) {
    if (((at.occupied & bit(child)) != 0) != (at.children[child] != 0)) return false;
    if (at.children[child] != 0 && !consistent(at.children[child], number << kBits | child, height - 1, index))
      return false;
  }
  return true;
}

}  // namespace matching
