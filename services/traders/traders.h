// The simulated traders of the demo market: market makers, takers, some who hesitate and some who trade badly, on the
// default markets, through ordinary commands.
//
// Pure: no clock, no thread, no I/O; the same options and the same sequence of calls give the same commands. What they
// know of the exchange they read from the views; accounts and open orders of an earlier run are found there and go on.
// Commands that were refused or rejected are simply not there at the next look; whose command was rejected waits a
// while, longer each time in a row.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/core/random.h"
#include "services/engine/command.h"
#include "services/engine/replica.h"
#include "services/traders/desk.h"
#include "services/traders/ladder.h"
#include "services/traders/people.h"
#include "services/traders/prices.h"
#include "services/traders/types.h"

namespace traders {

// Whether the exchange took it.
using Submit = std::function<bool(const engine::Command&)>;

class Traders {
 public:
  explicit Traders(const Options& options);

  // Submits what is due, at most kBurstMax commands. REQUIRES all that was taken before to be in the views, and the
  // events of it to have been given to hear().
  void act(core::Time now, const engine::Views& views, const Submit& submit);
  // The answer to a command of theirs.
  void hear(core::Time now, std::span<const orders::AccountEvent> events);

  // When act() next has something to do; nothing: never.
  [[nodiscard]] std::optional<core::Time> next_at() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }
  // Of all traders together, on one market: never more.
  [[nodiscard]] static std::size_t open_orders_max();

  static constexpr std::size_t kBurstMax = 64;

 private:
  static constexpr std::size_t kDesks = 4;
  struct Member {
    Person person;
    std::string name;
    std::optional<std::size_t> desk;  // makers: the only market
    LadderStyle style;                // makers
    std::int64_t dollars = 0;         // of each coin, when it starts
    std::uint32_t rejected_in_a_row = 0;
    core::Time waits_until;
    std::array<std::int64_t, kCoins> asked_for_money{};  // in which minute, last
  };

  void add_members();
  void start_prices(const engine::Views& views);
  void look(const engine::Views& views);
  // Opens accounts and brings money. False: something is still to be done before anybody trades.
  bool prepare(core::Time now, const engine::Views& views, const Submit& submit);
  // Commands sent.
  std::size_t fund(Member& member, core::Time now, const engine::Views& views, const Submit& submit);
  std::size_t lay_books(core::Time now, const engine::Views& views, const Submit& submit);
  std::size_t quote(const Member& maker, core::Time now, std::size_t commands_max, const engine::Views& views,
                    const Submit& submit);
  void trade(core::Time now, std::size_t commands_max, const engine::Views& views, const Submit& submit);
  [[nodiscard]] Role draw_role();
  bool let_somebody_trade(core::Time now, const engine::Views& views, const Submit& submit);
  bool send(const engine::Command& command, const Submit& submit);
  [[nodiscard]] std::size_t due(core::Time now);
  [[nodiscard]] bool uses(const Member& member, Coin coin) const;
  [[nodiscard]] std::int64_t lean_ppm(const Member& maker, const Desk& desk, const engine::Views& views) const;

  const Options options_;
  Prices prices_;
  core::Random random_;
  std::vector<Member> members_;                    // makers first, one pair per desk
  std::array<std::optional<Desk>, kDesks> desks_;  // of the current act
  std::size_t next_maker_ = 0, next_funded_ = 0;
  std::array<bool, kDesks> placed_{};  // by somebody whose orders rest, in the current act
  int laying_rounds_ = 0;              // left until the rate counts
  bool prices_started_ = false, refused_ = false;
  core::Time next_at_, opens_again_at_;
  Counters counters_;
};

}  // namespace traders
