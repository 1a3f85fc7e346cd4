// Commands for tests, drawn from any source of choices (a seeded generator, a fuzzer's bytes) and weighted towards the
// edges: few accounts, so that they meet themselves; hot prices, so that levels queue; extremes of price and quantity;
// handles that are stale; bands and market states that come and go; conditional orders close to the last price, so that
// they fire many at a time and fire each other; iceberg orders of few peaks and of as many as there may be.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <variant>
#include <vector>

#include "services/instruments/market_states.h"
#include "services/matching/types.h"

namespace matching {

using AnyCommand = std::variant<ConfigureMarket, NewOrder, CancelOrder, MoveOrder, ReduceOrder>;

// Choices: `std::uint64_t below(std::uint64_t bound)`, anything in [0, bound).
template <class Choices>
class CommandMaker {
 public:
  static constexpr std::uint32_t kMarkets = 3;

  // About how many orders shall rest and how many conditional ones wait.
  CommandMaker(Choices& choices, std::size_t orders_aim, std::size_t waiting_aim)
      : choices_(choices), orders_aim_(orders_aim), waiting_aim_(waiting_aim) {
    for (std::uint32_t id = 1; id <= kMarkets; ++id) markets_.push_back(first_settings(id));
  }

  // The commands that list the markets.
  [[nodiscard]] std::vector<AnyCommand> listings() const {
    std::vector<AnyCommand> commands;
    commands.reserve(markets_.size());
    for (const auto& market : markets_) commands.push_back(ConfigureMarket{market});
    return commands;
  }

  // How many orders rest and how many wait now.
  AnyCommand next(std::size_t resting, std::size_t waiting) {
    if (waiting < waiting_aim_ && one_in(waiting_aim_ > orders_aim_ ? 2 : 6)) return conditional();
    if (resting < orders_aim_ && one_in(2)) return place_passive();
    if (!interrupted_.is_none() && one_in(8)) return trade_again();
    const std::uint64_t pick = below(1000);
    if (pick < 20) return configure();
    const std::uint64_t crowded = resting > orders_aim_ ? 250 : 0;
    if (pick < 150 + crowded)
      return CancelOrder{
          .order = choose_known().order, .market = known_.market, .handle = known_.handle, .account_slot = 7};
    if (pick < 270 + crowded) return move();
    if (pick < 330 + crowded) return reduce();
    return place();
  }

  // Learns from what was reported which handles are good and which were.
  void learn(const std::vector<Report>& reports) {
    for (const Report& report : reports) {
      if (report.kind == ReportKind::reference_price) last_price_[report.market.value() - 1] = report.price.value();
      if (report.kind == ReportKind::market_state) {
        markets_[report.market.value() - 1].state = report.state;
        interrupted_ = report.market;
      }
      if (report.handle != kNoHandle) {
        if (by_handle_.size() <= report.handle) by_handle_.resize(report.handle + 1);
        by_handle_[report.handle] = {report.order, report.market, report.handle};
      }
      const bool over =
          report.kind == ReportKind::ended || report.kind == ReportKind::filled || report.kind == ReportKind::prevented;
      if (over && (report.remaining.is_zero() || report.kind == ReportKind::ended)) forget(report.order);
    }
  }

 private:
  struct Known {
    core::OrderId order;
    core::MarketId market;
    Handle handle = kNoHandle;
  };

  std::uint64_t below(std::uint64_t bound) { return choices_.below(bound); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  static instruments::Market first_settings(std::uint32_t id) {
    instruments::Market market;
    market.id = core::MarketId{id};
    market.lot_units = core::Amount{id == 1 ? 1 : id == 2 ? 1000 : 10};
    market.tick_lot_units = core::Amount{id == 1 ? 1 : id == 2 ? 7 : 3};
    // One begins with an auction that no trade came before.
    if (id == kMarkets) market.state = instruments::MarketState::auction;
    return market;
  }
  core::MarketId any_market() {
    return core::MarketId{one_in(200) ? 77 : 1 + static_cast<std::uint32_t>(below(kMarkets))};
  }
  // Extremes sweep whole sides away: rare where books shall be large.
  bool extreme() { return one_in(orders_aim_ > 100 ? 2'000 : 20); }
  core::Price any_price() {
    if (extreme()) {
      switch (below(4)) {
        case 0:
          return core::Price{between(1, 100'000)};
        case 1:
          return core::Price{std::int64_t{1} << below(41)};
        case 2:
          return core::Price{between(1, std::int64_t{1} << 40)};
        default:
          return core::Price{between(-1, 3)};
      }
    }
    return core::Price{one_in(3) ? between(900, 1100) : between(996, 1004)};
  }
  core::Quantity any_quantity() {
    if (extreme()) {
      switch (below(3)) {
        case 0:
          return core::Quantity{std::int64_t{1} << below(63)};
        case 1:
          return core::Quantity{std::numeric_limits<std::int64_t>::max() - between(0, 2)};
        default:
          return core::Quantity{between(-1, 1)};
      }
    }
    return core::Quantity{one_in(5) ? between(1, 200) : between(1, 9)};
  }
  // Of about as many units as up to 70 lots come to; `per_lot`: units in one of them.
  core::Amount any_amount(core::int128 per_lot) {
    if (extreme()) return core::Amount{core::int128{1} << below(96)};
    return core::Amount{between(0, one_in(3) ? 5'000 : 70'000) * per_lot / 1'000};
  }
  core::int128 quote_per_lot(core::MarketId market) {
    return 1'000 * (market.value() <= kMarkets ? markets_[market.value() - 1].tick_lot_units.value() : 1);
  }
  core::int128 base_per_lot(core::MarketId market) {
    return market.value() <= kMarkets ? markets_[market.value() - 1].lot_units.value() : 1;
  }

  // On its own side of the middle, to stay.
  NewOrder place_passive() {
    NewOrder order = place_plain();
    order.type = one_in(4) ? OrderType::limit_maker : OrderType::limit;
    order.time_in_force = TimeInForce::gtc;
    const std::int64_t away = one_in(5) ? between(1, 300) : between(1, 5);
    order.price = core::Price{order.side == Side::buy ? 1000 - away : 1000 + away};
    order.quantity = any_quantity();
    order.quote_quantity = order.budget = {};
    return with_special(order);
  }
  // Auctions are few: their orders are iceberg orders, so that they refresh peaks.
  [[nodiscard]] bool is_called(core::MarketId market) const {
    return market.value() <= kMarkets && instruments::is_call(markets_[market.value() - 1].state);
  }
  // What few orders have; now and then where it means nothing.
  NewOrder with_special(NewOrder order) {
    order.special = 0;
    order.peak = {};
    order.minimum = {};
    order.slide_bound = {};
    const bool is_maker = order.type == OrderType::limit_maker, is_limit = order.type == OrderType::limit;
    const bool may_rest = is_maker || (is_limit && order.time_in_force == TimeInForce::gtc);
    if ((may_rest && one_in(is_called(order.market) ? 1 : 3)) || one_in(400)) {
      order.special |= kPeak;
      const std::int64_t size = order.quantity.value() / (one_in(6) ? between(2, 100) : between(2, one_in(2) ? 2 : 6));
      order.peak.size = core::Quantity{one_in(100) ? between(-1, 10) : std::max<std::int64_t>(size, 1)};
      if (one_in(3))
        order.peak.spread = core::Quantity{between(one_in(50) ? -1 : 0, std::max(size / 2, one_in(50) ? size : 0))};
      order.peak.seed = below(1000);
    }
    if ((is_limit && order.trigger == Trigger::none && one_in(8)) || one_in(400)) {
      order.special |= kMinimum;
      order.minimum = core::Quantity{one_in(40) ? between(-1, 40) : std::min(order.quantity.value(), between(1, 6))};
    }
    if ((is_maker && one_in(2)) || one_in(400)) {
      order.special |= kSlides;
      order.slide_bound = order.side == Side::buy ? core::Price{1} : core::Price{std::int64_t{1} << 40};
      if (one_in(4)) order.slide_bound = any_price();
    }
    return order;
  }
  NewOrder place() { return with_special(place_plain()); }
  NewOrder place_plain() {
    static constexpr OrderType kTypes[] = {OrderType::limit,          OrderType::limit,       OrderType::limit,
                                           OrderType::limit,          OrderType::limit_maker, OrderType::market,
                                           OrderType::market_by_quote};
    NewOrder order;
    order.order = core::OrderId{one_in(1000) ? 0 : ++orders_};
    order.account = core::AccountId{1000 + static_cast<std::uint32_t>(below(4))};
    order.market = any_market();
    order.account_slot = static_cast<std::uint32_t>(below(1000));
    order.side = static_cast<Side>(below(2));
    order.type = kTypes[below(std::size(kTypes))];
    order.time_in_force = one_in(3) ? static_cast<TimeInForce>(2 + below(2)) : TimeInForce::gtc;
    order.self_trade = static_cast<SelfTrade>(below(5));
    if (order.type == OrderType::limit || order.type == OrderType::limit_maker) {
      order.price = any_price();
      order.quantity = any_quantity();
      return order;
    }
    if (order.type == OrderType::market) {
      order.quantity = any_quantity();
    } else {
      order.quote_quantity = any_amount(quote_per_lot(order.market));
    }
    order.budget = core::kAmountMax;
    if (one_in(2)) {
      order.budget = any_amount(order.side == Side::buy ? quote_per_lot(order.market) : base_per_lot(order.market));
    }
    return order;
  }
  // On the side of the last price that waits, mostly.
  NewOrder conditional() { return with_special(plain_conditional()); }
  NewOrder plain_conditional() {
    NewOrder order = place_plain();
    const bool is_limit = order.type != OrderType::market && (order.type == OrderType::limit || one_in(2));
    order.type = is_limit ? OrderType::limit : OrderType::market;
    if (one_in(300)) order.type = one_in(2) ? OrderType::limit_maker : OrderType::market_by_quote;
    order.trigger = one_in(500) ? static_cast<Trigger>(3) : one_in(2) ? Trigger::stop : Trigger::take_profit;
    order.quantity = any_quantity();
    const std::int64_t last = order.market.value() <= kMarkets ? last_price_[order.market.value() - 1] : 1000;
    // Where many shall wait they do so at a few prices a little away, so that they fire by the hundred.
    const std::int64_t away = waiting_aim_ > orders_aim_ ? between(12, 14) : one_in(4) ? between(1, 60) : between(1, 8);
    order.trigger_price = core::Price{fires_above(order.trigger, order.side) ? last + away : last - away};
    if (one_in(12)) order.trigger_price = any_price();
    order.price = core::Price{order.trigger_price.value() + between(-6, 6)};
    if (one_in(12)) order.price = any_price();
    order.budget = one_in(4) ? any_amount(quote_per_lot(order.market)) : core::kAmountMax;
    if (one_in(2)) return order;
    static constexpr std::uint16_t kDeltas[] = {1, 10, 20, 30, 50, 50, 100, 100, 200, 1'000, 9'999, 10'000};
    order.trailing_bp = one_in(3) ? static_cast<std::uint16_t>(between(1, 150)) : kDeltas[below(std::size(kDeltas))];
    if (one_in(2)) order.trigger_price = {};
    if (is_limit && order.trigger_price.is_zero()) order.price = any_price();
    return order;
  }
  void forget(core::OrderId order) {
    for (Known& known : by_handle_) {
      if (known.order != order) continue;
      stale_[below(std::size(stale_))] = known;
      known = {};
    }
  }
  // An order that is open, if a few tries find one, or now and then one that was, or a wrong handle, market or id.
  const Known& choose_known() {
    known_ = stale_[below(std::size(stale_))];
    for (int attempt = one_in(30) ? 8 : 0; attempt < 8 && !by_handle_.empty(); ++attempt) {
      const Known& known = by_handle_[below(by_handle_.size())];
      if (known.handle == kNoHandle) continue;
      known_ = known;
      break;
    }
    if (one_in(100)) known_.handle = static_cast<Handle>(below(1000));
    if (one_in(200)) known_.market = any_market();
    if (one_in(200)) known_.order = core::OrderId{0};
    return known_;
  }
  MoveOrder move() {
    choose_known();
    // Where price ranges would call an auction, often far into the other side.
    const bool is_ranged = known_.market.value() - 1 < kMarkets && markets_[known_.market.value() - 1].ranges.is_set();
    const bool far = is_ranged && one_in(2);
    const core::Price price = far ? core::Price{one_in(2) ? between(1'000, 1'080) : between(920, 1'000)} : any_price();
    return {known_.order, known_.market, known_.handle, 8, price};
  }
  ReduceOrder reduce() {
    choose_known();
    return {known_.order, known_.market, known_.handle, 9, any_quantity()};
  }
  ConfigureMarket configure() {
    instruments::Market& market = markets_[below(kMarkets)];
    ConfigureMarket command;
    switch (below(8)) {
      case 0:
      case 1:
        market.state = static_cast<instruments::MarketState>(1 + below(instruments::kMarketStates.size()));
        break;
      case 2:
        market.state = one_in(3) ? instruments::MarketState::auction : instruments::MarketState::trading;
        break;
      case 3:
        market.band = any_band();
        break;
      case 4: {
        market.notional_min = one_in(2) ? core::Amount{} : near_notional(market, 1, 3);
        market.notional_max = one_in(2) ? core::Amount{} : near_notional(market, 3, 100);
        break;
      }
      case 5:
      case 6:
        market.ranges = any_ranges();
        if (one_in(3)) command.range_reference = core::Price{one_in(20) ? between(1, 100'000) : between(980, 1'020)};
        command.keeps_state = one_in(2);
        break;
      case 7:
        market.allocation = any_allocation();
        break;
    }
    // Other states are soon over, so that most commands meet an open market.
    for (auto& other : markets_) {
      if (&other != &market && other.state != instruments::MarketState::trading && one_in(2)) {
        other.state = instruments::MarketState::trading;
        return {.market = other, .state_changes = ++changes_};
      }
    }
    command.market = market;
    command.state_changes = ++changes_;
    return command;
  }
  static constexpr auto kProRata = instruments::AllocationKind::pro_rata;
  instruments::Allocation any_allocation() {
    if (one_in(3)) return {};
    return {kProRata, one_in(2), core::Quantity{one_in(2) ? 0 : between(1, 5)}};
  }
  // After a volatility auction.
  ConfigureMarket trade_again() {
    instruments::Market& market = markets_[interrupted_.value() - 1];
    interrupted_ = {};
    if (one_in(16)) market.ranges = {};
    market.state = instruments::MarketState::trading;
    return {.market = market, .state_changes = ++changes_};
  }
  // So narrow that orders come to their end.
  instruments::PriceRanges any_ranges() {
    if (one_in(2)) return {};
    const auto range = [&] { return static_cast<std::uint16_t>(one_in(3) ? 0 : between(10, one_in(2) ? 60 : 400)); };
    const auto outcome = one_in(4) ? instruments::RangeOutcome::expire : instruments::RangeOutcome::auction;
    if (one_in(20)) return {instruments::kRangeMax, instruments::kRangeMax, outcome};
    const std::uint16_t fixed = range(), dynamic = range();
    return {fixed, dynamic, outcome};
  }
  // What so many lots come to at a hot price: orders that come to exactly as much are met.
  core::Amount near_notional(const instruments::Market& market, std::int64_t lots_min, std::int64_t lots_max) {
    const std::int64_t price = between(996, 1004);
    return core::Amount{price * between(lots_min, lots_max) * market.tick_lot_units.value()};
  }
  instruments::PriceBand any_band() {
    const auto up = [&] { return static_cast<std::uint32_t>(one_in(3) ? 0 : between(10'000, 10'200)); };
    const auto down = [&] { return static_cast<std::uint32_t>(one_in(3) ? 0 : between(9'800, 10'000)); };
    if (one_in(2)) return {};
    if (one_in(8)) return {UINT32_MAX, 1, UINT32_MAX, 1};
    const std::uint32_t bid_up = up(), bid_down = down(), ask_up = up(), ask_down = down();
    return {bid_up, bid_down, ask_up, ask_down};
  }

  Choices& choices_;
  std::size_t orders_aim_, waiting_aim_;
  std::vector<instruments::Market> markets_;
  std::vector<Known> by_handle_;  // open orders; others have no handle
  Known stale_[16] = {};
  Known known_;
  std::uint64_t orders_ = 0;
  std::uint32_t changes_ = 0;
  core::MarketId interrupted_;  // by a price range
  std::int64_t last_price_[kMarkets] = {1000, 1000, 1000};
};

}  // namespace matching
