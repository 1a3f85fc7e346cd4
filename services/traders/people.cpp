#include "services/traders/people.h"

#include <algorithm>
#include <vector>

#include "pkg/core/check.h"

namespace traders {
namespace {

using core::Amount;
using engine::Command;
using matching::opposite;
using orders::OrderType;
using orders::PlaceOrder;
using orders::TimeInForce;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDollarCents = 100;
constexpr std::int64_t kPatienceSecondsMin = 2, kPatienceSecondsMax = 25;

class Decision {
 public:
  Decision(const Person& person, const Desk& desk, const engine::Views& views, core::Time now, core::Random& random)
      : person_(person), desk_(desk), views_(views), now_(now), random_(random) {}

  [[nodiscard]] std::optional<Command> make() {
    switch (person_.role) {
      case Role::maker:
        return std::nullopt;
      case Role::taker:
        return take();
      case Role::chaser:
        return chase();
      case Role::panicker:
        return panic();
      case Role::hesitant:
        return hesitate();
      case Role::arbitrageur:
        return arbitrage();
    }
    return std::nullopt;
  }

 private:
  std::optional<Command> take();
  std::optional<Command> chase();
  std::optional<Command> panic();
  std::optional<Command> hesitate();
  std::optional<Command> arbitrage();

  // Many small ones, few large ones.
  [[nodiscard]] std::int64_t cents() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 60) return random_.between(20, 300) * kDollarCents;
    if (draw < 90) return random_.between(300, 2'000) * kDollarCents;
    if (draw < 99) return random_.between(2'000, 8'000) * kDollarCents;
    return random_.between(8'000, 25'000) * kDollarCents;
  }
  [[nodiscard]] Amount available(Side side) const {
    const instruments::Market& market = desk_.market();
    return views_.accounts.balance(person_.account, side == Side::buy ? market.quote : market.base).available;
  }
  [[nodiscard]] bool can_afford(const PlaceOrder& order, core::Price price) const {
    if (order.side == Side::sell && order.type != OrderType::market_by_quote)
      return core::times(order.quantity, desk_.market().lot_units) <= available(Side::sell);
    if (order.side == Side::buy && order.type == OrderType::market_by_quote)
      return order.quote_quantity <= available(Side::buy);
    if (order.side == Side::sell) {
      const Amount lots{order.quote_quantity.value() /
                        core::notional(price, core::Quantity{1}, desk_.market().tick_lot_units).value() * 2};
      return lots.value() * desk_.market().lot_units.value() <= available(Side::sell).value();
    }
    return core::notional(price, order.quantity, desk_.market().tick_lot_units).value() * 2 <=
           available(Side::buy).value();
  }
  std::optional<Command> if_affordable(const PlaceOrder& order, core::Price price) const {
    if (!can_afford(order, price)) return std::nullopt;
    return order;
  }
  // Of all it has here, in percent of the value, what it has in the base asset.
  [[nodiscard]] std::int64_t base_percent() const {
    const auto held = [this](core::AssetId asset) {
      const ledger::Balance balance = views_.accounts.balance(person_.account, asset);
      return (balance.available + balance.held).value();
    };
    const instruments::Market& market = desk_.market();
    const core::int128 lots = held(market.base) / market.lot_units.value();
    const core::int128 base =
        lots * core::notional(desk_.price(Side::buy, 0), core::Quantity{1}, market.tick_lot_units).value();
    const core::int128 all = base + held(market.quote);
    return all == 0 ? 50 : static_cast<std::int64_t>(base * 100 / all);
  }
  // Has done so much of it that little is left to do it with.
  [[nodiscard]] bool is_exhausted(Side side) const {
    return side == Side::buy ? base_percent() > 75 : base_percent() < 25;
  }
  // At the market, by quantity or by amount. Nothing when nobody stands on the other side.
  std::optional<Command> at_market(Side side, std::int64_t worth_cents, bool by_amount);
  std::optional<Command> immediate(Side side, core::Price price, core::Quantity quantity) const;

  const Person& person_;
  const Desk& desk_;
  const engine::Views& views_;
  const core::Time now_;
  core::Random& random_;
};

std::optional<Command> Decision::at_market(Side side, std::int64_t worth_cents, bool by_amount) {
  const auto& other = desk_.best(opposite(side));
  if (!other) return std::nullopt;
  PlaceOrder order = place(desk_, person_.account, side, by_amount ? OrderType::market_by_quote : OrderType::market);
  order.quantity = desk_.lots(worth_cents, other->price);
  if (by_amount) {
    // What the lots cost, so that the filters hold, and a bit that makes no whole lot.
    const Amount cost = core::notional(other->price, order.quantity, desk_.market().tick_lot_units);
    order.quote_quantity = Amount{cost.value() + cost.value() / 50};
    order.quantity = {};
  }
  return if_affordable(order, other->price);
}

std::optional<Command> Decision::immediate(Side side, core::Price price, core::Quantity quantity) const {
  PlaceOrder order = place(desk_, person_.account, side, OrderType::limit);
  order.time_in_force = TimeInForce::ioc;
  order.price = price;
  order.quantity = quantity;
  return if_affordable(order, price);
}

// Rather with the move of the last half minute than against it, and rather with what it has more of.
std::optional<Command> Decision::take() {
  const std::int64_t bias = std::clamp<std::int64_t>(desk_.moved_ppm(30) / 50, -20, 20) + 50 - base_percent();
  const Side side = random_.between(1, 100) <= 50 + bias ? Side::buy : Side::sell;
  const std::uint64_t draw = random_.below(100);
  if (draw < 70) return at_market(side, cents(), draw >= 45);
  const auto& other = desk_.best(opposite(side));
  if (!other) return std::nullopt;
  const std::int64_t further = random_.between(0, 3);
  const core::Price price = std::clamp(core::Price{other->price.value() + (side == Side::buy ? further : -further)},
                                       desk_.market().price_min, desk_.market().price_max);
  return immediate(side, price, desk_.lots(cents(), price));
}

std::optional<Command> Decision::chase() {
  const std::int64_t moved = desk_.moved_ppm(15);
  if (std::abs(moved) < 500 || is_exhausted(moved > 0 ? Side::buy : Side::sell)) return std::nullopt;
  return at_market(moved > 0 ? Side::buy : Side::sell, random_.between(500, 6'000) * kDollarCents,
                   random_.chance(1, 2));
}

std::optional<Command> Decision::panic() {
  if (desk_.moved_ppm(20) < -1'000 && !is_exhausted(Side::sell)) {
    return at_market(Side::sell, random_.between(5'000, 25'000) * kDollarCents, random_.chance(1, 4));
  }
  if (desk_.moved_ppm(60) > 1'500 && !is_exhausted(Side::buy))
    return at_market(Side::buy, random_.between(5'000, 20'000) * kDollarCents, true);
  return std::nullopt;
}

// Its oldest order goes when its patience is over, which it thinks about anew each time.
std::optional<Command> Decision::hesitate() {
  const core::MarketId market = desk_.market().id;
  const auto open = views_.accounts.open_orders(person_.account, market);
  const std::int64_t patience = random_.between(kPatienceSecondsMin, kPatienceSecondsMax) * kSecond;
  if (!open.empty() && (open.size() >= kHesitantOrdersMax || now_.ns - open.front()->created.ns > patience)) {
    if (open.size() > 2 && random_.chance(1, 8)) return orders::CancelAll{person_.account, market};
    return orders::CancelOrder{
        .account = person_.account, .market = market, .target = {.order = open.front()->id, .client_order_id = {}}};
  }
  const Side side = random_.between(0, 99) < base_percent() ? Side::sell : Side::buy;
  PlaceOrder order = place(desk_, person_.account, side, OrderType::limit);
  order.price = desk_.price(side, random_.between(desk_.half_spread_ppm() / 4, desk_.half_spread_ppm() * 6));
  order.quantity = desk_.lots(cents(), order.price);
  return if_affordable(order, order.price);
}

// Up to what fair value leaves as a gain.
std::optional<Command> Decision::arbitrage() {
  const std::int64_t gain = desk_.half_spread_ppm() / 2;
  for (const Side side : {Side::buy, Side::sell}) {
    const auto& other = desk_.best(opposite(side));
    if (!other || desk_.offset_ppm(side, other->price) < gain) continue;
    const core::Price limit = desk_.price(side, gain / 2);
    return immediate(side, limit, std::clamp(other->quantity, desk_.lots(0, limit), desk_.lots(2'000'000, limit)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Command> next_command(const Person& person, const Desk& desk, const engine::Views& views, core::Time now,
                                    core::Random& random) {
  return Decision(person, desk, views, now, random).make();
}

}  // namespace traders
