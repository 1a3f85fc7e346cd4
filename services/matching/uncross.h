// The price of an auction: one price at which everything that can trade does.
//
// At a price, buy orders of at least that limit and sell orders of at most that limit are executable, market orders at
// any price. Candidates are every limit price and the reference price. Of the candidates, those stay
//   (a) at which most lots trade, of these
//   (b) those that leave the smallest surplus, of these,
//   (c) when all of them leave it on the buy side, the highest; all on the sell side, the lowest; otherwise
//   (d) the one nearest to the reference price; without a reference price
//   (e) the highest.
// Two that are as near, one on either side, are never left: the reference price between them would trade as much, leave
// no more, and be nearer. Market orders without a limit order beside them trade at the reference price, and without one
// not at all.
//
// One pass: both sides are walked from their best level inwards, lots against lots, as far as they cross and at most
// two levels further, whatever lies behind. That this is enough follows from where the pairing stops. Let the last lots
// paired be of a bid at b and an ask at a: the same number trades at the prices from a to b and at no others, and the
// surplus of buyers never rises with the price. If the pairing stopped within a bid level, every one of these prices
// leaves buyers over, fewest at the highest; within an ask level, the mirror image; between levels on both sides, no
// price between the next bid and the next ask leaves anything over, and if there is no candidate there, then the next
// bid and the next ask leave themselves. uncross_test.cpp compares with the rules taken literally.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>

#include "pkg/core/numbers.h"
#include "services/matching/book.h"
#include "services/matching/types.h"

namespace matching {

struct Uncross {
  core::Price price;         // zero: nothing trades, since nothing crosses or there is no price to trade at
  core::int128 paired = 0;   // lots that trade; zero without a price
  core::int128 surplus = 0;  // lots that are executable at the price and find nobody; without one: of market orders
  Side surplus_side = Side::buy;  // buy when there is none

  friend bool operator==(const Uncross&, const Uncross&) = default;
};

// Lots of market orders.
struct Unpriced {
  core::int128 buys = 0, sells = 0;
};

// One side of a book, best level first. `price` and `lots` REQUIRE that it is not at its end.
template <class Cursor>
concept LevelCursor = requires(Cursor cursor, const Cursor& constant) {
  { constant.at_end() } -> std::same_as<bool>;
  { constant.price() } -> std::same_as<core::Price>;
  { constant.lots() } -> std::same_as<std::int64_t>;
  cursor.advance();
};

// A side of one of the books, where it lies.
class BookLevels {
 public:
  BookLevels(const Books& books, const Book& book, Side side)
      : books_(&books), book_(&book), at_(books.ladders.first(book.ladders[index_of(side)])), side_(side) {}
  [[nodiscard]] bool at_end() const { return at_.page == 0; }
  [[nodiscard]] core::Price price() const { return price_of(side_, at_.key); }
  [[nodiscard]] std::int64_t lots() const {  // what is hidden included
    return books_->whole_at(*book_, at_, books_->ladders.level(at_.page, at_.key));
  }
  void advance() { at_ = books_->ladders.next(at_.page, at_.key); }

 private:
  const Books* books_;
  const Book* book_;
  Ladders::Place at_;
  Side side_;
};

// Where the pairing of one side stopped.
struct PairedSide {
  struct At {
    core::Price price;  // zero: no such level
    std::int64_t lots = 0;
  };
  core::Price last;       // limit of the last lots paired; zero: they were market orders'
  core::int128 left = 0;  // lots of the same level, or of market orders, that found nobody
  At next, after;         // the levels behind
};
struct Pairing {
  core::int128 paired = 0;
  PairedSide buys, sells;
};

// The rules above, applied to where the pairing stopped. `reference` zero: there is none.
[[nodiscard]] Uncross choose_price(const Pairing& pairing, core::Price reference);

namespace pairing {

// One side while it is being paired: what is left of the level it has come to.
template <LevelCursor Levels>
struct Front {
  Levels levels;
  PairedSide side;

  [[nodiscard]] bool is_empty() const { return side.left == 0 && levels.at_end(); }
  // The limit of what is paired next; zero: a market order.
  [[nodiscard]] core::Price limit() const { return side.left != 0 ? side.last : levels.price(); }
  void enter() {
    if (side.left != 0) return;
    side.last = levels.price();
    side.left = levels.lots();
    levels.advance();
  }
  [[nodiscard]] PairedSide stop() {
    for (PairedSide::At* const at : {&side.next, &side.after}) {
      if (levels.at_end()) break;
      *at = {levels.price(), levels.lots()};
      levels.advance();
    }
    return side;
  }
};

}  // namespace pairing

template <LevelCursor Bids, LevelCursor Asks>
[[nodiscard]] Pairing pair_off(Bids bids, Asks asks, Unpriced unpriced) {
  pairing::Front<Bids> buys{bids, {.last = {}, .left = unpriced.buys, .next = {}, .after = {}}};
  pairing::Front<Asks> sells{asks, {.last = {}, .left = unpriced.sells, .next = {}, .after = {}}};
  core::int128 paired = 0;
  while (!buys.is_empty() && !sells.is_empty()) {
    const core::Price bid = buys.limit(), ask = sells.limit();
    if (!bid.is_zero() && bid < ask) break;  // an ask of zero, a market order, is above no bid
    buys.enter();
    sells.enter();
    const core::int128 lots = std::min(buys.side.left, sells.side.left);
    buys.side.left -= lots;
    sells.side.left -= lots;
    paired += lots;
  }
  return {paired, buys.stop(), sells.stop()};
}

template <LevelCursor Bids, LevelCursor Asks>
[[nodiscard]] Uncross uncross(Bids bids, Asks asks, Unpriced unpriced, core::Price reference) {
  return choose_price(pair_off(bids, asks, unpriced), reference);
}

}  // namespace matching
