// The state of a market and the figures of its call: told once per batch in which they changed.
#include <algorithm>
#include <limits>

#include "gateways/streams/market_watch.h"
#include "services/instruments/market_states.h"
#include "services/matching/uncross.h"

namespace streams {
namespace {

using matching::MarketEventKind;

// A side of a book as the read model has it.
class Levels {
 public:
  explicit Levels(const std::vector<market_data::DepthLevel>& levels) : levels_(&levels) {}
  [[nodiscard]] bool at_end() const { return at_ == levels_->size(); }
  [[nodiscard]] core::Price price() const { return (*levels_)[at_].price; }
  [[nodiscard]] std::int64_t lots() const { return (*levels_)[at_].quantity.value(); }
  void advance() { ++at_; }

 private:
  const std::vector<market_data::DepthLevel>* levels_;
  std::size_t at_ = 0;
};

core::Quantity shown(core::int128 lots) {
  return core::Quantity{
      static_cast<std::int64_t>(std::min<core::int128>(lots, std::numeric_limits<std::int64_t>::max()))};
}

}  // namespace

// What the events of the past have said follows from the book.
void MarketStreams::State::begin_auction(core::MarketId market, AuctionStream& auction) const {
  const instruments::Market* const listed = views().instruments.market(market);
  CHECK(listed != nullptr);
  const bool calls = instruments::is_call(listed->state);  // else nothing of the book is needed
  const market_data::Depth book = views().markets.depth(market, calls ? std::numeric_limits<std::size_t>::max() : 1);
  auction.figures = {.state = listed->state, .update_id = book.last_update_id};
  auction.is_changed = false;
  if (!calls) return;
  const core::Price reference = views().markets.last_price(market).value_or(core::Price{});
  const matching::Uncross now = matching::uncross(Levels(book.bids), Levels(book.asks), {}, reference);
  auction.figures.price = now.price;
  auction.figures.paired = shown(now.paired);
  auction.figures.surplus = shown(now.surplus);
  auction.figures.surplus_side = now.surplus_side;
}

void MarketStreams::State::hear_auction(AuctionStream& auction, const matching::MarketEvent& event) {
  AuctionFigures& figures = auction.figures;
  figures.update_id = event.sequence;
  if (event.kind == MarketEventKind::state_changed) {
    const bool goes_on = instruments::is_call(figures.state) && instruments::is_call(event.state);
    if (!goes_on) figures = {.update_id = event.sequence};
    figures.state = event.state;
  } else if (event.kind == MarketEventKind::auction_price) {
    figures.price = event.price;
    figures.paired = event.quantity;
  } else if (event.kind == MarketEventKind::auction_surplus) {
    figures.surplus_side = event.side;
    figures.surplus = event.quantity;
  } else {
    return;
  }
  auction.is_changed = true;
}

void MarketStreams::State::tell_auction(core::MarketId market, Tracked& record) {
  Watch* const watch = record.watch.get();
  if (watch == nullptr || !watch->auction.is_changed || watch->auction.stream.reader_count == 0) return;
  AuctionStream& auction = watch->auction;
  auction.is_changed = false;
  fan_out.publish(auction.stream, ++change, false,
                  [&, of = listing(market), sent = sent_at(port.now())](spot::JsonWriter& json, spot::TimeUnit unit) {
                    write_auction(json, of, {sent, unit}, auction.figures);
                  });
}

}  // namespace streams
