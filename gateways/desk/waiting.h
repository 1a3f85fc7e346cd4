// What waits for somebody else's answer: found again by a token, which names a place and its generation and so is good
// for one answer. Places are reused: in the steady state nothing is allocated.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "pkg/core/check.h"

namespace desk {

template <class Waiting>
class WaitingTable {
 public:
  [[nodiscard]] std::size_t size() const { return used_; }

  // Puts it in a free place; its token.
  std::uint64_t add(Waiting waiting) {
    if (free_ == kNone) {
      places_.emplace_back();
      free_ = static_cast<std::uint32_t>(places_.size() - 1);
    }
    const std::uint32_t at = free_;
    Place& place = places_[at];
    free_ = place.next_free;
    place.in_use = true;
    place.waiting = std::move(waiting);
    ++used_;
    return std::uint64_t{place.generation} << 32 | at;
  }
  // REQUIRES a token that was not taken before.
  Waiting take(std::uint64_t token) {
    CHECK(find(token) != nullptr);
    Place& place = places_[static_cast<std::uint32_t>(token)];
    place.in_use = false;
    ++place.generation;
    place.next_free = std::exchange(free_, static_cast<std::uint32_t>(token));
    --used_;
    return std::exchange(place.waiting, Waiting{});
  }
  // Null when it has been taken.
  [[nodiscard]] Waiting* find(std::uint64_t token) {
    const auto at = static_cast<std::uint32_t>(token);
    if (at >= places_.size()) return nullptr;
    Place& place = places_[at];
    return place.in_use && place.generation == token >> 32 ? &place.waiting : nullptr;
  }
  // Calls visit(Waiting&) for each; visit may add, after which its reference may be stale.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].in_use) visit(places_[i].waiting);
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  struct Place {
    std::uint32_t generation = 0;
    std::uint32_t next_free = kNone;
    bool in_use = false;
    Waiting waiting{};
  };
  std::vector<Place> places_;
  std::uint32_t free_ = kNone;
  std::size_t used_ = 0;
};

}  // namespace desk
