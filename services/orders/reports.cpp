// What matching reports, posted: the life of an order after it was sent, and the money of every step.
#include "services/orders/accounts.h"
#include "services/orders/lifecycle.h"

namespace orders {

using core::Amount;
using core::Price;
using core::Quantity;
using core::Rejection;
using instruments::Market;
using matching::EndReason;
using matching::Report;
using matching::ReportKind;

namespace {

bool is_priced(OrderType type) { return type == OrderType::limit || type == OrderType::limit_maker; }

Happening ended(EndReason reason) {
  switch (reason) {
    case EndReason::cancelled:
      return Happening::ended_cancelled;
    case EndReason::expired:
    case EndReason::not_admitted:
    case EndReason::price_range:
      return Happening::ended_expired;
    case EndReason::self_trade:
      return Happening::ended_self_trade;
    case EndReason::completed:
      return Happening::ended_completed;
  }
  CHECK_MSG(false, "an end of unknown reason");
}

}  // namespace

void Accounts::apply(Step& step, const Report& report) {
  if (report.kind == ReportKind::reference_price) {
    money_of(report.market).reference = report.price;
    return;
  }
  if (report.kind == ReportKind::market_state) [[unlikely]]
    return on_market_state(step, report);
  const OrderSlot slot = report.account_slot;
  CHECK_MSG(orders_.holds(slot, report.order), "matching speaks of an order that accounts never sent");
  switch (report.kind) {
    case ReportKind::accepted:
      return on_accepted(step, slot, report);
    case ReportKind::rejected:
      return on_rejected(step, slot, report);
    case ReportKind::filled:
      return on_filled(step, slot, report);
    case ReportKind::rested:
      return on_rested(step, slot, report);
    case ReportKind::triggered:
      return on_triggered(step, slot);
    case ReportKind::ended:
      return on_ended(step, slot, report);
    case ReportKind::prevented:
      return on_prevented(step, slot, report);
    case ReportKind::moved:
      return on_moved(step, slot, report);
    case ReportKind::reduced:
      return on_reduced(step, slot, report);
    case ReportKind::refused:
      return on_refused(step, slot, report);
    case ReportKind::reference_price:
    case ReportKind::market_state:
      break;
  }
  CHECK_MSG(false, "a report of unknown kind");
}

// The book has changed the market's state. If a command has changed it meanwhile, the book has not heard of that yet
// and will go where the command says.
void Accounts::on_market_state(Step& step, const Report& report) {
  if (report.state_changes != money_of(report.market).state_changes) return;
  Market market = *registry_.market(report.market);
  market.state = report.state;
  registry_.put(market);
  emit(step, {}).body.emplace<MarketListed>(market);
}

void Accounts::on_accepted(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(order.asked == Asked::placing);
  order.status = after(order.status, Happening::accepted);
  if (order.type == OrderType::limit_maker && report.price != order.price) [[unlikely]]
    settle_slide(order, report.price);
  emit(step, order, Execution::accepted).client_order_id = orders_.text(order);
  if (report.handle == matching::kNoHandle) return;
  order.handle = report.handle;
  answered(step, slot);
}

// A limit maker rests at another price than it asked for: a better one for those it trades with, and a buy holds less.
void Accounts::settle_slide(OpenOrder& order, Price price) {
  if (order.side == Side::buy) {
    CHECK(price < order.price);
    ledger_.release(order.hold,
                    core::notional(order.price - price, order.remaining(), market_of(order).tick_lot_units));
  }
  order.price = price;
}

void Accounts::on_rejected(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(order.asked == Asked::placing);
  order.asked = Asked::nothing;
  order.status = after(order.status, Happening::rejected);
  close_hold(order);
  OrderEvent& event = emit(step, order, Execution::rejected);
  event.order = {};  // it never was an order
  event.rejection = report.rejection;
  event.client_order_id = orders_.text(order);
  finish(step, slot);
}

// What has been asked is answered and the order lives on: a cancel that came meanwhile goes out now.
void Accounts::answered(Step& step, OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  order.asked = Asked::nothing;
  if (order.cancel_wanted) return send_cancel(step, slot);
  orders_.drop_asked(order);
}

// The order goes on as a new one; what it does in the book follows.
void Accounts::on_triggered(Step& step, OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  CHECK(orders_.waits(order));
  order.status = after(order.status, Happening::triggered);
  orders_.extra(order).triggered = step.time;
  emit(step, order, Execution::triggered);
}

void Accounts::on_filled(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(report.quantity.value() > 0);
  const Amount quote = core::notional(report.price, report.quantity, market_of(order).tick_lot_units);
  const Amount fee = settle(order, report, quote);
  order.executed += report.quantity;
  order.executed_quote += quote;
  const bool is_over = order.type != OrderType::market_by_quote && report.remaining.is_zero();
  CHECK(order.type == OrderType::market_by_quote || order.remaining() == report.remaining);
  order.status = after(order.status, is_over ? Happening::filled : Happening::filled_partly);
  if (is_over) close_hold(order);
  OrderEvent& event = emit(step, order, Execution::traded);
  const Market& market = *registry_.market(event.market);
  event.is_maker = report.is_maker;
  event.last_quantity = report.quantity;
  event.last_price = report.price;
  event.fee = fee;
  event.fee_asset = order.side == Side::buy ? market.base : market.quote;
  event.trade = report.trade;
  if (is_over) finish(step, slot);
}

// One side of a trade against the market's clearing account: what was held is paid, what is received arrives less the
// fee. A buyer who gets a better price than the hold was made for has the difference back at once.
Amount Accounts::settle(const OpenOrder& order, const Report& report, Amount quote) {
  const Desk& desk = orders_.desk_of(order);
  const Market& market = *registry_.market(desk.market);
  const MarketMoney& money = money_of(desk.market);
  const Amount base = core::times(report.quantity, market.lot_units);
  const fees::Rates rates = fees_.rates(desk.account, {market.maker_fee, market.taker_fee});
  const core::FeeRate rate = report.is_maker ? rates.maker : rates.taker;
  if (order.side == Side::buy) {
    ledger_.pay(order.hold, quote, money.clearing_quote);
    if (is_priced(order.type)) {
      const Amount held = hold_of(order, report.quantity);
      CHECK_MSG(held >= quote, "a limit buy traded above its price");
      if (held > quote) ledger_.release(order.hold, held - quote);
    }
    const Amount fee = core::fee_on(base, rate);
    ledger_.post(money.clearing_base, desk.base, base - fee);
    if (!fee.is_zero()) ledger_.post(money.clearing_base, money.fees_base, fee);
    return fee;
  }
  ledger_.pay(order.hold, base, money.clearing_base);
  const Amount fee = core::fee_on(quote, rate);
  ledger_.post(money.clearing_quote, desk.quote, quote - fee);
  if (!fee.is_zero()) ledger_.post(money.clearing_quote, money.fees_quote, fee);
  return fee;
}

Amount Accounts::hold_of(const OpenOrder& order, Quantity quantity) const {
  const Market& market = market_of(order);
  if (order.side == Side::sell) return core::times(quantity, market.lot_units);
  if (order.asked != Asked::moving) return core::notional(order.price, quantity, market.tick_lot_units);
  const auto* const extra = orders_.find_extra(order);
  CHECK(extra != nullptr);
  return core::notional(extra->held_price, quantity, market.tick_lot_units);
}

void Accounts::on_rested(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(report.handle != matching::kNoHandle && order.remaining() == report.remaining);
  order.status = after(order.status, Happening::rested);
  order.handle = report.handle;
  if (order.asked == Asked::placing) answered(step, slot);
}

void Accounts::on_ended(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(order.type == OrderType::market_by_quote || order.remaining() == report.remaining);
  close_hold(order);
  order.status = after(order.status, ended(report.end_reason));
  const bool is_cancelled = report.end_reason == EndReason::cancelled;
  OrderEvent& event = emit(step, order, is_cancelled ? Execution::cancelled : Execution::expired);
  event.counter_order = report.counter_order;
  event.rejection = report.end_reason == EndReason::price_range ? Rejection::price_range_reached : report.rejection;
  if (report.end_reason == EndReason::self_trade) event.trade = report.trade;
  if (!is_cancelled) return finish(step, slot);

  CHECK(order.asked == Asked::cancelling || order.asked == Asked::reducing);
  PlaceOrder next;
  bool places = false;
  if (order.asked == Asked::reducing && order.extra != 0) event.cancel_id = orders_.find_extra(order)->new_id;
  if (order.asked == Asked::cancelling && order.extra != 0) {
    const Extra& extra = *orders_.find_extra(order);
    event.cancel_id = extra.cancel_id;
    places = extra.replacement != 0;
    if (places) next = orders_.replacement(extra).place;
  }
  order.asked = Asked::nothing;
  finish(step, slot);
  if (places) place(step, next);
}

void Accounts::on_prevented(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(report.quantity.value() > 0);
  if (is_priced(order.type)) ledger_.release(order.hold, hold_of(order, report.quantity));
  order.prevented += report.quantity;
  const bool is_over = order.type != OrderType::market_by_quote && report.remaining.is_zero();
  CHECK(order.type == OrderType::market_by_quote || order.remaining() == report.remaining);
  order.status = after(order.status, is_over ? Happening::prevented : Happening::prevented_partly);
  if (is_over) close_hold(order);
  OrderEvent& event = emit(step, order, Execution::prevented);
  event.is_maker = report.is_maker;
  event.last_quantity = report.quantity;
  event.last_price = report.price;
  event.trade = report.trade;
  event.counter_order = report.counter_order;
  if (is_over) finish(step, slot);
}

void Accounts::on_moved(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(order.asked == Asked::moving);
  order.status = after(order.status, Happening::moved);
  settle_move(order, report.price);
  emit(step, order, Execution::replaced);
  answered(step, slot);
}

// The order's price is settled, the hold shrinks to what it needs.
void Accounts::settle_move(OpenOrder& order, Price price) {
  if (order.side == Side::buy) {
    const Price held = orders_.find_extra(order)->held_price;
    CHECK(held >= price);
    if (held > price) {
      ledger_.release(order.hold, core::notional(held - price, order.remaining(), market_of(order).tick_lot_units));
    }
    orders_.extra(order).held_price = {};
  }
  order.price = price;
}

void Accounts::on_reduced(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  CHECK(order.asked == Asked::reducing && report.quantity.value() > 0);
  order.status = after(order.status, Happening::reduced);
  ledger_.release(order.hold, hold_of(order, report.quantity));
  order.quantity -= report.quantity;
  CHECK(order.remaining() == report.remaining);
  OrderEvent& event = emit(step, order, Execution::replaced);
  event.last_quantity = report.quantity;
  rename(slot, event);
  answered(step, slot);
}

// The reduction that is answered may have brought the order a new client id. Another order may have taken that id while
// the answer was on its way: then this one keeps the one it has.
void Accounts::rename(OrderSlot slot, OrderEvent& event) {
  const OpenOrder& order = orders_[slot];
  if (order.extra == 0) return;
  const core::ClientOrderId text = orders_.find_extra(order)->new_id;
  if (text.empty() || orders_.find(event.account, text.view()) != 0) return;
  event.client_order_id = orders_.text(order);
  event.cancel_id = text;
  orders_.rename(slot, text);
}

void Accounts::on_refused(Step& step, OrderSlot slot, const Report& report) {
  OpenOrder& order = orders_[slot];
  const Asked asked = order.asked;
  CHECK(asked == Asked::cancelling || asked == Asked::moving || asked == Asked::reducing);
  order.status = after(order.status, Happening::refused);
  // The order was over before the book heard of it.
  const bool gone = report.rejection == Rejection::stale_handle;
  const Rejection rejection = gone ? Rejection::unknown_order : report.rejection;
  if (asked == Asked::cancelling) return cancel_failed(step, slot, rejection);
  const bool closed = is_closed(order.status);
  if (asked == Asked::moving && !closed) settle_move(order, order.price);
  order.asked = Asked::nothing;
  emit_refused(step, order, rejection);
  if (!closed) return answered(step, slot);
  if (order.cancel_wanted) return cancel_failed(step, slot, Rejection::unknown_order);
  orders_.free(slot);
}

void Accounts::close_hold(OpenOrder& order) {
  ledger_.close(order.hold);
  order.hold = 0;
}

// The order is over and has been told so. Its slot waits for the answer to what is still asked about it.
void Accounts::finish(Step& step, OrderSlot slot) {
  OpenOrder& order = orders_[slot];
  orders_.close(slot);
  if (order.asked == Asked::placing) order.asked = Asked::nothing;
  if (order.asked != Asked::nothing) return;
  if (order.cancel_wanted) return cancel_failed(step, slot, Rejection::unknown_order);
  orders_.free(slot);
}

}  // namespace orders
