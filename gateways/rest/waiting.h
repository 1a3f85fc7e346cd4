// Requests whose command is with the exchange: what is needed to answer each when its reply comes. Tokens name a place
// and its generation, so a token is good for one reply. Places are reused: in the steady state nothing is allocated.
#pragma once

#include <cstdint>
#include <vector>

#include "gateways/spot/trading.h"
#include "pkg/core/check.h"
#include "pkg/io/net.h"

namespace rest {

struct Waiting {
  io::ConnectionId connection = 0;
  std::uint64_t request = 0;  // within its connection
  std::uint32_t weight = 0;   // given back when the command succeeds
  std::int64_t since_ns = 0;
  bool answered = false;  // with a time-out: the reply, when it comes, is dropped
  spot::Pending pending;
};

class WaitingRequests {
 public:
  [[nodiscard]] std::size_t size() const { return used_; }

  // A free place, to be filled in, and its token.
  std::pair<std::uint64_t, Waiting&> add() {
    if (free_ == kNone) {
      places_.emplace_back();
      places_.back().next_free = kNone;
      free_ = static_cast<std::uint32_t>(places_.size() - 1);
    }
    const std::uint32_t at = free_;
    Place& place = places_[at];
    free_ = place.next_free;
    place.in_use = true;
    ++used_;
    return {std::uint64_t{place.generation} << 32 | at, place.waiting};
  }
  // REQUIRES a token that was not taken before.
  Waiting take(std::uint64_t token) {
    const auto at = static_cast<std::uint32_t>(token);
    CHECK(at < places_.size() && places_[at].in_use && places_[at].generation == token >> 32);
    Place& place = places_[at];
    place.in_use = false;
    ++place.generation;
    place.next_free = free_;
    free_ = at;
    --used_;
    return place.waiting;
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
    Waiting waiting;
  };
  std::vector<Place> places_;
  std::uint32_t free_ = kNone;
  std::size_t used_ = 0;
};

}  // namespace rest
