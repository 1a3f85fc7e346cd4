// Commands on orders that have something few orders have (Identity::special), and on those that wait for their trigger:
// apart from the ways that all others take, which pay one comparison for them.
#pragma once

#include "services/matching/book.h"
#include "services/matching/matching.h"

namespace matching {

// The order is taken out, whether it rests or waits.
[[gnu::noinline]] void cancel_special(Books& books, Book& book, Handle handle, Output out);
// Of an order that rests. What it hides goes first: what is shown stays shown, and the order where it is.
[[gnu::noinline]] void reduce_special(Books& books, Book& book, const ReduceOrder& command, Output out);

}  // namespace matching
