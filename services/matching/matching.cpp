#include "services/matching/matching.h"

#include <algorithm>
#include <limits>

#include "services/instruments/market_states.h"
#include "services/matching/announcer.h"
#include "services/matching/auction.h"
#include "services/matching/book.h"
#include "services/matching/taking.h"

namespace matching {

using core::int128;
using core::Rejection;
using instruments::Action;
using instruments::MarketState;

namespace {

constexpr int128 kBasisPoints = 10'000;

Identity identity_of(const NewOrder& command) {
  return {command.order, command.account, command.account_slot, command.market,
          command.side,  command.type,    command.self_trade};
}
bool is_market(OrderType type) { return type == OrderType::market || type == OrderType::market_by_quote; }

bool outside_band(const instruments::PriceBand& band, Side side, core::Price price, core::Price reference) {
  const std::uint32_t up = side == Side::buy ? band.bid_up_bp : band.ask_up_bp;
  const std::uint32_t down = side == Side::buy ? band.bid_down_bp : band.ask_down_bp;
  const int128 scaled = price.value() * kBasisPoints;
  return (up != 0 && scaled > int128{reference.value()} * up) ||
         (down != 0 && scaled < int128{reference.value()} * down);
}

// How far a market order may go: the worst price its side's band allows.
std::uint64_t collar(const Book& book, const Rules& rules, Side side) {
  const std::uint32_t bp = side == Side::buy ? rules.band.bid_up_bp : rules.band.ask_down_bp;
  if (!book.has_band || book.reference.is_zero() || bp == 0) return kAnyKey;
  const int128 scaled = int128{book.reference.value()} * bp;
  const int128 exact = side == Side::buy ? scaled / kBasisPoints : (scaled + kBasisPoints - 1) / kBasisPoints;
  const int128 price = std::min<int128>(exact, std::numeric_limits<std::int64_t>::max());
  return key_of(opposite(side), core::Price{static_cast<std::int64_t>(price)});
}

bool outside(core::Amount value, core::Amount min, core::Amount max) {
  return value < min || (!max.is_zero() && value > max);
}

bool accepts(const Book& book, Action action) {
  return book.state == MarketState::trading || instruments::accepts(book.state, action);
}

// The command's own fields, then the market's state, then prices: the first that does not hold is the reason.
Rejection admit(const Book& book, const Rules& rules, const NewOrder& command) {
  const bool by_quote = command.type == OrderType::market_by_quote;
  if (command.order.is_none() || (by_quote ? command.quote_quantity.value() : command.quantity.value()) <= 0) {
    return Rejection::invalid_order;
  }
  if (!is_market(command.type) && command.price.value() <= 0) return Rejection::invalid_order;
  if (!accepts(book, action_of(command.type, command.time_in_force))) return Rejection::market_closed;
  if (is_market(command.type)) {
    if (!by_quote && book.reference.is_zero()) return Rejection::none;
    const core::Amount notional =
        by_quote ? command.quote_quantity : core::notional(book.reference, command.quantity, rules.tick_lot_units);
    const bool fits = !outside(notional, rules.notional_min, rules.notional_max);
    return fits ? Rejection::none : Rejection::book_notional_out_of_range;
  }
  if (book.has_band && !book.reference.is_zero() &&
      outside_band(rules.band, command.side, command.price, book.reference)) {
    return Rejection::price_outside_band;
  }
  return Rejection::none;
}

// A plan's cost in what the order's budget is held in. Costs are bounded by the listing caps; beyond them, by the
// budget.
bool exceeds(const Plan& plan, Side side, const Rules& rules, core::Amount budget) {
  int128 cost = 0;
  const bool overflow = side == Side::buy ? __builtin_mul_overflow(plan.tick_lots, rules.tick_lot_units.value(), &cost)
                                          : __builtin_mul_overflow(plan.lots, rules.lot_units.value(), &cost);
  return overflow || cost > budget.value();
}

}  // namespace

namespace {

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

  void limit_order(Book& book, const NewOrder& command, Output out);
  void market_order(Book& book, const NewOrder& command, Output out);
  void rest_or_expire(Book& book, const NewOrder& command, std::int64_t open, ReportKind kind, Output out);
  void settle_move(Book& book, Handle handle, std::int64_t open, Output out);
  [[gnu::noinline]] void limit_order_outside_trading(Book& book, const NewOrder& command, Output out) {
    const CallFigures figures(books, book, out);
    limit_order(book, command, out);
  }
  // Of an order that is there, in a state that takes such a command.
  void carry_out(Book& book, const CancelOrder& command, Output out);
  void carry_out(Book& book, const ReduceOrder& command, Output out);
  void carry_out(Book& book, const MoveOrder& command, Output out);
  // Any of them where not everything is taken: apart, so that trading pays a comparison for it.
  template <class Command>
  [[gnu::noinline]] void outside_trading(Book& book, Action action, const Command& command, Output out) {
    if (!instruments::accepts(book.state, action)) return refuse(command, Rejection::market_closed, out);
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
  const bool changed = book->state != market.state;
  CallFigures figures(state_->books, *book, out);
  if (changed) {
    // The trades of the auction are the last thing that happens in the old state.
    if (!is_new && instruments::uncrosses(book->state, market.state)) uncross_book(state_->books, *book, out);
    if (!instruments::is_call(market.state)) figures.end();
    if (!instruments::is_call(book->state) && instruments::is_call(market.state)) figures.begin();
  }
  book->state = market.state;
  book->has_band = is_set(market.band);
  state_->books.rules(market.id) = {market.band, market.notional_min, market.notional_max, market.lot_units,
                                    market.tick_lot_units};
  if (is_new || changed) Announcer(*book, out).event(is_new ? MarketEventKind::listed : MarketEventKind::state_changed);
}

void Matching::apply(const NewOrder& command, Output out) {
  Book* const book = state_->books.find(command.market);
  if (book == nullptr) return reject(command, Rejection::unknown_market, out);
  const Rejection rejection = admit(*book, state_->books.rules(command.market), command);
  if (rejection != Rejection::none) return reject(command, rejection, out);
  if (is_market(command.type)) return state_->market_order(*book, command, out);
  if (book->state != MarketState::trading) [[unlikely]]
    return state_->limit_order_outside_trading(*book, command, out);
  state_->limit_order(*book, command, out);
}

void Matching::State::limit_order(Book& book, const NewOrder& command, Output out) {
  const std::uint64_t limit = key_of(opposite(command.side), command.price);
  const bool crosses = book.best[index_of(opposite(command.side))] <= limit;
  const std::int64_t quantity = command.quantity.value();
  if (!crosses) [[likely]]
    return rest_or_expire(book, command, quantity, ReportKind::accepted, out);
  if (!instruments::is_continuous(book.state))
    return rest_or_expire(book, command, quantity, ReportKind::accepted, out);
  if (command.type == OrderType::limit_maker) return reject(command, Rejection::would_match_immediately, out);

  const Identity taker = identity_of(command);
  Taking taking(books, book, taker, out);
  Announcer announce(book, out);
  announce.placed(ReportKind::accepted, taker, command.price, quantity, kNoHandle);
  if (command.time_in_force == TimeInForce::fok && taking.plan(limit, quantity).lots != quantity) {
    announce.ended(taker, EndReason::expired, quantity);
    return;
  }
  const std::int64_t open = taking.take(limit, quantity);
  if (open > 0 && !taking.ended()) rest_or_expire(book, command, open, ReportKind::rested, out);
  if (taking.traded()) announce.reference_price();
}

// `kind`: accepted for an order that met nothing on the other side, rested for what is left of one that did.
void Matching::State::rest_or_expire(Book& book, const NewOrder& command, std::int64_t open, ReportKind kind,
                                     Output out) {
  Announcer announce(book, out);
  const Identity who = identity_of(command);
  if (command.type == OrderType::limit_maker || command.time_in_force == TimeInForce::gtc) [[likely]] {
    const Handle handle = books.orders.take();
    Order& order = books.orders[handle];
    order.identity = who;
    order.key = key_of(command.side, command.price);
    order.open = open;
    const std::int64_t lots = books.append(book, handle);
    if (lots != 0) [[likely]] {
      announce.placed(kind, who, command.price, open, handle);
      announce.level_changed(command.side, key_of(command.side, command.price), lots);
      return;
    }
    books.orders.give_back(handle);
  }
  if (kind == ReportKind::accepted) announce.placed(kind, who, command.price, open, kNoHandle);
  announce.ended(who, EndReason::expired, open);
}

void Matching::State::market_order(Book& book, const NewOrder& command, Output out) {
  const Rules& rules = books.rules(command.market);
  const std::uint64_t limit = collar(book, rules, command.side);
  const Identity taker = identity_of(command);
  const bool by_quote = command.type == OrderType::market_by_quote;
  const std::int64_t quantity = by_quote ? 0 : command.quantity.value();
  Taking taking(books, book, taker, out);
  const Plan plan = by_quote ? taking.plan_by_quote(limit, command.quote_quantity) : taking.plan(limit, quantity);
  if (exceeds(plan, command.side, rules, command.budget)) return reject(command, Rejection::budget_exceeded, out);

  Announcer announce(book, out);
  announce.placed(ReportKind::accepted, taker, {}, quantity, kNoHandle);
  if (by_quote) {
    taking.take_by_quote(limit, command.quote_quantity);
  } else {
    const std::int64_t open = taking.take(limit, quantity);
    if (open > 0 && !taking.ended()) announce.ended(taker, EndReason::expired, open);
  }
  if (taking.traded()) announce.reference_price();
}

void Matching::apply(const CancelOrder& command, Output out) {
  if (state_->target(command, out) == nullptr) return;
  Book& book = *state_->books.find(command.market);
  if (book.state != MarketState::trading) [[unlikely]]
    return state_->outside_trading(book, Action::cancel, command, out);
  state_->carry_out(book, command, out);
}

inline void Matching::State::carry_out(Book& book, const CancelOrder& command, Output out) {
  const Order& order = books.orders[command.handle];
  const std::int64_t lots = books.unlink(book, command.handle);
  Announcer announce(book, out);
  announce.ended(order.identity, EndReason::cancelled, order.open);
  announce.level_changed(order.identity.side, order.key, lots);
  books.orders.give_back(command.handle);
}

void Matching::apply(const ReduceOrder& command, Output out) {
  if (state_->target(command, out) == nullptr) return;
  if (command.by.value() <= 0) return refuse(command, Rejection::invalid_order, out);
  Book& book = *state_->books.find(command.market);
  if (book.state != MarketState::trading) [[unlikely]]
    return state_->outside_trading(book, Action::reduce, command, out);
  state_->carry_out(book, command, out);
}

inline void Matching::State::carry_out(Book& book, const ReduceOrder& command, Output out) {
  Order& order = books.orders[command.handle];
  if (command.by.value() >= order.open) {
    return carry_out(book, CancelOrder{command.order, command.market, command.handle}, out);
  }
  Level& level = books.ladders.level(order.page, order.key);
  order.open -= command.by.value();
  level.lots -= command.by.value();
  Announcer announce(book, out);
  announce.reduced(order.identity, command.by, order.open);
  announce.level_changed(order.identity.side, order.key, level.lots);
}

void Matching::apply(const MoveOrder& command, Output out) {
  if (state_->target(command, out) == nullptr) return;
  Book& book = *state_->books.find(command.market);
  if (command.price.value() <= 0) return refuse(command, Rejection::invalid_order, out);
  if (book.state != MarketState::trading) [[unlikely]]
    return state_->outside_trading(book, Action::move, command, out);
  state_->carry_out(book, command, out);
}

inline void Matching::State::carry_out(Book& book, const MoveOrder& command, Output out) {
  Order& order = books.orders[command.handle];
  const Identity who = order.identity;
  if (book.has_band && !book.reference.is_zero() &&
      outside_band(books.rules(command.market).band, who.side, command.price, book.reference)) {
    return refuse(command, Rejection::price_outside_band, out);
  }
  const std::uint64_t limit = key_of(opposite(who.side), command.price);
  bool crosses = book.best[index_of(opposite(who.side))] <= limit;
  if (crosses) [[unlikely]]
    crosses = instruments::is_continuous(book.state);  // elsewhere it rests as it comes
  if (crosses && (who.type == OrderType::limit_maker || book.state == MarketState::post_only)) {
    return refuse(command, Rejection::would_match_immediately, out);
  }
  const std::uint64_t from = order.key, to = key_of(who.side, command.price);
  const std::int64_t quantity = order.open;
  const std::int64_t lots_left = books.unlink(book, command.handle);
  order.key = to;
  Announcer announce(book, out);
  announce.placed(ReportKind::moved, who, command.price, quantity, command.handle);
  if (to != from) announce.level_changed(who.side, from, lots_left);
  if (!crosses) [[likely]] {
    const std::int64_t lots = books.append(book, command.handle);
    if (lots == 0) [[unlikely]]
      return settle_move(book, command.handle, quantity, out);
    if (to != from) announce.level_changed(who.side, to, lots);
    return;
  }
  Taking taking(books, book, who, out);
  const std::int64_t open = taking.take(limit, quantity);
  settle_move(book, command.handle, taking.ended() ? 0 : open, out);
  if (taking.traded()) announce.reference_price();
}

// What becomes of a moved order that is out of its old queue, after it matched: rests at its new price or is over.
void Matching::State::settle_move(Book& book, Handle handle, std::int64_t open, Output out) {
  Order& order = books.orders[handle];
  Announcer announce(book, out);
  if (open != 0) {
    order.open = open;
    if (const std::int64_t lots = books.append(book, handle); lots != 0) {
      announce.placed(ReportKind::rested, order.identity, price_of(order.identity.side, order.key), open, handle);
      announce.level_changed(order.identity.side, order.key, lots);
      return;
    }
    announce.ended(order.identity, EndReason::expired, open);
  }
  books.orders.give_back(handle);
}

std::uint64_t Matching::state_hash() const { return state_->books.state_hash(); }
core::Result<void> Matching::audit() const { return state_->books.audit(); }
std::size_t Matching::resting_orders() const { return state_->books.orders.in_use(); }
void Matching::save(core::ByteWriter& out) const { state_->books.save(out); }

core::Result<void> Matching::load(core::ByteReader& in) {
  Books loaded;
  const core::Result<void> result = loaded.load(in);
  if (result) state_->books = std::move(loaded);
  return result;
}

void Matching::for_each_order(const std::function<void(const RestingOrder&)>& visit) const {
  const Books& books = state_->books;
  for (const Book& book : books.all()) {
    for (const Side side : {Side::buy, Side::sell}) {
      books.for_each_level(book, side, [&](Ladders::Place at, const Level& level) {
        for (Handle handle = level.head; handle != kNoHandle; handle = books.orders.links(handle).next) {
          const Order& order = books.orders[handle];
          visit({book.market, side, price_of(side, at.key), core::Quantity{order.open}, order.identity.order,
                 order.identity.account, order.identity.account_slot, handle});
        }
      });
    }
  }
}

}  // namespace matching
