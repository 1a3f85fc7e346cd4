#include "services/matching/special_orders.h"

#include <algorithm>

#include "services/matching/announcer.h"
#include "services/matching/planted.h"

namespace matching {

void cancel_special(Books& books, Book& book, Handle handle, Output out) {
  const Order& order = books.orders[handle];
  Announcer announce(book, out);
  announce.ended(order.identity, EndReason::cancelled, books.whole(order));
  if (order.conditional != 0) {
    books.triggers.remove(book.triggers, order.conditional);
    book.has_fired = books.triggers.has_fired(book.triggers);
  } else {
    announce.level_changed(order.identity.side, order.key, books.unlink(book, handle));
  }
  books.release(handle);
}

void reduce_special(Books& books, Book& book, const ReduceOrder& command, Output out) {
  Order& order = books.orders[command.handle];
  CHECK(order.conditional == 0 && command.by.value() > 0);
  const std::int64_t left = books.whole(order) - command.by.value();
  if (left <= 0) return cancel_special(books, book, command.handle, out);
  Level& level = books.ladders.level(order.page, order.key);
  const std::int64_t lots_before = level.lots;
  level.lots -= order.open;
  const bool shown_first = PLANTED(reduction_takes_what_is_shown);
  order.open = shown_first ? std::max<std::int64_t>(order.open - command.by.value(), 1) : std::min(order.open, left);
  if (books.has_peak(order)) books.set_hidden(order, left - order.open);
  level.lots += order.open;
  Announcer announce(book, out);
  announce.reduced(order.identity, command.by, left);
  if (level.lots != lots_before) announce.level_changed(order.identity.side, order.key, level.lots);
}

}  // namespace matching
