#include "services/matching/matching.h"

#include "services/matching/admission.h"
#include "services/matching/announcer.h"
#include "services/matching/auction.h"
#include "services/matching/book.h"
#include "services/matching/planted.h"
#include "services/matching/price_ranges.h"
#include "services/matching/special_orders.h"
#include "services/matching/taking.h"

namespace matching {

namespace {

Identity identity_of(const NewOrder& command) {
  return {command.order, command.account, command.account_slot, command.market,
          command.side,  command.type,    command.self_trade,   command.special};
}

void reject(const NewOrder& command, Rejection rejection, Output out) {
  Report& report = out.reports.emplace_back();
  report.kind = ReportKind::rejected;
  report.side = command.side;
  report.rejection = rejection;
  report.market = command.market;
  report.order = command.order;
  report.account = command.account;
  report.account_slot = command.account_slot;
}

template <class Command>
void refuse(const Command& command, Rejection rejection, Output out) {
  Report& report = out.reports.emplace_back();
  report.kind = ReportKind::refused;
  report.rejection = rejection;
  report.market = command.market;
  report.order = command.order;
  report.account_slot = command.account_slot;
}

}  // namespace

struct Matching::State {
  Books books;

  // Fired orders go on, first fired first, as long as the command's allowance lasts and the market trades. Returns what
  // is left of the allowance. Every command of a market begins with it, and ends with it when it traded.
  [[gnu::noinline]] unsigned continue_cascade(Book& book, unsigned allowance, Output out);
  // An aggressor is done: what it fired goes on.
  void after_trading(Book& book, Announcer& announce, unsigned allowance, Output out) {
    announce.reference_price();
    if (book.has_fired) [[unlikely]]
      continue_cascade(book, allowance, out);
  }
  void let_go(Book& book, const Conditional& fired, Output out);
  [[gnu::noinline]] void wait(Book& book, const NewOrder& command, Output out);
  [[gnu::always_inline]] void cancel(Book& book, Handle handle, Output out);
  // Inlined with what it calls: in the way of a new order every call counts.
  [[gnu::always_inline]] void place(Book& book, const NewOrder& command, unsigned allowance, Output out);
  [[gnu::noinline]] void place_special(Book& book, const NewOrder& command, Output out);
  [[gnu::noinline]] void slide(Book& book, const NewOrder& command, Output out);
  void limit_order(Book& book, const NewOrder& command, unsigned allowance, Output out);
  [[gnu::noinline]] void limit_order_outside_trading(Book& book, const NewOrder& command, Output out) {
    const CallFigures figures(books, book, out);
    limit_order(book, command, 0, out);
  }
  void market_order(Book& book, const NewOrder& command, unsigned allowance, Output out);
  void rest_or_expire(Book& book, const NewOrder& command, std::int64_t open, ReportKind kind, Output out);
  void rest_or_end(Book& book, Handle handle, std::int64_t open, Output out);
  [[gnu::always_inline]] void move(Book& book, const MoveOrder& command, unsigned allowance, Output out);
  // Of an order that is there, in a state that takes such a command.
  void carry_out(Book& book, const CancelOrder& command, Output out) { cancel(book, command.handle, out); }
  void carry_out(Book& book, const ReduceOrder& command, Output out);
  void carry_out(Book& book, const MoveOrder& command, Output out) { move(book, command, 0, out); }
  // Any of them where not everything is taken: apart, so that trading pays a comparison for it.
  template <class Command>
  [[gnu::noinline]] void outside_trading(Book& book, Action action, const Command& command, Output out) {
    if (!instruments::accepts(book.state, action) && !PLANTED(every_state_changes_orders))
      return refuse(command, Rejection::market_closed, out);
    const CallFigures figures(books, book, out);
    carry_out(book, command, out);
  }
  // The order a cancel, move or reduce is about, or none, which has then been reported.
  template <class Command>
  Order* target(const Command& command, Output out);
};

template <class Command>
Order* Matching::State::target(const Command& command, Output out) {
  if (books.orders.holds(command.handle, command.order, command.market)) [[likely]]
    return &books.orders[command.handle];
  refuse(command, Rejection::stale_handle, out);
  return nullptr;
}

Matching::Matching() : state_(std::make_unique<State>()) {}
Matching::~Matching() = default;
Matching::Matching(Matching&&) noexcept = default;
Matching& Matching::operator=(Matching&&) noexcept = default;

void Matching::apply(const ConfigureMarket& command, Output out) {
  const instruments::Market& market = command.market;
  CHECK(!market.id.is_none() && market.lot_units.value() > 0 && market.tick_lot_units.value() > 0);
  Book* book = state_->books.find(market.id);
  const bool is_new = book == nullptr;
  if (is_new) book = &state_->books.add(market.id);
  CHECK(instruments::is_market_state(market.state));
  const MarketState state = command.keeps_state && !is_new ? book->state : market.state;
  const bool changed = book->state != state;
  CallFigures figures(state_->books, *book, out);
  if (changed) {
    // The trades of the auction are the last thing that happens in the old state.
    const bool uncrosses = instruments::uncrosses(book->state, state) &&
                           !(PLANTED(closing_does_not_trade) && state == MarketState::closed);
    if (!is_new && uncrosses) uncross_book(state_->books, *book, out);
    if (!instruments::is_call(state)) figures.end();
    if (!instruments::is_call(book->state) && instruments::is_call(state)) figures.begin();
  }
  book->state = state;
  if (is_new || !PLANTED(band_change_ignored)) book->has_band = is_set(market.band);
  book->has_ranges = market.ranges.is_set();
  book->is_pro_rata = market.allocation.kind == instruments::AllocationKind::pro_rata;
  Rules& rules = state_->books.rules(market.id);
  const core::Price center = command.range_reference.is_zero() ? rules.range_reference : command.range_reference;
  rules = {market.band,           market.notional_min, market.notional_max, market.lot_units,
           market.tick_lot_units, market.allocation,   market.ranges,       center,
           command.state_changes};
  if (is_new || changed) Announcer(*book, out).event(is_new ? MarketEventKind::listed : MarketEventKind::state_changed);
  state_->continue_cascade(*book, kTriggersPerCommand, out);
}

void Matching::apply(const NewOrder& command, Output out) {
  Book* const book = state_->books.find(command.market);
  if (book == nullptr) return reject(command, Rejection::unknown_market, out);
  if (book->has_fired | (command.trigger != Trigger::none) | (command.special != 0)) [[unlikely]]
    return state_->place_special(*book, command, out);
  state_->place(*book, command, kTriggersPerCommand, out);
}

inline void Matching::State::place(Book& book, const NewOrder& command, unsigned allowance, Output out) {
  const Rejection rejection = admit(book, books.rules(command.market), command);
  if (rejection != Rejection::none) return reject(command, rejection, out);
  if (is_market(command.type)) return market_order(book, command, allowance, out);
  if (book.state != MarketState::trading) [[unlikely]]
    return limit_order_outside_trading(book, command, out);
  limit_order(book, command, allowance, out);
}

// An order that has something few have, or any behind conditional orders that earlier commands left over.
void Matching::State::place_special(Book& book, const NewOrder& command, Output out) {
  const unsigned allowance = continue_cascade(book, kTriggersPerCommand, out);
  if (const Rejection bad = admit_special(book, command); bad != Rejection::none) return reject(command, bad, out);
  // From here on minimum and bound say it themselves, and `special` has what an order keeps.
  NewOrder order = command;
  order.special &= kPeak;
  if (command.trigger != Trigger::none) return wait(book, order, out);
  place(book, order, allowance, out);
}

void Matching::State::limit_order(Book& book, const NewOrder& command, unsigned allowance, Output out) {
  const Side makers = opposite(command.side);
  const std::uint64_t limit = key_of(makers, command.price);
  const bool crosses = book.best[index_of(makers)] <= limit;
  const std::int64_t quantity = command.quantity.value();
  if (!crosses) [[likely]]
    return rest_or_expire(book, command, quantity, ReportKind::accepted, out);
  if (!instruments::is_continuous(book.state) && !PLANTED(call_trades))
    return rest_or_expire(book, command, quantity, ReportKind::accepted, out);
  if (command.type == OrderType::limit_maker && !PLANTED(limit_maker_takes)) return slide(book, command, out);

  const Identity taker = identity_of(command);
  Taking taking(books, book, taker, out);
  Announcer announce(book, out);
  announce.placed(ReportKind::accepted, taker, command.price, quantity, kNoHandle);
  const std::uint64_t reach = reach_of(books, book, makers, limit);
  const bool all_or_nothing = command.time_in_force == TimeInForce::fok && !PLANTED(fok_trades_partly);
  const std::int64_t least = all_or_nothing ? quantity : command.minimum.value() - PLANTED(minimum_one_less);
  if (least > 0 && taking.plan(reach, quantity).lots < least) {
    announce.ended(taker, EndReason::expired, quantity);
    return;
  }
  const std::int64_t open = taking.take(reach, quantity);
  if (PLANTED(trades_at_limit)) out.reports.back().price = command.price;
  const bool is_left = open > 0 && !taking.ended();
  const bool stopped = is_left && is_stopped(book, makers, reach, limit);
  const bool may_rest = command.time_in_force == TimeInForce::gtc;
  if (is_left && !(stopped && ends_at_range(books, book, taker, may_rest, open, out)))
    rest_or_expire(book, command, open, ReportKind::rested, out);
  if (taking.traded()) after_trading(book, announce, allowance, out);
  if (stopped && book.interrupted) [[unlikely]]
    tell_interruption(books, book, out);
}

// A limit maker that would match.
void Matching::State::slide(Book& book, const NewOrder& command, Output out) {
  const bool slides = !command.slide_bound.is_zero();
  const core::Price price = slides ? slid_price(book, books.rules(command.market), command) : core::Price{};
  if (price.is_zero()) return reject(command, Rejection::would_match_immediately, out);
  NewOrder slid = command;
  slid.price = price;
  rest_or_expire(book, slid, command.quantity.value(), ReportKind::accepted, out);
}

// `kind`: accepted for an order that met nothing on the other side, rested for what is left of one that did.
void Matching::State::rest_or_expire(Book& book, const NewOrder& command, std::int64_t open, ReportKind kind,
                                     Output out) {
  Announcer announce(book, out);
  const Identity who = identity_of(command);
  if (command.type == OrderType::limit_maker || command.time_in_force == TimeInForce::gtc || PLANTED(ioc_rests))
      [[likely]] {
    const Handle handle = books.orders.take();
    Order& order = books.orders[handle];
    order.identity = who;
    order.key = key_of(command.side, command.price);
    order.open = open;
    if (who.special != 0) [[unlikely]] {
      order.peak = books.peaks.add(command.peak);
      books.show_peak(book, order);
    }
    const std::int64_t lots = books.append(book, handle);
    if (lots != 0) [[likely]] {
      announce.placed(kind, who, command.price, open, handle);
      announce.level_changed(command.side, key_of(command.side, command.price), lots);
      return;
    }
    if (!PLANTED(overflow_keeps_slot)) books.release(handle);
  }
  if (kind == ReportKind::accepted) announce.placed(kind, who, command.price, open, kNoHandle);
  announce.ended(who, EndReason::expired, open);
}

void Matching::State::market_order(Book& book, const NewOrder& command, unsigned allowance, Output out) {
  const Rules& rules = books.rules(command.market);
  const Side makers = opposite(command.side);
  const std::uint64_t limit = collar(book, rules, command.side), reach = reach_of(books, book, makers, limit);
  const Identity taker = identity_of(command);
  const bool by_quote = command.type == OrderType::market_by_quote;
  const std::int64_t quantity = by_quote ? 0 : command.quantity.value();
  Taking taking(books, book, taker, out);
  const Plan plan = by_quote ? taking.plan_by_quote(reach, command.quote_quantity) : taking.plan(reach, quantity);
  if (exceeds(plan, command.side, rules, command.budget)) return reject(command, Rejection::budget_exceeded, out);

  Announcer announce(book, out);
  announce.placed(ReportKind::accepted, taker, {}, quantity, kNoHandle);
  const auto end_of_rest = [&] { return matching::end_of_rest(books, book, makers, reach, limit, out); };
  if (by_quote) {
    const EndReason reason = taking.take_by_quote(reach, command.quote_quantity);
    if (!taking.ended()) announce.ended(taker, reason == EndReason::expired ? end_of_rest() : reason, 0);
  } else {
    const std::int64_t open = taking.take(reach, quantity);
    if (open > 0 && !taking.ended()) announce.ended(taker, end_of_rest(), open);
  }
  if (taking.traded()) after_trading(book, announce, allowance, out);
  if (book.interrupted) [[unlikely]]
    tell_interruption(books, book, out);
}

// ---- conditional orders ----

void Matching::State::wait(Book& book, const NewOrder& command, Output out) {
  const Rejection rejection = admit_conditional(book, command);
  if (rejection != Rejection::none) return reject(command, rejection, out);
  const bool is_limit = command.type == OrderType::limit;
  const Handle handle = books.orders.take();
  Order& order = books.orders[handle];
  order.identity = identity_of(command);
  order.key = 0;
  order.open = command.quantity.value();
  order.page = 0;
  if ((command.special & kPeak) != 0) order.peak = books.peaks.add(command.peak);
  if (book.triggers == 0) book.triggers = books.triggers.add_book();
  Conditional waiting;
  waiting.handle = handle;
  waiting.price = is_limit ? command.price : core::Price{};
  waiting.trigger_price = command.trigger_price;
  waiting.budget = command.budget;
  waiting.trailing_bp = command.trailing_bp;
  waiting.side = command.side;
  waiting.time_in_force = command.time_in_force;
  waiting.trigger = command.trigger;
  waiting.source = command.source;
  waiting.phase = command.trigger_price.is_zero() ? Phase::trade : Phase::price;
  order.conditional = books.triggers.add(book.triggers, waiting);
  Announcer(book, out).placed(ReportKind::accepted, order.identity, waiting.price, order.open, handle);
}

unsigned Matching::State::continue_cascade(Book& book, unsigned allowance, Output out) {
  const auto may_go_on = [&] {
    return (allowance > 0 || PLANTED(cascade_unbounded)) &&
           (book.state == MarketState::trading || PLANTED(every_state_fires));
  };
  for (; book.has_fired && may_go_on(); --allowance) {
    const Conditional fired = books.triggers.take_fired(book.triggers);
    book.has_fired = books.triggers.has_fired(book.triggers);
    books.orders[fired.handle].conditional = 0;
    let_go(book, fired, out);
  }
  if (book.interrupted) tell_interruption(books, book, out);
  return allowance;
}

// As a new order would, from here on, under the band, the book and the self-trade prevention of now.
void Matching::State::let_go(Book& book, const Conditional& fired, Output out) {
  Order& order = books.orders[fired.handle];
  const Identity who = order.identity;
  const std::int64_t quantity = order.open;
  const Rules& rules = books.rules(book.market);
  const bool is_limit = who.type == OrderType::limit;
  const Side makers = opposite(who.side);
  const std::uint64_t limit = is_limit ? key_of(makers, fired.price) : collar(book, rules, who.side);
  const std::uint64_t reach = PLANTED(cascade_ignores_range) ? limit : reach_of(books, book, makers, limit);
  order.key = key_of(who.side, fired.price);
  Announcer announce(book, out);
  announce.placed(ReportKind::triggered, who, fired.price, quantity, fired.handle);
  Taking taking(books, book, who, out);
  const auto end = [&](EndReason reason, std::int64_t open, Rejection why = Rejection::none) {
    announce.ended(who, reason, open).rejection = why;
    books.release(fired.handle);
  };
  if (is_limit) {
    const bool out_of_band =
        book.has_band && !book.reference.is_zero() && outside_band(rules.band, who.side, fired.price, book.reference);
    if (out_of_band) return end(EndReason::not_admitted, quantity, Rejection::price_outside_band);
    if (fired.time_in_force == TimeInForce::fok && taking.plan(reach, quantity).lots != quantity) {
      return end(EndReason::expired, quantity);
    }
  } else if (exceeds(taking.plan(reach, quantity), who.side, rules, fired.budget)) {
    return end(EndReason::not_admitted, quantity, Rejection::budget_exceeded);
  }
  const std::int64_t open = taking.take(reach, quantity);
  const bool is_left = open > 0 && !taking.ended(), may_rest = is_limit && fired.time_in_force == TimeInForce::gtc;
  const EndReason reason = is_left ? end_of_rest(books, book, makers, reach, limit, out) : EndReason::expired;
  if (is_left && (!may_rest || (reason == EndReason::price_range && !book.interrupted))) {
    end(reason, open);
  } else {
    rest_or_end(book, fired.handle, taking.ended() ? 0 : open, out);
  }
  if (taking.traded()) announce.reference_price();
}

// ---- orders that rest or wait ----

void Matching::apply(const CancelOrder& command, Output out) {
  Book* const book = state_->books.find(command.market);
  if (book != nullptr && book->has_fired) [[unlikely]]
    state_->continue_cascade(*book, kTriggersPerCommand, out);
  if (state_->target(command, out) == nullptr) return;
  if (book->state != MarketState::trading) [[unlikely]]
    return state_->outside_trading(*book, Action::cancel, command, out);
  state_->cancel(*book, command.handle, out);
}

inline void Matching::State::cancel(Book& book, Handle handle, Output out) {
  const Order& order = books.orders[handle];
  if ((order.conditional | order.identity.special) != 0) [[unlikely]]
    return cancel_special(books, book, handle, out);
  const std::int64_t lots = books.unlink(book, handle);
  Announcer announce(book, out);
  announce.ended(order.identity, EndReason::cancelled, order.open);
  announce.level_changed(order.identity.side, order.key, lots);
  books.orders.give_back(handle);
}

void Matching::apply(const ReduceOrder& command, Output out) {
  Book* const book = state_->books.find(command.market);
  if (book != nullptr && book->has_fired) [[unlikely]]
    state_->continue_cascade(*book, kTriggersPerCommand, out);
  if (state_->target(command, out) == nullptr) return;
  if (command.by.value() <= 0) return refuse(command, Rejection::invalid_order, out);
  if (book->state != MarketState::trading) [[unlikely]]
    return state_->outside_trading(*book, Action::reduce, command, out);
  state_->carry_out(*book, command, out);
}

inline void Matching::State::carry_out(Book& book, const ReduceOrder& command, Output out) {
  Order& order = books.orders[command.handle];
  if (order.conditional != 0) [[unlikely]]
    return refuse(command, Rejection::order_not_working, out);
  if (order.identity.special != 0) [[unlikely]]
    return reduce_special(books, book, command, out);
  if (command.by.value() - PLANTED(reduce_to_nothing_rests) >= order.open) return cancel(book, command.handle, out);
  Level& level = books.ladders.level(order.page, order.key);
  order.open -= command.by.value();
  level.lots -= PLANTED(reduce_keeps_level_lots) ? 0 : command.by.value();
  Announcer announce(book, out);
  announce.reduced(order.identity, command.by, order.open);
  announce.level_changed(order.identity.side, order.key, level.lots);
}

void Matching::apply(const MoveOrder& command, Output out) {
  Book* const book = state_->books.find(command.market);
  unsigned allowance = kTriggersPerCommand;
  if (book != nullptr && book->has_fired) [[unlikely]]
    allowance = state_->continue_cascade(*book, allowance, out);
  if (state_->target(command, out) == nullptr) return;
  if (command.price.value() <= 0) return refuse(command, Rejection::invalid_order, out);
  if (book->state != MarketState::trading && !PLANTED(halt_moves_orders)) [[unlikely]]
    return state_->outside_trading(*book, Action::move, command, out);
  state_->move(*book, command, allowance, out);
}

inline void Matching::State::move(Book& book, const MoveOrder& command, unsigned allowance, Output out) {
  Order& order = books.orders[command.handle];
  if (order.conditional != 0) [[unlikely]]
    return refuse(command, Rejection::order_not_working, out);
  const Identity who = order.identity;
  if (book.has_band && !book.reference.is_zero() &&
      outside_band(books.rules(command.market).band, who.side, command.price, book.reference)) {
    return refuse(command, Rejection::price_outside_band, out);
  }
  const std::uint64_t limit = key_of(opposite(who.side), command.price);
  bool crosses = book.best[index_of(opposite(who.side))] <= limit;
  if (crosses) [[unlikely]]
    crosses = instruments::is_continuous(book.state);  // elsewhere it rests as it comes
  const bool takes_nothing = who.type == OrderType::limit_maker || book.state == MarketState::post_only;
  if (crosses && takes_nothing && !PLANTED(moved_limit_maker_takes)) {
    return refuse(command, Rejection::would_match_immediately, out);
  }

  const std::uint64_t from = order.key, to = key_of(who.side, command.price);
  const std::int64_t quantity = books.whole(order), shown = order.open;
  Announcer announce(book, out);
  announce.placed(ReportKind::moved, who, command.price, quantity, command.handle);
  if (PLANTED(move_keeps_priority) && to == from) return;
  const std::int64_t lots_left = books.unlink(book, command.handle);
  order.key = to;
  if (to != from) announce.level_changed(who.side, from, lots_left);
  if (!crosses) [[likely]] {
    if (who.special != 0) [[unlikely]] {
      order.open = quantity;
      books.show_peak(book, order);
    }
    const std::int64_t lots = books.append(book, command.handle);
    if (lots == 0) [[unlikely]]
      return rest_or_end(book, command.handle, quantity, out);
    if (to != from || lots != lots_left + shown) announce.level_changed(who.side, to, lots);
    return;
  }
  Taking taking(books, book, who, out);
  const std::uint64_t reach = reach_of(books, book, opposite(who.side), limit);
  const std::int64_t open = taking.take(reach, quantity);
  const bool stopped = open > 0 && !taking.ended() && is_stopped(book, opposite(who.side), reach, limit);
  if (stopped && !calls_auction(books, book, out)) [[unlikely]] {
    announce.ended(who, EndReason::price_range, open);
    books.release(command.handle);
  } else {
    rest_or_end(book, command.handle, taking.ended() ? 0 : open, out);
  }
  if (taking.traded()) after_trading(book, announce, allowance, out);
  if (stopped && book.interrupted) [[unlikely]]
    tell_interruption(books, book, out);
}

// What becomes of an order that has its slot and is in no queue, after it matched: rests at its price or is over.
void Matching::State::rest_or_end(Book& book, Handle handle, std::int64_t open, Output out) {
  Order& order = books.orders[handle];
  Announcer announce(book, out);
  if (open != 0) {
    order.open = open;
    if (order.identity.special != 0) [[unlikely]]
      books.show_peak(book, order);
    if (const std::int64_t lots = books.append(book, handle); lots != 0) {
      announce.placed(ReportKind::rested, order.identity, price_of(order.identity.side, order.key), open, handle);
      announce.level_changed(order.identity.side, order.key, lots);
      return;
    }
    announce.ended(order.identity, EndReason::expired, open);
  }
  if (!PLANTED(moved_order_keeps_slot)) books.release(handle);
}

std::uint64_t Matching::state_hash() const { return state_->books.state_hash(); }
core::Result<void> Matching::audit() const { return state_->books.audit(); }
std::size_t Matching::resting_orders() const { return state_->books.orders.in_use() - waiting_orders(); }
std::size_t Matching::waiting_orders() const { return state_->books.triggers.count(); }
std::size_t Matching::bytes_in_use() const { return state_->books.bytes_in_use(); }
void Matching::save(core::ByteWriter& out) const { state_->books.save(out); }

core::Result<void> Matching::load(core::ByteReader& in) {
  Books loaded;
  const core::Result<void> result = loaded.load(in);
  if (result) state_->books = std::move(loaded);
  return result;
}

void Matching::for_each_order(const std::function<void(const RestingOrder&)>& visit) const {
  state_->books.for_each_order(visit);
}
void Matching::for_each_waiting(const std::function<void(const WaitingOrder&)>& visit) const {
  state_->books.for_each_waiting(visit);
}

}  // namespace matching
