#include "services/matching/peaks.h"

#include <algorithm>

#include "pkg/core/check.h"
#include "pkg/core/random.h"
#include "services/matching/planted.h"

namespace matching {

std::int64_t next_peak(const Peak& peak, std::uint32_t drawn) {
  const std::int64_t size = peak.size.value(), spread = peak.spread.value();
  CHECK(spread >= 0 && spread < size);
  if (spread == 0) return size;
  const std::uint64_t seed = peak.seed + (PLANTED(peaks_all_drawn_alike) ? 0 : drawn);
  return core::Random(seed).between(size - spread, size + spread);
}

std::uint32_t Peaks::add(const Peak& peak, std::uint32_t drawn) {
  std::uint32_t index = free_part_;
  if (index != 0) {
    free_part_ = parts_[index].next_free;
  } else {
    index = static_cast<std::uint32_t>(parts_.size());
    parts_.emplace_back();
  }
  parts_[index] = {.peak = peak, .hidden = 0, .drawn = drawn, .next_free = 0};
  ++count_;
  return index;
}

void Peaks::remove(std::uint32_t index) {
  CHECK(index != 0 && index < parts_.size() && count_ > 0);
  parts_[index] = {};
  parts_[index].next_free = free_part_;
  free_part_ = index;
  --count_;
}

std::int64_t Peaks::show(std::uint32_t index, std::int64_t whole) {
  Part& part = parts_[index];
  const std::int64_t shown = std::min(whole, next_peak(part.peak, part.drawn++));
  part.hidden = whole - shown;
  return shown;
}

void Peaks::change_hidden_at(PageIndex page, std::uint64_t key, std::int64_t by) {
  if (by == 0) return;
  if (page >= block_of_page_.size()) block_of_page_.resize(page + page / 2 + 64);
  std::uint32_t& index = block_of_page_[page];
  if (index == 0) {
    index = free_block_;
    if (index != 0) {
      free_block_ = blocks_[index].next_free;
    } else {
      index = static_cast<std::uint32_t>(blocks_.size());
      blocks_.emplace_back();
    }
  }
  Block& block = blocks_[index];
  std::int64_t& lots = block.lots[key % kLevels];
  block.levels += lots == 0 ? 1 : 0;
  lots += by;
  CHECK(lots >= 0);
  block.levels -= lots == 0 ? 1 : 0;
  if (block.levels != 0) return;
  block.next_free = free_block_;
  free_block_ = index;
  index = 0;
}

}  // namespace matching
