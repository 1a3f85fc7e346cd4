// The visible levels of one side of one market, sorted by price, in pages of up to kLevelsPerPage: an update costs two
// short binary searches and a shift within one page, with 10 levels or with 100,000, and none at all to find the page
// when it is near the touch. Pages come from a pool shared by all markets, so a quiet book costs nothing and a busy one
// allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "pkg/core/check.h"

namespace market_data {

struct Level {
  std::int64_t key = 0;       // the higher the better: the price of a bid, the price of an ask negated
  std::int64_t quantity = 0;  // lots, > 0
};

inline constexpr std::uint32_t kLevelsPerPage = 64;

struct LevelPage {
  std::uint32_t count = 0;
  std::array<Level, kLevelsPerPage> levels;  // keys ascending: the best is last
};

class LevelPages {
 public:
  [[nodiscard]] std::uint32_t add() {
    if (free_.empty()) {
      pages_.push_back(std::make_unique<LevelPage>());
      free_.reserve(pages_.capacity());
      return static_cast<std::uint32_t>(pages_.size() - 1);
    }
    const std::uint32_t page = free_.back();
    free_.pop_back();
    pages_[page]->count = 0;
    return page;
  }
  void remove(std::uint32_t page) { free_.push_back(page); }
  [[nodiscard]] LevelPage& operator[](std::uint32_t page) { return *pages_[page]; }
  [[nodiscard]] const LevelPage& operator[](std::uint32_t page) const { return *pages_[page]; }

 private:
  std::vector<std::unique_ptr<LevelPage>> pages_;
  std::vector<std::uint32_t> free_;
};

class LevelList {
 public:
  // The level at `key` now has `quantity`; zero: it is gone.
  void set(LevelPages& pages, std::int64_t key, std::int64_t quantity);
  [[nodiscard]] std::size_t size() const { return size_; }
  // Calls `visit(level)` from the best level on, until it returns false.
  template <class Visit>
  void visit_best_first(const LevelPages& pages, Visit visit) const {
    for (std::size_t i = directory_.size(); i-- > 0;) {
      const LevelPage& page = pages[directory_[i].page];
      for (std::uint32_t j = page.count; j-- > 0;) {
        if (!visit(page.levels[j])) return;
      }
    }
  }

 private:
  struct Entry {
    std::int64_t first_key = 0;  // at most the first key in the page; every key of the page before is lower
    std::uint32_t page = 0;
  };

  [[nodiscard]] std::size_t entry_of(std::int64_t key) const;
  void insert(LevelPages& pages, std::size_t entry, std::uint32_t at, Level level);
  void erase(LevelPages& pages, std::size_t entry, std::uint32_t at);
  std::size_t split(LevelPages& pages, std::size_t entry, std::int64_t key);

  std::vector<Entry> directory_;  // by first_key; no page of it is empty
  std::size_t size_ = 0;
};

}  // namespace market_data
