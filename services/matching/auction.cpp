#include "services/matching/auction.h"

#include <algorithm>
#include <limits>

#include "services/matching/announcer.h"
#include "services/matching/planted.h"

namespace matching {
namespace {

class Uncrossing {
 public:
  Uncrossing(Books& books, Book& book, core::Price price, Output out)
      : books_(books), book_(book), price_(price), announce_(book, out) {}

  // The best bid against the best ask, as long as they cross.
  void run() {
    while (crosses()) {
      Order& bid = first(Side::buy);
      Order& ask = first(Side::sell);
      trade(bid, ask);
      settle(Side::buy);
      settle(Side::sell);
    }
    for (const Side side : {Side::buy, Side::sell}) hide(side);
    for (const Side side : {Side::buy, Side::sell}) {
      if (touched_[index_of(side)]) announce_level(side);
    }
    announce_.reference_price();
  }

 private:
  [[nodiscard]] bool crosses() const {
    if (book_.best[0] == kNoKey || book_.best[1] == kNoKey) return false;
    return price_of(Side::buy, book_.best[0]) >= price_of(Side::sell, book_.best[1]);
  }
  [[nodiscard]] Level& best_level(Side side) {
    return books_.ladders.level(book_.best_page[index_of(side)], book_.best[index_of(side)]);
  }
  // The first order of a side, all of which trades in its place: what an iceberg order hides is shown until it is over
  // or the auction is.
  [[nodiscard]] Order& first(Side side) {
    const Handle handle = best_level(side).head;
    Order& order = books_.orders[handle];
    if (books_.hidden(order) != 0 && !PLANTED(auction_ignores_hidden)) [[unlikely]] {
      unhidden_[index_of(side)] = {handle, order.open, books_.whole(order)};
      best_level(side).lots += books_.hidden(order);
      order.open = books_.whole(order);
      books_.set_hidden(order, 0);
    }
    return order;
  }
  // After the last trade: the iceberg order that is first on a side and traded in part hides again what it does not
  // show; if what it had shown is gone, its next peak goes to the back of its queue.
  void hide(Side side) {
    const auto [handle, shown, whole] = unhidden_[index_of(side)];
    if (handle == kNoHandle) return;
    Order& order = books_.orders[handle];
    Level& level = best_level(side);
    const std::int64_t left = order.open, traded = whole - left;
    level.lots -= left;
    order.open = shown - traded;
    const bool refreshes = order.open <= 0;
    if (refreshes) {
      books_.refresh_peak(order, left);
    } else {
      books_.set_hidden(order, left - order.open);
    }
    level.lots += order.open;
    if (!refreshes || level.tail == handle || PLANTED(auction_refresh_keeps_priority)) return;
    Links& links = books_.orders.links(handle);
    level.head = links.next;
    books_.orders.links(level.head).previous = kNoHandle;
    books_.orders.links(level.tail).next = handle;
    links = {.next = kNoHandle, .previous = level.tail};
    level.tail = handle;
  }

  void trade(Order& bid, Order& ask) {
    CHECK(price_of(Side::buy, bid.key) >= price_ && price_of(Side::sell, ask.key) <= price_);
    const std::int64_t lots = std::min(bid.open, ask.open);
    bid.open -= lots;
    ask.open -= lots;
    best_level(Side::buy).lots -= lots;
    best_level(Side::sell).lots -= lots;
    book_.last_trade = book_.last_trade.next();
    book_.reference = price_;
    const bool buy_is_later = (bid.identity.order > ask.identity.order) != PLANTED(auction_earlier_takes);
    const Order &taker = buy_is_later ? bid : ask, &maker = buy_is_later ? ask : bid;
    const auto fill = [&](const Order& order, const Order& counter) {
      Report& report = announce_.report(ReportKind::filled, order.identity);
      report.is_maker = &order == &maker;
      report.price = price_;
      report.quantity = core::Quantity{lots};
      report.remaining = core::Quantity{order.open};
      report.trade = book_.last_trade;
      report.counter_order = counter.identity.order;
    };
    fill(taker, maker);
    fill(maker, taker);
    MarketEvent& event = announce_.event(MarketEventKind::traded);
    event.side = taker.identity.side;
    event.price = price_;
    event.quantity = core::Quantity{lots};
    event.trade = book_.last_trade;
    event.maker_order = maker.identity.order;
    event.taker_order = taker.identity.order;
  }

  // Takes the side's first order off the book when it is filled, and its level when that is empty, which is told.
  void settle(Side side) {
    touched_[index_of(side)] = true;
    Level& level = best_level(side);
    const Handle handle = level.head;
    if (books_.orders[handle].open != 0) return;
    level.head = books_.orders.links(handle).next;
    books_.release(handle);
    unhidden_[index_of(side)] = {};
    if (level.head != kNoHandle) {
      books_.orders.links(level.head).previous = kNoHandle;
      return;
    }
    level.tail = kNoHandle;
    const std::uint64_t key = book_.best[index_of(side)];
    books_.drop_best(book_, side);
    announce_.level_changed(side, key, 0);
    touched_[index_of(side)] = false;
  }
  void announce_level(Side side) { announce_.level_changed(side, book_.best[index_of(side)], best_level(side).lots); }

  Books& books_;
  Book& book_;
  const core::Price price_;
  Announcer announce_;
  struct Unhidden {
    Handle handle = kNoHandle;
    std::int64_t shown = 0, whole = 0;  // before its first trade
  };
  std::array<Unhidden, 2> unhidden_ = {};         // by side: the first order, if it hid something
  std::array<bool, 2> touched_ = {false, false};  // by side: the best level has traded and that has not been told
};

Uncross find_price(const Books& books, const Book& book) {
  const bool two_sided = book.best[0] != kNoKey && book.best[1] != kNoKey;
  if (!two_sided || price_of(Side::buy, book.best[0]) < price_of(Side::sell, book.best[1])) return {};
  return uncross(BookLevels(books, book, Side::buy), BookLevels(books, book, Side::sell), {},
                 PLANTED(auction_without_reference) ? core::Price{} : book.reference);
}

core::Quantity shown(core::int128 lots) {
  return core::Quantity{
      static_cast<std::int64_t>(std::min<core::int128>(lots, std::numeric_limits<std::int64_t>::max()))};
}

}  // namespace

void uncross_book(Books& books, Book& book, Output out) {
  const Uncross found = find_price(books, book);
  if (found.price.is_zero()) return;
  Uncrossing(books, book, found.price, out).run();
  if (!PLANTED(auction_moves_no_range)) books.rules(book.market).range_reference = found.price;
  if (book.triggers != 0 && !PLANTED(auction_fires_nothing))
    book.has_fired = books.triggers.observe(book.triggers, found.price);
}

Uncross CallFigures::figures() const { return find_price(books_, book_); }

void CallFigures::publish() const {
  const Uncross now = figures();
  if (now == *before_ || (PLANTED(surplus_alone_untold) && now.paired == before_->paired)) return;
  Announcer announce(book_, out_);
  MarketEvent& price = announce.event(MarketEventKind::auction_price);
  price.price = now.price;
  price.quantity = shown(now.paired);
  MarketEvent& surplus = announce.event(MarketEventKind::auction_surplus);
  surplus.side = now.surplus_side;
  surplus.quantity = shown(now.surplus);
}

}  // namespace matching
