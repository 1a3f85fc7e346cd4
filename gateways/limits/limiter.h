// Counts what clients use and says when it is too much: request weight and raw requests per address, new orders per
// account.
//
// Windows are fixed and aligned (the minute of the clock), as published. Owned by a gateway, shared by all its
// protocols, one thread. Remembers a bounded number of addresses; those with open connections are never forgotten. Time
// is an argument; a clock that jumps starts new windows, nothing worse.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateways/limits/profile.h"
#include "pkg/core/ids.h"

namespace limits {

enum class Finding : std::uint8_t {
  allowed,
  too_much_weight,
  too_many_requests,
  too_many_orders_short,
  too_many_orders_day,
  too_many_connections,
  banned,
};

struct Verdict {
  Finding finding = Finding::allowed;
  std::int64_t retry_after_s = 0;  // when refused: whole seconds, at least one
  core::Time until;                // when refused: the same as a point in time
};

// What is used of one window.
struct Use {
  std::int64_t window = -1;  // number of the window since 1970
  std::uint32_t count = 0;

  [[nodiscard]] std::uint32_t in(std::int64_t window_now) const { return window == window_now ? count : 0; }
  void add(std::int64_t window_now, std::uint32_t by) {
    count = in(window_now) + by;
    window = window_now;
  }
  void take_back(std::int64_t window_now, std::uint32_t by) {
    if (window == window_now) count -= by < count ? by : count;
  }
};

// One client address. Held by its connections, so that a request costs no look-up.
struct Address {
  Use weight, raw, websockets;
  std::uint32_t violations = 0;  // requests in a row that were refused
  std::uint32_t bans = 0;
  core::Time banned_until;
  std::uint32_t connections = 0;
};

class Limiter {
 public:
  explicit Limiter(Profile profile) : profile_(profile) {}
  [[nodiscard]] const Profile& profile() const { return profile_; }

  // Once per connection, each given back with `leave`.
  [[nodiscard]] Address& join(std::string_view address, core::Time now);
  void leave(Address& address);

  // Counts the request when it is allowed; refused ones lead to a ban.
  [[nodiscard]] Verdict request(Address& address, std::uint32_t weight, core::Time now);
  // A request that opens a WebSocket connection.
  [[nodiscard]] Verdict websocket(Address& address, std::uint32_t weight, core::Time now);
  // Weight of a request that turned out to cost nothing.
  void refund(Address& address, std::uint32_t weight, core::Time now);
  [[nodiscard]] std::uint32_t used_weight(const Address& address, core::Time now) const;

  // Whether the account may place another order now: those on their way take their place, for each may be one.
  [[nodiscard]] Verdict may_place(core::AccountId account, core::Time now) const;
  void order_sent(core::AccountId account);      // on its way
  void order_answered(core::AccountId account);  // no longer; REQUIRES order_sent before
  void order_placed(core::AccountId account, core::Time now);
  // An order's first fill gives the account orders back: those who trade may go on.
  void order_filled(core::AccountId account, bool is_maker, core::Time now);
  struct OrderCounts {
    std::uint32_t in_short = 0, in_day = 0;
  };
  [[nodiscard]] OrderCounts orders(core::AccountId account, core::Time now) const;

  [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Orders {
    Use in_short, in_day;
    std::uint32_t on_their_way = 0;
  };
  [[nodiscard]] Verdict refuse(Address& address, Finding finding, const Window& window, core::Time now) const;
  void forget_some(core::Time now);

  Profile profile_;
  std::unordered_map<std::string, std::unique_ptr<Address>, TextHash, std::equal_to<>> addresses_;
  std::unordered_map<core::AccountId, Orders> orders_;
};

}  // namespace limits
