#include "services/traders/ladder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/core/check.h"

namespace traders {
namespace {

using engine::Command;
using history::Order;

constexpr std::size_t kPulledAtOnce = 5;  // so many orders that give money away: everything goes in one command

struct Missing {
  Side side;
  int level;
  core::Price price;
};

class Plan {
 public:
  Plan(const Desk& desk, const LadderStyle& style, const LadderState& state, std::size_t commands_max,
       core::Random& random)
      : desk_(desk),
        style_(style),
        state_(state),
        commands_max_(commands_max),
        random_(random),
        base_left_(state.available_base),
        quote_left_(state.available_quote) {
    CHECK(style.levels > 0 && style.levels <= kLevelsMax);
  }

  std::vector<Command> make() {
    sort_out(Side::buy);
    sort_out(Side::sell);
    if (wrong_.size() >= kPulledAtOnce) return {orders::CancelAll{state_.account, desk_.market().id}};
    std::ranges::stable_sort(missing_, {}, &Missing::level);
    for (const Order* order : wrong_) add(cancel(*order));
    for (const Missing& missing : missing_) fill(missing);
    for (const Order* order : spare_) add(cancel(*order));
    if (commands_.empty()) refresh();
    return std::move(commands_);
  }

 private:
  [[nodiscard]] std::int64_t step_ppm() const { return std::max(style_.step_ppm, desk_.tick_ppm()); }
  [[nodiscard]] std::int64_t first_ppm() const { return style_.spreads * desk_.half_spread_ppm(); }
  // Leaning moves both sides the same way: nearer on one, further on the other; never over fair value.
  [[nodiscard]] std::int64_t lean(Side side) const {
    const std::int64_t shift = side == Side::buy ? -state_.lean_ppm : state_.lean_ppm;
    return std::max(shift, -first_ppm() / 2);
  }
  [[nodiscard]] core::Price wanted(Side side, int level) const {
    return desk_.price(side, first_ppm() + lean(side) + level * step_ppm());
  }

  void sort_out(Side side);
  void fill(const Missing& missing);
  void refresh();
  [[nodiscard]] bool is_behind_other_side(Side side, core::Price price) const {
    const auto& other = desk_.best(matching::opposite(side));
    return !other || (side == Side::buy ? price < other->price : price > other->price);
  }
  [[nodiscard]] core::Price jittered(Side side, int level) {
    const core::Price exact = wanted(side, level);
    const std::int64_t room = std::abs(wanted(side, level + 1).value() - exact.value()) / 3;
    const core::Price price{exact.value() + random_.between(-room, room)};
    return std::clamp(price, desk_.market().price_min, desk_.market().price_max);
  }
  [[nodiscard]] orders::PlaceOrder quote(Side side, int level) {
    orders::PlaceOrder order = place(desk_, state_.account, side, orders::OrderType::limit_maker);
    order.price = jittered(side, level);
    const std::int64_t cents = random_.between(style_.cents_min, style_.cents_max);
    order.quantity = desk_.lots(cents + 2 * cents * level / style_.levels, order.price);
    return order;
  }
  // Takes what the order holds off what is left; false: it could not be paid.
  [[nodiscard]] bool pay_for(const orders::PlaceOrder& order) {
    const bool buys = order.side == Side::buy;
    core::Amount& left = buys ? quote_left_ : base_left_;
    const core::Amount cost = buys ? core::notional(order.price, order.quantity, desk_.market().tick_lot_units)
                                   : core::times(order.quantity, desk_.market().lot_units);
    if (cost > left) return false;
    left -= cost;
    return true;
  }
  [[nodiscard]] orders::CancelOrder cancel(const Order& order) const {
    return {.account = state_.account, .market = order.market, .target = {.order = order.id, .client_order_id = {}}};
  }
  void add(const Command& command) {
    if (commands_.size() < commands_max_) commands_.push_back(command);
  }

  const Desk& desk_;
  const LadderStyle& style_;
  const LadderState& state_;
  const std::size_t commands_max_;
  core::Random& random_;
  core::Amount base_left_, quote_left_;
  std::vector<const Order*> wrong_, spare_, good_;
  std::vector<Missing> missing_;
  std::vector<Command> commands_;
};

// Each order belongs to the level that it is nearest to.
void Plan::sort_out(Side side) {
  std::array<core::Price, kLevelsMax + 1> prices;
  for (int level = 0; level <= style_.levels; ++level)
    prices[static_cast<std::size_t>(level)] = wanted(side, level);  // one more than wanted: from there on it is too far
  std::array<bool, kLevelsMax + 1> taken{};
  for (const Order* order : state_.open) {
    if (order->side != side) continue;
    if (desk_.offset_ppm(side, order->price) < first_ppm() / 3) {
      wrong_.push_back(order);
      continue;
    }
    const auto last = prices.begin() + style_.levels + 1;
    const auto nearest = std::min_element(prices.begin(), last, [order](core::Price a, core::Price b) {
      return std::abs(a.value() - order->price.value()) < std::abs(b.value() - order->price.value());
    });
    const auto level = static_cast<std::size_t>(nearest - prices.begin());
    const bool keep = !taken[level] && level < static_cast<std::size_t>(style_.levels);
    (keep ? good_ : spare_).push_back(order);
    if (keep) taken[level] = true;
  }
  for (int level = 0; level < style_.levels; ++level) {
    const core::Price price = prices[static_cast<std::size_t>(level)];
    const bool fits = level == 0 || price != prices[static_cast<std::size_t>(level) - 1];  // else at a bound of prices
    // Behind somebody's better offer it would only be rejected; whoever takes such offers will.
    if (!taken[static_cast<std::size_t>(level)] && fits && is_behind_other_side(side, price))
      missing_.push_back({side, level, price});
  }
}

// With an order that is to go anyway, in one command.
void Plan::fill(const Missing& missing) {
  const orders::PlaceOrder order = quote(missing.side, missing.level);
  if (!pay_for(order)) return;
  const auto same_side = std::ranges::find(spare_, missing.side, &Order::side);
  if (same_side == spare_.end()) return add(order);
  add(orders::CancelReplace{.cancel = cancel(**same_side), .place = order});
  spare_.erase(same_side);
}

// A ladder that nothing happens to still lives.
void Plan::refresh() {
  if (good_.empty() || random_.chance(1, 2)) return;
  const Order& order = *good_[random_.below(good_.size())];
  const orders::OrderReference target{.order = order.id, .client_order_id = {}};
  if (random_.chance(1, 3)) {
    const std::int64_t tick = random_.chance(1, 2) ? 1 : -1;
    const core::Price price{order.price.value() + tick};
    const bool fits = price >= desk_.market().price_min && price <= desk_.market().price_max;
    if (!fits || !is_behind_other_side(order.side, price)) return;
    return add(orders::MoveOrder{state_.account, order.market, target, price});
  }
  const std::int64_t open = order.quantity.value() - order.executed.value();
  if (random_.chance(1, 4) && open > 1) {
    return add(orders::ReduceOrder{state_.account, order.market, target, core::Quantity{(open + 7) / 8}});
  }
  const auto level = static_cast<int>(random_.below(static_cast<std::uint64_t>(style_.levels)));
  if (!is_behind_other_side(order.side, wanted(order.side, level))) return;
  const orders::PlaceOrder other = quote(order.side, level);
  if (pay_for(other)) add(orders::CancelReplace{.cancel = cancel(order), .place = other});
}

}  // namespace

std::vector<Command> plan_ladder(const Desk& desk, const LadderStyle& style, const LadderState& state,
                                 std::size_t commands_max, core::Random& random) {
  if (commands_max == 0) return {};
  return Plan(desk, style, state, commands_max, random).make();
}

}  // namespace traders
