// Iceberg orders: what of a resting order is hidden, how its next peak is drawn, and how much is hidden at each level.
//
// An iceberg order's `open` are the lots it shows, and a level's lots are the sum of those, so depth, queues and trades
// with what is shown are as for any order. What is hidden is in a table here, by the order's index, and summed up per
// level, so that a dry run and an auction cost a step per level as before. The sum of a level's shown and hidden lots
// is bounded like its lots (Books::append), so a refreshed peak always fits. Structure only: when a peak is refreshed
// is decided in taking.cpp and auction.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "services/matching/price_ladder.h"
#include "services/matching/types.h"

namespace matching {

// The `drawn`th peak of an order, from zero: uniform in [size - spread, size + spread], a function of the seed alone.
[[nodiscard]] std::int64_t next_peak(const Peak& peak, std::uint32_t drawn);

class Peaks {
 public:
  struct Part {
    Peak peak;
    std::int64_t hidden = 0;  // lots; of an order that is in no queue: none, all of it is in its `open`
    std::uint32_t drawn = 0;  // peaks so far
    std::uint32_t next_free = 0;
  };

  [[nodiscard]] std::uint32_t add(const Peak& peak, std::uint32_t drawn = 0);
  void remove(std::uint32_t index);
  [[nodiscard]] const Part& operator[](std::uint32_t index) const { return parts_[index]; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::size_t bytes_in_use() const { return count_ * sizeof(Part); }

  // Of `whole` lots the next peak is shown, the rest hidden. Returns how many are shown.
  [[nodiscard]] std::int64_t show(std::uint32_t index, std::int64_t whole);
  void hide(std::uint32_t index, std::int64_t lots) { parts_[index].hidden = lots; }

  // All that is hidden at a level in use.
  [[nodiscard]] std::int64_t hidden_at(PageIndex page, std::uint64_t key) const {
    return page < block_of_page_.size() ? blocks_[block_of_page_[page]].lots[key % kLevels] : 0;
  }
  void change_hidden_at(PageIndex page, std::uint64_t key, std::int64_t by);

 private:
  static constexpr std::size_t kLevels = 64;  // of a page
  struct Block {
    std::array<std::int64_t, kLevels> lots{};
    std::uint32_t levels = 0;  // of them not zero
    std::uint32_t next_free = 0;
  };

  std::vector<Part> parts_ = std::vector<Part>(1);
  std::uint32_t free_part_ = 0, count_ = 0;
  std::vector<std::uint32_t> block_of_page_;           // 0: nothing is hidden there
  std::vector<Block> blocks_ = std::vector<Block>(1);  // the first is of zeros
  std::uint32_t free_block_ = 0;
};

}  // namespace matching
