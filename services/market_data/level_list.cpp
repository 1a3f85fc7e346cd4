#include "services/market_data/level_list.h"

#include <algorithm>

namespace market_data {
namespace {

// First place in the page with a key of at least `key`.
std::uint32_t place_of(const LevelPage& page, std::int64_t key) {
  const Level* begin = page.levels.data();
  std::uint32_t left = page.count;
  while (left > 0) {  // written so that the compiler needs no branch on the comparison
    const std::uint32_t half = left / 2;
    const bool behind = begin[half].key < key;
    begin = behind ? begin + half + 1 : begin;
    left = behind ? left - half - 1 : half;
  }
  return static_cast<std::uint32_t>(begin - page.levels.data());
}

void move_levels(LevelPage& page, std::uint32_t to, std::uint32_t from, std::uint32_t count) {
  std::memmove(page.levels.data() + to, page.levels.data() + from, count * sizeof(Level));
}

}  // namespace

// The entry whose page has the key or would take it. REQUIRES a page.
std::size_t LevelList::entry_of(std::int64_t key) const {
  if (directory_.back().first_key <= key) return directory_.size() - 1;
  const auto behind = std::ranges::upper_bound(directory_, key, {}, &Entry::first_key);
  return behind == directory_.begin() ? 0 : static_cast<std::size_t>(behind - directory_.begin()) - 1;
}

void LevelList::set(LevelPages& pages, std::int64_t key, std::int64_t quantity) {
  CHECK(quantity >= 0);
  if (directory_.empty()) {
    if (quantity == 0) return;
    directory_.push_back({key, pages.add()});
  }
  const std::size_t entry = entry_of(key);
  LevelPage& page = pages[directory_[entry].page];
  const std::uint32_t at = place_of(page, key);
  const bool known = at < page.count && page.levels[at].key == key;
  if (known && quantity > 0) {
    page.levels[at].quantity = quantity;
  } else if (known) {
    erase(pages, entry, at);
  } else if (quantity > 0) {
    insert(pages, entry, at, {key, quantity});
  }
}

// Halves a full page; returns the half that takes `key`. The new page is the upper half, except that a key above all
// others, as of a book growing towards the touch, starts a page of its own and leaves full ones behind.
std::size_t LevelList::split(LevelPages& pages, std::size_t entry, std::int64_t key) {
  const std::uint32_t number = pages.add();
  LevelPage& full = pages[directory_[entry].page];
  LevelPage& upper = pages[number];
  CHECK(full.count == kLevelsPerPage && upper.count == 0);
  const bool above_all = full.levels[full.count - 1].key < key;
  const std::uint32_t kept = above_all ? kLevelsPerPage : kLevelsPerPage / 2;
  upper.count = kLevelsPerPage - kept;
  full.count = kept;
  std::memcpy(upper.levels.data(), full.levels.data() + kept, upper.count * sizeof(Level));
  const std::int64_t first_key = above_all ? key : upper.levels[0].key;
  directory_.insert(directory_.begin() + static_cast<std::ptrdiff_t>(entry) + 1, Entry{first_key, number});
  return key < first_key ? entry : entry + 1;
}

void LevelList::insert(LevelPages& pages, std::size_t entry, std::uint32_t at, Level level) {
  if (pages[directory_[entry].page].count == kLevelsPerPage) {
    entry = split(pages, entry, level.key);
    at = place_of(pages[directory_[entry].page], level.key);
  }
  LevelPage& page = pages[directory_[entry].page];
  move_levels(page, at + 1, at, page.count - at);
  page.levels[at] = level;
  ++page.count;
  ++size_;
  if (at == 0) directory_[entry].first_key = level.key;
}

void LevelList::erase(LevelPages& pages, std::size_t entry, std::uint32_t at) {
  LevelPage& page = pages[directory_[entry].page];
  move_levels(page, at, at + 1, page.count - at - 1);
  --page.count;
  --size_;
  const auto position = directory_.begin() + static_cast<std::ptrdiff_t>(entry);
  if (page.count == 0) {
    pages.remove(position->page);
    directory_.erase(position);
    return;
  }
  // A page that has become sparse joins its upper neighbour, so that the directory stays in proportion to the levels.
  if (page.count > kLevelsPerPage / 4 || entry + 1 == directory_.size()) return;
  LevelPage& upper = pages[directory_[entry + 1].page];
  if (page.count + upper.count > kLevelsPerPage / 2) return;
  move_levels(upper, page.count, 0, upper.count);
  std::memcpy(upper.levels.data(), page.levels.data(), page.count * sizeof(Level));
  upper.count += page.count;
  directory_[entry + 1].first_key = upper.levels[0].key;
  pages.remove(position->page);
  directory_.erase(position);
}

}  // namespace market_data
