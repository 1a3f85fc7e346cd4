// The auction of one book: the trades at its one price, and the figures published while orders are called for.
#pragma once

#include <optional>

#include "services/instruments/market_states.h"
#include "services/matching/book.h"
#include "services/matching/matching.h"
#include "services/matching/uncross.h"

namespace matching {

// Trades everything that crosses, all at one price, on either side in order of price, then arrival. Afterwards the book
// does not cross. Of the two orders of a trade the later one (the higher id) is the taker, the other the maker, as in
// any other trade. Self-trade prevention is off. Conditional orders that the price reaches have fired; they go on when
// the market trades.
//
// One step over a book that nobody else touches: what comes meanwhile is a later command, so nothing is computed twice.
void uncross_book(Books& books, Book& book, Output out);

// Around a command on a market: publishes the auction's figures if they are others after it than before. Free of charge
// outside a call. What was published last is always what the book made before the command, so nothing is remembered.
class CallFigures {
 public:
  CallFigures(const Books& books, Book& book, Output out) : books_(books), book_(book), out_(out) {
    if (instruments::is_call(book.state)) [[unlikely]]
      before_ = figures();
  }
  ~CallFigures() {
    if (before_) [[unlikely]]
      publish();
  }
  CallFigures(const CallFigures&) = delete;
  CallFigures& operator=(const CallFigures&) = delete;

  // Into a call: as if the figures had been empty before.
  void begin() { before_.emplace(); }
  // Out of it: they are void with the market's new state.
  void end() { before_.reset(); }

 private:
  [[nodiscard]] Uncross figures() const;
  void publish() const;

  const Books& books_;
  Book& book_;
  Output out_;
  std::optional<Uncross> before_;
};

}  // namespace matching
