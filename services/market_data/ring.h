// The latest of a sequence: up to a fixed number, then each new one takes the place of the oldest. Grows as it fills,
// so that what is never filled costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "pkg/core/check.h"

namespace market_data {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t size_max) : size_max_(size_max) {}

  void push(const T& item) {
    if (size_max_ == 0) return;
    if (items_.size() == size_max_) {
      items_[oldest_] = item;
      oldest_ = oldest_ + 1 == size_max_ ? 0 : oldest_ + 1;
      return;
    }
    if (items_.size() == items_.capacity()) items_.reserve(std::min(size_max_, std::max(kFirst, 2 * items_.size())));
    items_.push_back(item);
  }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  // From the oldest on. REQUIRES index < size().
  [[nodiscard]] const T& operator[](std::size_t index) const { return items_[place_of(index)]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] const T& back() const { return (*this)[size() - 1]; }
  [[nodiscard]] T& back() { return items_[place_of(size() - 1)]; }

  // The first index whose item is not `before`; size() when all are. REQUIRES those that are to come first.
  template <class Before>
  [[nodiscard]] std::size_t first_not(Before before) const {
    std::size_t low = 0, high = size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (before((*this)[middle]))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

 private:
  static constexpr std::size_t kFirst = 8;
  [[nodiscard]] std::size_t place_of(std::size_t index) const {
    CHECK(index < items_.size());
    const std::size_t place = oldest_ + index;
    return place < items_.size() ? place : place - items_.size();
  }
  std::size_t size_max_;
  std::size_t oldest_ = 0;
  std::vector<T> items_;
};

}  // namespace market_data
