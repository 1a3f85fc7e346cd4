// The life of an order as one table: what can happen to it in which status, and which status it has then.
//
// The fold goes by it (`after` is the only way in which a status changes), lifecycle_test.cpp and
// services/engine/lifecycle_test.cpp prove that the table and the folds say the same, and the table and picture in
// README.md are made from it (dev/generate). An order that admission rejects never has a status.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pkg/core/check.h"
#include "services/orders/types.h"

namespace orders {

inline constexpr std::size_t kStatusCount = 8;
inline constexpr std::array<std::string_view, kStatusCount> kStatusNames = {
    "pending_new", "open", "partially_filled", "filled", "cancelled", "rejected", "expired", "expired_in_match"};

// The account's commands, when they are taken, then what the book reports. A cancel-all and a cancel-replace are
// cancels. A fill or a prevention is partial as long as the order is not over with it.
enum class Happening : std::uint8_t {
  cancel_asked,
  move_asked,
  reduce_asked,
  accepted,
  rejected,
  rested,
  filled_partly,
  filled,
  prevented_partly,
  prevented,
  moved,
  reduced,
  triggered,
  refused,
  ended_cancelled,
  ended_expired,
  ended_self_trade,
  ended_completed,
};
inline constexpr std::array<std::string_view, 18> kHappeningNames = {
    "cancel asked",   "move asked",        "reduce asked",    "accepted",         "rejected",
    "rested",         "filled partly",     "filled",          "prevented partly", "prevented whole",
    "moved",          "reduced",           "triggered",       "refused",          "ended: cancelled",
    "ended: expired", "ended: self-trade", "ended: completed"};
inline constexpr std::size_t kHappeningCount = kHappeningNames.size();

struct Transition {
  OrderStatus from;
  Happening happening;
  OrderStatus to;
};

// What is not here cannot happen: such a command is rejected, such a report would be a bug.
// flat table
inline constexpr auto kLifecycle = [] {
  using enum OrderStatus;
  using H = Happening;
  return std::to_array<Transition>({
      // Sent to the book, not answered: a cancel waits, the rest is refused.
      {pending_new, H::cancel_asked, pending_new},
      {pending_new, H::accepted, open},
      {pending_new, H::rejected, rejected},

      {open, H::cancel_asked, open},
      {open, H::move_asked, open},
      {open, H::reduce_asked, open},
      {open, H::rested, open},
      {open, H::filled_partly, partially_filled},
      {open, H::filled, filled},
      {open, H::prevented_partly, open},
      {open, H::prevented, expired_in_match},
      {open, H::moved, open},
      {open, H::reduced, open},
      {open, H::triggered, open},  // a conditional order goes on as a new one
      {open, H::refused, open},
      {open, H::ended_cancelled, cancelled},
      {open, H::ended_expired, expired},
      {open, H::ended_self_trade, expired_in_match},

      {partially_filled, H::cancel_asked, partially_filled},
      {partially_filled, H::move_asked, partially_filled},
      {partially_filled, H::reduce_asked, partially_filled},
      {partially_filled, H::rested, partially_filled},
      {partially_filled, H::filled_partly, partially_filled},
      {partially_filled, H::filled, filled},
      {partially_filled, H::prevented_partly, partially_filled},
      {partially_filled, H::prevented, expired_in_match},
      {partially_filled, H::moved, partially_filled},
      {partially_filled, H::reduced, partially_filled},
      {partially_filled, H::refused, partially_filled},
      {partially_filled, H::ended_cancelled, cancelled},
      {partially_filled, H::ended_expired, expired},
      {partially_filled, H::ended_self_trade, expired_in_match},
      {partially_filled, H::ended_completed, filled},  // a market_by_quote whose amount makes no further lot

      // Over before the book heard of a cancel, move or reduction. One that is cancelled or rejected has no question
      // open: being cancelled is an answer, and one that was rejected never had a handle to ask with.
      {filled, H::refused, filled},
      {expired, H::refused, expired},
      {expired_in_match, H::refused, expired_in_match},
  });
}();

namespace lifecycle {

inline constexpr std::uint8_t kNever = 0xFF;

// By happening, which mostly is a constant where it is asked, and status: the next status, or kNever.
inline constexpr auto kNext = [] {
  std::array<std::array<std::uint8_t, kStatusCount>, kHappeningCount> next{};
  for (auto& row : next) row.fill(kNever);
  for (const Transition& row : kLifecycle) {
    std::uint8_t& cell = next[static_cast<std::size_t>(row.happening)][static_cast<std::size_t>(row.from)];
    CHECK(cell == kNever);  // one row of one status and one happening, or this does not compile
    cell = static_cast<std::uint8_t>(row.to);
  }
  return next;
}();

[[nodiscard]] constexpr std::uint8_t next(OrderStatus status, Happening happening) {
  return kNext[static_cast<std::size_t>(happening)][static_cast<std::size_t>(status)];
}

}  // namespace lifecycle

[[nodiscard]] constexpr bool can_happen(OrderStatus status, Happening happening) {
  return lifecycle::next(status, happening) != lifecycle::kNever;
}

// The status an order has after what happened. REQUIRES that it can happen: the book reports nothing else.
[[nodiscard]] constexpr OrderStatus after(OrderStatus status, Happening happening) {
  const std::uint8_t next = lifecycle::next(status, happening);
  CHECK_MSG(next != lifecycle::kNever, "what the book reports cannot happen to an order of this status");
  return static_cast<OrderStatus>(next);
}

}  // namespace orders
