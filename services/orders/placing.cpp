// Admission of orders: what is checked, in which order, and what is held.
#include <algorithm>

#include "services/orders/accounts.h"
#include "services/orders/client_order_id.h"

namespace orders {

using core::Amount;
using core::int128;
using core::Price;
using core::Quantity;
using core::Rejection;
using instruments::Market;

namespace {

constexpr int128 kBasisPoints = 10'000;
// What a conditional market order that buys may pay above its trigger price.
constexpr int128 kTriggerSlackBp = 500;
constexpr std::uint64_t kShard = 0;  // of this fold among the account shards; in the order id above the counter
constexpr unsigned kCounterBits = 40;

bool is_priced(OrderType type) { return type == OrderType::limit || type == OrderType::limit_maker; }

bool may_rest(const PlaceOrder& command) {
  return command.condition.is_set() || (is_priced(command.type) && command.time_in_force == TimeInForce::gtc);
}

bool is_valid(const Condition& condition, OrderType type) {
  if (!condition.is_set()) return condition == Condition{};
  if (condition.trigger > Trigger::take_profit || condition.source != TriggerSource::last) return false;
  if (type != OrderType::limit && type != OrderType::market) return false;
  return condition.price.value() > 0 || (condition.price.is_zero() && condition.trailing_bp != 0);
}

// What few orders have.
bool has_valid_extras(const PlaceOrder& command) {
  const bool is_limit = command.type == OrderType::limit, is_maker = command.type == OrderType::limit_maker;
  if (command.peak != Peak{}) {
    const bool may_rest = is_maker || (is_limit && command.time_in_force == TimeInForce::gtc);
    if (!may_rest || !matching::is_possible(command.peak)) return false;
  }
  if (!command.minimum.is_zero()) {
    if (!is_limit || command.condition.is_set() || command.time_in_force == TimeInForce::fok) return false;
    if (command.minimum.value() < 0 || command.minimum > command.quantity) return false;
  }
  if (command.reduce_only && (command.side != Side::sell || command.type == OrderType::market_by_quote)) return false;
  return !command.slides || is_maker;
}

// Fields that belong to the type are there, the others are not.
bool has_valid_fields(const PlaceOrder& command) {
  const bool by_quote = command.type == OrderType::market_by_quote;
  if (by_quote ? command.quote_quantity.value() <= 0 : !command.quote_quantity.is_zero()) return false;
  if (by_quote ? !command.quantity.is_zero() : command.quantity.value() <= 0) return false;
  if (is_priced(command.type) ? command.price.value() <= 0 : !command.price.is_zero()) return false;
  if (command.type == OrderType::limit_maker && command.time_in_force != TimeInForce::gtc) return false;
  if (!is_priced(command.type) && command.time_in_force == TimeInForce::fok) return false;
  if (!is_valid(command.condition, command.type) || !has_valid_extras(command)) return false;
  return command.client_order_id.empty() || is_valid_client_order_id(command.client_order_id.view());
}

Rejection check_condition(const Condition& condition, const Market& market) {
  if (!condition.price.is_zero() && (condition.price < market.price_min || condition.price > market.price_max)) {
    return Rejection::price_out_of_range;
  }
  const bool fits =
      condition.trailing_bp == 0 || (condition.trailing_bp >= kTrailingMin && condition.trailing_bp <= kTrailingMax);
  return fits ? Rejection::none : Rejection::trailing_delta_out_of_range;
}

Rejection check_peak(const Peak& peak, Quantity quantity, const Market& market) {
  if (peak.least() < market.quantity_min) return Rejection::quantity_out_of_range;
  if (peak.size > quantity) return Rejection::peak_exceeds_quantity;
  return matching::fits(peak, quantity) ? Rejection::none : Rejection::too_many_peaks;
}

bool has_valid_notional(Price price, const PlaceOrder& command, const Market& market) {
  const Amount notional = core::notional(price, command.quantity, market.tick_lot_units);
  return notional >= market.notional_min && notional <= market.notional_max;
}

Rejection check_filters(const PlaceOrder& command, const Market& market) {
  if (command.condition.is_set()) [[unlikely]] {
    if (const Rejection bad = check_condition(command.condition, market); bad != Rejection::none) return bad;
  }
  if (is_priced(command.type) && (command.price < market.price_min || command.price > market.price_max)) {
    return Rejection::price_out_of_range;
  }
  if (command.type == OrderType::market_by_quote) return Rejection::none;  // its lots are known at the book
  if (command.quantity < market.quantity_min || command.quantity > market.quantity_max) {
    return Rejection::quantity_out_of_range;
  }
  if (command.peak.is_set()) [[unlikely]] {
    if (const Rejection bad = check_peak(command.peak, command.quantity, market); bad != Rejection::none) return bad;
  }
  if (command.type == OrderType::market) {
    if (command.quantity < market.market_quantity_min || command.quantity > market.market_quantity_max) {
      return Rejection::market_quantity_out_of_range;
    }
    if (command.condition.price.is_zero()) return Rejection::none;
    return has_valid_notional(command.condition.price, command, market) ? Rejection::none
                                                                        : Rejection::notional_out_of_range;
  }
  return has_valid_notional(command.price, command, market) ? Rejection::none : Rejection::notional_out_of_range;
}

void add_special(matching::NewOrder& message, const PlaceOrder& command, const Market& market) {
  message.peak = command.peak;
  message.minimum = command.minimum;
  if (command.slides) message.slide_bound = command.side == Side::buy ? market.price_min : market.price_max;
  const auto bit = [](bool is_set, std::uint8_t what) { return is_set ? what : std::uint8_t{0}; };
  message.special =
      static_cast<std::uint8_t>(bit(command.peak.is_set(), matching::kPeak) | bit(command.slides, matching::kSlides) |
                                bit(!command.minimum.is_zero(), matching::kMinimum));
}

}  // namespace

Rejection Accounts::check_terms(const PlaceOrder& command) const {
  if (!is_user(command.account)) return Rejection::unknown_account;
  const Market* const market = registry_.market(command.market);
  if (market == nullptr) return Rejection::unknown_market;
  const auto action = matching::action_of(command.type, command.time_in_force, command.condition.trigger);
  if (!instruments::accepts(market->state, action)) return Rejection::market_closed;
  if (!has_valid_fields(command)) return Rejection::invalid_order;
  // What a minimum promises cannot be kept where orders do not match as they come.
  if (!command.minimum.is_zero() && !instruments::is_continuous(market->state)) return Rejection::market_closed;
  if (command.self_trade > SelfTrade::decrement) return Rejection::self_trade_mode_not_allowed;
  return check_filters(command, *market);
}

std::expected<Accounts::Admitted, Rejection> Accounts::admit(const PlaceOrder& command) {
  if (const Rejection bad = check_terms(command); bad != Rejection::none) return std::unexpected(bad);
  const Market& market = *registry_.market(command.market);
  std::uint32_t desk = orders_.find_desk(command.account, command.market);
  if (desk != 0 && may_rest(command) && orders_.desk(desk).open >= market.open_orders_max) {
    return std::unexpected(Rejection::too_many_open_orders);
  }
  if (desk != 0 && command.condition.is_set() && orders_.conditional_count(desk) >= kConditionalOrdersMax) {
    return std::unexpected(Rejection::too_many_conditional_orders);
  }
  if (!command.client_order_id.empty() && orders_.find(command.account, command.client_order_id.view()) != 0) {
    return std::unexpected(Rejection::duplicate_client_order_id);
  }
  const bool buys = command.side == Side::buy;
  const ledger::BalanceSlot pays = desk != 0 ? (buys ? orders_.desk(desk).quote : orders_.desk(desk).base)
                                             : ledger_.find(command.account, buys ? market.quote : market.base);
  const Amount available = pays == 0 ? Amount{} : ledger_.balance(pays).available;
  const Amount hold = hold_needed(command, market, available);
  if (hold.is_zero() || hold > available) return std::unexpected(Rejection::insufficient_balance);
  if (desk == 0) {
    const auto base = ledger_.open(command.account, market.base);
    const auto quote = ledger_.open(command.account, market.quote);
    desk = orders_.add_desk(command.account, command.market, base, quote);
  }
  return Admitted{desk, hold};
}

Amount Accounts::hold_needed(const PlaceOrder& command, const Market& market, Amount available) const {
  const bool buys = command.side == Side::buy;
  if (is_priced(command.type)) {
    return buys ? core::notional(command.price, command.quantity, market.tick_lot_units)
                : core::times(command.quantity, market.lot_units);
  }
  if (command.type == OrderType::market && !buys) return core::times(command.quantity, market.lot_units);
  if (command.type == OrderType::market_by_quote && buys) return command.quote_quantity;
  return command.condition.is_set() ? conditional_budget(command, market, available)
                                    : market_budget(command, market, available);
}

// A market order that buys when it is triggered holds what it costs at its trigger price and a little above, at most
// all there is, from the day it is placed. A trailing one is taken to trigger its delta above where it begins to track.
// It needs at least what its quantity costs at that price: with less it could only fail when it matters.
Amount Accounts::conditional_budget(const PlaceOrder& command, const Market& market, Amount available) const {
  const Condition& condition = command.condition;
  int128 price = condition.price.is_zero() ? money_of(market.id).reference.value() : condition.price.value();
  if (price == 0) return available;  // it trails, and there was no trade yet
  price = (price * (kBasisPoints + condition.trailing_bp) + kBasisPoints - 1) / kBasisPoints;
  const auto cost = [&](int128 at) {
    const Price capped{static_cast<std::int64_t>(std::min<int128>(at, market.price_max.value()))};
    return core::notional(capped, command.quantity, market.tick_lot_units);
  };
  const Amount least = cost(price);
  return least > available ? least : std::min(available, cost(price * (kBasisPoints + kTriggerSlackBp) / kBasisPoints));
}

// The two market orders whose cost only the book knows: they hold what they cost at the worst price the market's band
// allows, or all there is when there is no such price (yet). Matching rejects them whole when that is not enough.
Amount Accounts::market_budget(const PlaceOrder& command, const Market& market, Amount available) const {
  const int128 reference = money_of(market.id).reference.value();
  const std::uint32_t bp = command.side == Side::buy ? market.band.bid_up_bp : market.band.ask_down_bp;
  if (reference == 0 || bp == 0) return available;
  if (command.side == Side::buy) {
    // Nothing rests above the highest price the filter lets in, so the listing caps bound the product.
    const int128 collar = std::min<int128>(reference * bp / kBasisPoints, market.price_max.value());
    const Price price{static_cast<std::int64_t>(collar)};
    return std::min(available, core::notional(price, command.quantity, market.tick_lot_units));
  }
  const int128 collar = (reference * bp + kBasisPoints - 1) / kBasisPoints;
  const Price price{
      static_cast<std::int64_t>(std::clamp<int128>(collar, market.price_min.value(), market.price_max.value()))};
  const int128 lots =
      command.quote_quantity.value() / core::notional(price, Quantity{1}, market.tick_lot_units).value();
  const int128 lots_available = available.value() / market.lot_units.value();
  if (lots >= lots_available) return available;
  return core::times(Quantity{std::max<std::int64_t>(static_cast<std::int64_t>(lots), 1)}, market.lot_units);
}

void Accounts::apply(Step& step, const PlaceOrder& command) { place(step, command); }

// A reduce-only order sells no more than the account has available when it is admitted.
void Accounts::place_reduced(Step& step, const PlaceOrder& command) {
  if (const Rejection bad = check_terms(command); bad != Rejection::none) return emit_rejected(step, command, bad);
  const Market& market = *registry_.market(command.market);
  const ledger::BalanceSlot base = ledger_.find(command.account, market.base);
  const Amount available = base == 0 ? Amount{} : ledger_.balance(base).available;
  const int128 lots = available.value() / market.lot_units.value();
  PlaceOrder cut = command;
  cut.reduce_only = false;  // it is done
  if (lots < command.quantity.value()) {
    cut.quantity = Quantity{static_cast<std::int64_t>(lots)};
    if (cut.quantity.is_zero() || cut.quantity < command.minimum)
      return emit_rejected(step, command, Rejection::nothing_to_sell);
    if (cut.peak.size > cut.quantity) {
      cut.peak.size = cut.quantity;
      cut.peak.spread = std::min(cut.peak.spread, cut.quantity - Quantity{1});
    }
  }
  place(step, cut);
}

void Accounts::place(Step& step, const PlaceOrder& command) {
  if (command.reduce_only) [[unlikely]]
    return place_reduced(step, command);
  const auto admitted = admit(command);
  if (!admitted) return emit_rejected(step, command, admitted.error());
  CHECK(next_order_ >> kCounterBits == 0);
  const core::OrderId id{kShard << kCounterBits | next_order_++};
  const OrderSlot slot = orders_.add(id, admitted->desk, command.client_order_id);
  OpenOrder& order = orders_[slot];
  order.side = command.side;
  order.type = command.type;
  order.time_in_force = command.time_in_force;
  order.self_trade = command.self_trade;
  order.asked = Asked::placing;
  order.price = command.price;
  order.quantity = command.quantity;
  order.created = step.time;
  const Desk& desk = orders_.desk(admitted->desk);
  order.hold = ledger_.hold(command.side == Side::buy ? desk.quote : desk.base, admitted->hold);
  if (command.type == OrderType::market_by_quote) orders_.extra(order).quote_quantity = command.quote_quantity;
  if (command.condition.is_set()) orders_.extra(order).condition = command.condition;
  if (command.peak.is_set()) orders_.extra(order).peak = command.peak;

  auto& message = std::get<matching::NewOrder>(step.messages.emplace_back(std::in_place_type<matching::NewOrder>));
  message.order = id;
  message.account = command.account;
  message.market = command.market;
  message.account_slot = slot;
  message.side = command.side;
  message.type = command.type;
  message.time_in_force = command.time_in_force;
  message.self_trade = command.self_trade;
  message.price = command.price;
  message.quantity = command.quantity;
  message.quote_quantity = command.quote_quantity;
  message.trigger = command.condition.trigger;
  message.source = command.condition.source;
  message.trailing_bp = command.condition.trailing_bp;
  message.trigger_price = command.condition.price;
  if (!is_priced(command.type)) message.budget = admitted->hold;
  if (command.peak.is_set() || command.slides || !command.minimum.is_zero()) [[unlikely]]
    add_special(message, command, *registry_.market(command.market));
}

}  // namespace orders
