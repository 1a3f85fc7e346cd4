// One order on its way through the other side of a book: what it would trade (plan, without side effect), and trading
// it.
//
// Reachable are the levels up to a limit key, fixed before the first trade. A trade happens at the maker's price,
// makers in order of price, then arrival. Self-trade prevention is the taker's mode, see README.md.
#pragma once

#include <cstdint>

#include "services/matching/announcer.h"
#include "services/matching/book.h"
#include "services/matching/planted.h"

namespace matching {

// In a pro-rata market: how many orders of a level are shared out among at a time, which bounds the work of an order
// that takes a part of a level with very many.
inline constexpr unsigned kSharers = 256;

// What an order would trade if it came now.
struct Plan {
  core::int128 lots = 0;       // by quote amount they can be more than one order could name
  core::int128 tick_lots = 0;  // sum of price × lots
};

class Taking {
 public:
  Taking(Books& books, Book& book, const Identity& taker, Output out)
      : books_(books), book_(book), taker_(taker), side_(opposite(taker.side)), announce_(book, out) {}

  [[nodiscard]] Plan plan(std::uint64_t limit, std::int64_t open) const;
  [[nodiscard]] Plan plan_by_quote(std::uint64_t limit, core::Amount quote) const;

  // Trades up to `open` lots; returns what is left of them.
  std::int64_t take(std::uint64_t limit, std::int64_t open);
  // Spends (buy) or receives (sell) up to `quote`; returns how the order ends if self-trade prevention has not ended
  // it.
  EndReason take_by_quote(std::uint64_t limit, core::Amount quote);

  [[nodiscard]] bool traded() const { return traded_; }
  // The taker was ended by self-trade prevention, and that has been reported.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  struct LevelPlan {
    std::int64_t traded = 0, prevented = 0;
    bool stopped = false;  // something of the level would stay: the taker does not get beyond it
  };
  [[nodiscard]] LevelPlan plan_level(Ladders::Place at, std::int64_t open) const;
  // pro_rata.cpp
  struct Sharers;
  [[nodiscard]] LevelPlan plan_level_pro_rata(Ladders::Place at, std::int64_t open) const;
  [[gnu::noinline]] std::int64_t take_level_pro_rata(std::int64_t open, bool shown);
  Sharers meet_sharers(Level& level, core::Price price, std::int64_t& open, bool shown);
  std::int64_t share_out(Level& level, core::Price price, std::int64_t open, bool shown, Sharers sharers);
  void meet_sharer(Level& level, Handle handle, core::Price price, std::int64_t lots, std::int64_t& open, bool shown);
  void take_out(Level& level, Handle handle);
  // Lots that `quote` pays for at a price.
  [[nodiscard]] std::int64_t affordable(core::Amount quote, core::Price price) const;
  [[nodiscard]] core::Amount cost(core::Price price, std::int64_t lots) const;

  [[nodiscard]] bool reaches(std::uint64_t limit) const { return book_.best[index_of(side_)] <= limit; }
  [[nodiscard]] bool is_own(const Order& maker) const {
    const SelfTrade mode = PLANTED(maker_mode_decides) ? maker.identity.self_trade : taker_.self_trade;
    return mode != SelfTrade::none && maker.identity.account == taker_.account;
  }
  // Trades at the best level; returns what is left of `open`. `shown`: the taker's remaining lots are shown in reports.
  std::int64_t take_level(std::int64_t open, bool shown);
  struct Met {
    Handle first = kNoHandle;  // in the queue then
    std::int64_t open = 0;     // what is left of the taker
  };
  // A maker that has something few orders have.
  [[gnu::noinline]] Met meet_special(Level& level, Handle handle, core::Price price, std::int64_t open, bool shown);
  void trade(Order& maker, core::Price price, std::int64_t lots, std::int64_t taker_left);
  [[gnu::noinline]] void trade_apart(Order& maker, core::Price price, std::int64_t lots, std::int64_t taker_left);
  void prevent(Order& maker, core::Price price, std::int64_t& open, bool shown);
  void end_maker(const Order& maker);
  void end_taker(const Order& maker, std::int64_t open);

  Books& books_;
  Book& book_;
  const Identity taker_;
  const Side side_;  // the makers'
  Announcer announce_;
  bool traded_ = false;
  bool ended_ = false;
};

}  // namespace matching
